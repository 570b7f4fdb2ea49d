"""PyBullet engine: the only package that imports PyBullet.

Reading order:

- ``engine``: the engine as the world sees it; ``scene`` builds its bodies and reuses them across episodes.
- ``robot``: joints, motors and links of the robot; ``body``: objects and furniture.
- ``contacts``: contact points of a physics step; ``solver``: parameters of the contact solver.
- ``appearance`` and ``tiny_renderer``: colours, textures and images of PyBullet's own renderer.
"""

from mygym_lite.stdio import silence_stdio

with silence_stdio():  # PyBullet prints its build date in every process that imports it
    import pybullet as pybullet
