"""Scripted experts, which act on the ground-truth (or estimated) state of an environment.

Read in this order:

- ``expert``: the policy; ``composition``: its skills, by the stages and success terms of a task.
- ``inputs``: what the expert reads of an environment.
- ``reach_skill``, ``grasp_skill``, ``place_skill``: the skills.
- ``grasp_planning``: grasp poses by the shape of an object.
- ``carry_planning``: the heading of the hand at a destination.
- ``destinations``, ``compartment``: where objects go; ``clearance``: room between the hand and other objects.
- ``arm_controller``: joint targets to actions, inverse kinematics.
"""
