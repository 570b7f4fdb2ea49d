"""Scripted experts, which act on the ground-truth (or estimated) state of an environment.

Read in this order:

- ``expert``: the policy; picks a skill by the task.
- ``inputs``: what the expert reads of an environment.
- ``composition``, ``destinations``: the skills of a task, by its success terms and stages, and places for objects.
- ``reach_skill``, ``grasp_skill``, ``place_skill``, ``push_skill``, ``strike_skill``: the skills.
- ``grasp_planning``: grasp poses by the shape of an object.
- ``push_planning``, ``push_goals``: contacts for a push, and its quasi-static effect.
- ``surface_hand``, ``hand_profile``: motion and cross-section of a closed hand along a surface.
- ``arm_controller``: joint targets to actions, inverse kinematics.
"""
