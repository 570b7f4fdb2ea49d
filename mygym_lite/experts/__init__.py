"""Scripted experts, which act on the ground-truth (or estimated) state of an environment.

Read in this order:

- ``expert``: the policy; picks a skill by the task.
- ``inputs``: what the expert reads of an environment.
- ``reach_expert``, ``grasp_expert``: the skills.
- ``grasp_planning``: grasp poses by the shape of an object.
- ``arm_controller``: joint targets to actions, inverse kinematics.
"""
