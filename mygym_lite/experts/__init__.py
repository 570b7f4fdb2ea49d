"""Scripted experts, which act on the ground-truth (or estimated) state of an environment.

Read in this order:

- ``expert``: the policy; ``composition``: its skills, composed by the stages and success terms of a task.
- ``inputs``: readings of an environment.
- ``reach_skill``, ``grasp_skill``, ``place_skill``, ``push_skill``, ``strike_skill``, ``reorient_skill``: the skills.
- ``grasp_planning``: grasp poses by the shape of an object; ``body_grasps``: those of an object that does not stand.
- ``destinations``, ``compartment``: places for objects; ``carry_planning``: the heading of the hand there;
  ``clearance``: room between the hand and other objects.
- ``push_planning``, ``push_goals``: contacts for a push, and its quasi-static effect.
- ``surface_hand``, ``hand_profile``: motion and cross-section of a closed hand along a surface.
- ``turns``, ``turn_planning``: rotations of an object that one grasp can give it, and the grasp for one.
- ``arm_controller``: joint targets to actions, inverse kinematics.
"""
