"""MuJoCo engine: the only package that imports MuJoCo, an optional dependency.

Reading order:

- ``engine``: the engine as the world sees it; ``scene``: one model with its data and the parameters of an episode.
- ``model``: robot, furniture and objects compiled to a model; ``urdf`` prepares the robot's file for MuJoCo.
- ``pairs``: pairs of shapes that may touch, with the friction and restitution of each pair.
- ``link_heights``: bounds by which ``pairs`` leaves out links that cannot reach the floor.
- ``motors``: the motors as constraints of bounded force; ``contacts``: contact forces by pairs of links.
"""
