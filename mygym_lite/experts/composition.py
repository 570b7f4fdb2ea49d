"""Composition of skills: the success terms and stages of a task, as an ordered list of goals with one skill each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mygym_lite.config.region_shapes import compute_local_pose
from mygym_lite.config.robot import load_robot
from mygym_lite.config.task import Task
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.grasp_skill import TARGET, GraspSkill
from mygym_lite.experts.inputs import ExpertInputs
from mygym_lite.experts.object_checks import Calls, compile_checks, group_stages
from mygym_lite.experts.object_goals import find_destination, find_later_destination, find_orientation, find_push_goal
from mygym_lite.experts.place_skill import PlaceSkill
from mygym_lite.experts.push_skill import PushSkill
from mygym_lite.experts.reach_skill import ReachSkill
from mygym_lite.experts.reorient_skill import ReorientSkill
from mygym_lite.experts.skill_sequence import Skill, SkillGoal, SkillSequence
from mygym_lite.experts.strike_skill import StrikeSkill

_RELEASING = ("released", "at_rest", "on_top", "inside")  # terms that ask for the object without the hand
_OUT_OF_REACH = 0.03  # m between the palm and a place that it cannot reach


def can_solve(task: Task) -> bool:
    """Return True if there is a skill for a task; a robot that cannot grasp can still reach."""
    return task.goal is not None or (_can_grasp(task) and (TARGET in task.objects or all(group_stages(task))))


def compose_skill(inputs: ExpertInputs, controller: ArmController) -> Skill:
    """Compose the skills of a task in the order of its stages and success terms."""
    task = inputs.task
    if not _can_grasp(task):
        return ReachSkill(inputs, controller)
    stages = group_stages(task)
    if stages and all(stages):
        composed = [[_make_goal(inputs, controller, thing, groups) for thing in groups] for groups in stages]
        return SkillSequence(controller, composed)
    return GraspSkill(inputs, controller) if TARGET in task.objects else ReachSkill(inputs, controller)


def _can_grasp(task: Task) -> bool:
    return not load_robot(task.robot.model).missing_for_grasp


def _make_goal(inputs: ExpertInputs, controller: ArmController, thing: str, groups: Mapping[str, Calls]) -> SkillGoal:
    calls = groups[thing]
    orientation = find_orientation(calls)
    if orientation is not None:
        return SkillGoal(ReorientSkill(inputs, controller, thing, orientation), compile_checks(thing, calls))
    if "inside" in calls and _is_out_of_reach(inputs, controller, region := str(calls["inside"]["region"])):
        return SkillGoal(StrikeSkill(inputs, controller, thing, region))
    push_goal = find_push_goal(inputs.task, thing, calls)
    if push_goal is not None:
        return SkillGoal(PushSkill(inputs, controller, thing, push_goal))
    destination = find_destination(inputs, thing, groups)
    if destination is None:
        return SkillGoal(GraspSkill(inputs, controller, thing, find_later_destination(inputs, thing)))
    release = not calls.keys().isdisjoint(_RELEASING)
    skill = PlaceSkill(inputs, controller, thing, destination, release)
    return SkillGoal(skill, compile_checks(thing, calls)) if release else SkillGoal(skill)


def _is_out_of_reach(inputs: ExpertInputs, controller: ArmController, region: str) -> bool:
    """Return True if the palm does not reach the middle of a region on the surface."""
    task = inputs.task
    if task.regions[region].of is not None:
        return False
    place = np.array(compute_local_pose(task, task.regions[region]).position)
    return min(controller.solve_ik(start, place, None)[1] for start in controller.start_postures) > _OUT_OF_REACH
