"""Physics simulation: one world for all engines, and the engines ``bullet`` and ``mujoco``.

Reading order:

- ``world``: one simulated episode: reset, step, observe.
- ``engine``: the interface of a physics engine: bodies, motors, steps, poses, contacts and reset; ``engines`` by name.
- ``robot``: the arms of a robot and their motor commands; ``motor``: the model of every motor.
- ``control``: actions to motor commands; ``hand`` drives the fingers.
- ``kinematics``, ``kinematics_kernels``: forward and inverse kinematics of an arm; ``link_poses`` of the whole robot.
- ``contact``: contact forces between named groups; ``groups``: the groups; ``pushes``: random external forces.
"""
