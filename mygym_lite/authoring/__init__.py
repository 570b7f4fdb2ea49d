"""Generators of the authored assets: the humanoid robots, the object meshes and the texture banks.

Reading order:

- ``__main__``: writes all assets, byte-reproducibly.
- ``humanoid``, ``arm``, ``hand``: the robot as links and joints; ``urdf`` and ``robot_toml`` format its files.
- ``frame`` and ``solid``: rigid frames, primitive solids and their mass properties.
- ``humanoid_meshes`` and ``limb_mesh``: lofted visual meshes of the humanoid.
- ``objects``, ``objects_containers``, ``objects_shapes``, ``objects_mesh``: visual and hull meshes of the objects.
- ``die``: mesh and texture of the die.
- ``textures``: the three banks; ``texture_wood``, ``texture_stone``, ``texture_fabric``, ``texture_metal``,
  ``texture_checker``, ``texture_masonry``, ``texture_print``: families; ``texture_tools``: noise, cells, relief.
"""
