"""Physics simulation, independent of the engine.

Reading order:

- ``world``: one simulated episode: reset, step, observe.
- ``engine``: what the world needs of a physics engine; ``bullet`` and ``mujoco`` provide it.
- ``robot`` and ``motor``: arms and their servos; ``control``: actions to motor commands; ``hand`` drives the fingers.
- ``kinematics``: forward and inverse kinematics of an arm; ``link_poses`` of the whole robot.
- ``contact``: contact forces between named ``groups``; ``pushes``: random external forces.
"""
