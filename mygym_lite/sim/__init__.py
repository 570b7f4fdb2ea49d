"""Physics simulation: the only package that imports PyBullet.

Reading order:

- ``world``: one simulated episode: reset, step, observe.
- ``scene``: the bodies of a physics client, reused across episodes; ``body`` and ``robot`` build them.
- ``control``: actions to motor commands; ``hand`` drives the fingers.
- ``kinematics``: forward and inverse kinematics of an arm; ``link_poses`` of the whole robot.
- ``contact``: contact forces between named groups; ``solver``: contact solver; ``pushes``: random external forces.
- ``appearance`` and ``tiny_renderer``: colours, textures and images of PyBullet's own renderer.
"""

from mygym_lite.stdio import silence_stdio

with silence_stdio():  # PyBullet prints its build date in every process that imports it
    import pybullet as pybullet
