"""Scripted experts, which act on the ground-truth (or estimated) state of an environment.

Read in this order:

- ``expert``: the policy.
- ``inputs``: what the expert reads of an environment.
- ``composition``: skills by the success terms and stages of a task; ``destinations``: places to carry objects to.
- ``reach_skill``, ``grasp_skill``, ``place_skill``, ``reorient_skill``: the skills.
- ``grasp_planning``: grasp poses by the shape of an object; ``body_grasps``: those of an object that does not stand.
- ``turns``, ``turn_planning``: rotations of an object that one grasp can give it, and the grasp for one.
- ``arm_controller``: joint targets to actions, inverse kinematics.
"""
