"""Software renderer: RGB, depth, masks and normals of a scene from arrays alone, compiled with Numba.

Reading order:

- ``renderer``: a scene, its light and its images; ``camera``: pinhole cameras.
- ``geometry``: all triangles of a scene in flat arrays, from ``mesh`` (primitives) and ``mesh_io`` (files);
  ``image_file`` reads textures.
- ``scene``: the current poses of the parts; ``pipeline`` and ``arrays``: compiled passes and their arguments.
- ``raster`` and ``fill``: the visibility buffer, a triangle id and an inverse depth per pixel.
- ``interpolation``, ``shading``, ``texture``, ``materials``: deferred shading of each row, with mip-maps.
- ``lighting`` and ``shadow_map``: sun and sky light, shadows; ``lamps_and_metals``: optional passes for both.
- ``defocus``: depth of field.
- ``depth_and_masks`` and ``silhouette``: depth, instance masks, amodal masks and boxes.
"""
