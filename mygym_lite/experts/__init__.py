"""Scripted experts, which act on the ground-truth (or estimated) state of an environment.

Read in this order:

- ``expert``: the policy; ``composition``: its skills, composed by the stages and success terms of a task;
  ``skill_sequence``: their order; ``object_checks``, ``object_goals``: the checks of an object, and the goal that they
  ask for.
- ``inputs``: readings of an environment.
- ``reach_skill``, ``grasp_skill``, ``place_skill``, ``push_skill``, ``strike_skill``, ``reorient_skill``: the skills.
- ``grip``, ``grip_force``: the grip on an object; ``withdrawal``: the hand leaves it.
- ``grasp_planning``: the grasp that the arm reaches best; ``grasp_closings``: candidates by the shape of an object;
  ``body_grasps``: those of an object that does not stand; ``palm_rotations``: rotations of the palm for them;
  ``grasp_evaluation``, ``grasp_costs``: joint positions and costs; ``grasp_plan``: the plan.
- ``destinations``, ``compartment``: places for objects; ``carry_planning``: the heading of the hand there;
  ``clearance``: room between the hand and other objects; ``self_clearance``: between the arm and the body.
- ``push_planning``, ``push_goals``: contacts for a push, and its quasi-static effect.
- ``surface_hand``, ``hand_profile``: motion and cross-section of a closed hand along a surface.
- ``turn_planning``: the grasp for a turn of an object; ``orientations``, ``turns``: its goal, and rotations that one
  grasp can give it; ``turn_grasps``, ``turn_clearance``: grasps that keep the hand off the table; ``turn_places``:
  places to put it down; ``turn_costs``: costs of both.
- ``arm_controller``: joint targets to actions, inverse kinematics; ``cost_search``: the cheapest of some options.
"""
