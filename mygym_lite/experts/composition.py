"""Composition of skills: the success terms and stages of a task, as an ordered list of goals with one skill each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Protocol

import numpy as np

from mygym_lite.config.checks import TermCall, iterate_term_calls
from mygym_lite.config.region_shapes import build_region_shape, compute_local_pose
from mygym_lite.config.robot import load_robot
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.compartment import CompartmentDestination
from mygym_lite.experts.destinations import (
    Destination,
    FrameDestination,
    RegionDestination,
    SlotDestination,
    TopDestination,
)
from mygym_lite.experts.grasp_skill import TARGET, GraspSkill
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.orientations import OrientationGoal
from mygym_lite.experts.place_skill import PlaceSkill, withdraw
from mygym_lite.experts.push_goals import PlaceGoal, PoseGoal, PushGoal, compute_inner_radius
from mygym_lite.experts.push_skill import PushSkill
from mygym_lite.experts.reach_skill import ReachSkill
from mygym_lite.experts.reorient_skill import ReorientSkill
from mygym_lite.experts.strike_skill import StrikeSkill
from mygym_lite.terms import TERMS, Thing, relations

Call = Mapping[str, Any]
Calls = Mapping[str, Call]
_RELEASING = ("released", "at_rest", "on_top", "inside")  # terms that ask for the object without the hand

_OUT_OF_REACH = 0.03  # m between the palm and a place that it cannot reach
_PLACE_SHARE = 0.4  # share of its tolerance up to which an object is pushed


class Skill(Protocol):
    """Closed-loop behaviour without clock or hidden phase."""

    def reset(self) -> None:
        """Begin an episode."""

    def compute_action(self, state: State) -> Array:
        """Compute the action for a state."""


@dataclass(frozen=True)
class SkillGoal:
    """Goal for one object, and the skill that reaches it."""

    skill: Skill
    is_met: Callable[[State], bool]
    """Test that nothing is left to do; never true if the hand has to hold the object."""


class SkillSequence:
    """Skills of the current stage in the order of its checks; the first one whose goal is not met acts."""

    def __init__(self, controller: ArmController, stages: Sequence[Sequence[SkillGoal]]) -> None:
        self._controller, self._stages = controller, stages

    def reset(self) -> None:
        """Begin an episode."""
        for goal in chain(*self._stages):
            goal.skill.reset()

    def compute_action(self, state: State) -> Array:
        """Act with the first skill whose goal is not met, or withdraw the hand."""
        for goal in self._stages[min(state.stage, len(self._stages) - 1)]:
            if not goal.is_met(state):
                return goal.skill.compute_action(state)
        return withdraw(self._controller, state)


def can_solve(task: Task) -> bool:
    """Return True if there is a skill for a task; a robot that cannot grasp can still reach."""
    return task.goal is not None or (_can_grasp(task) and (TARGET in task.objects or all(_group_stages(task))))


def compose_skill(inputs: ExpertInputs, controller: ArmController) -> Skill:
    """Compose the skills of a task in the order of its stages and success terms."""
    task = inputs.task
    if not _can_grasp(task):
        return ReachSkill(inputs, controller)
    stages = _group_stages(task)
    if stages and all(stages):
        composed = [[_make_goal(inputs, controller, thing, groups) for thing in groups] for groups in stages]
        return SkillSequence(controller, composed)
    return GraspSkill(inputs, controller) if TARGET in task.objects else ReachSkill(inputs, controller)


def _can_grasp(task: Task) -> bool:
    return not load_robot(task.robot.model).missing_for_grasp


def _make_goal(inputs: ExpertInputs, controller: ArmController, thing: str, groups: Mapping[str, Calls]) -> SkillGoal:
    calls = groups[thing]
    orientation = _find_orientation(calls)
    if orientation is not None:
        return SkillGoal(ReorientSkill(inputs, controller, thing, orientation), _compile(thing, calls))
    if "inside" in calls and _is_out_of_reach(inputs, controller, region := str(calls["inside"]["region"])):
        return SkillGoal(StrikeSkill(inputs, controller, thing, region), lambda _state: False)
    push_goal = _find_push_goal(inputs.task, thing, calls)
    if push_goal is not None:
        return SkillGoal(PushSkill(inputs, controller, thing, push_goal), lambda _state: False)
    destination = _find_destination(inputs, thing, groups)
    if destination is None:
        later = _find_later_destination(inputs, thing)
        return SkillGoal(GraspSkill(inputs, controller, thing, later), lambda _state: False)
    release = not calls.keys().isdisjoint(_RELEASING)
    skill = PlaceSkill(inputs, controller, thing, destination, release)
    return SkillGoal(skill, _compile(thing, calls) if release else lambda _state: False)


def _find_later_destination(inputs: ExpertInputs, thing: str) -> Destination | None:
    """Find where an object goes in any stage, so that the grasp suits it."""
    found = (_find_destination(inputs, thing, groups) for groups in _group_stages(inputs.task) if thing in groups)
    return next((destination for destination in found if destination is not None), None)


def _is_out_of_reach(inputs: ExpertInputs, controller: ArmController, region: str) -> bool:
    """Return True if the palm does not reach the middle of a region on the surface."""
    task = inputs.task
    if task.regions[region].of is not None:
        return False
    place = np.array(compute_local_pose(task, task.regions[region]).position)
    return min(controller.solve_ik(start, place, None)[1] for start in controller.start_postures) > _OUT_OF_REACH


def _find_push_goal(task: Task, thing: str, calls: Calls) -> PushGoal | None:
    """Find the goal of an object that has to stay on the surface; None if it may be carried."""
    if "coverage_above" in calls:
        call = calls["coverage_above"]
        return PoseGoal(str(call["region"]), float(call["share"]))
    failures = iterate_term_calls(task.failure.values())
    if not any(call["term"] == "lifted" and call["thing"] == thing for call in failures):
        return None
    if "inside" in calls:
        region = str(calls["inside"]["region"])
        return PlaceGoal(region, compute_inner_radius(build_region_shape(task, task.regions[region])))
    if "displaced_to" in calls:
        call = calls["displaced_to"]
        return PlaceGoal(str(call["to"]), _PLACE_SHARE * float(call["within"]))
    return None


def _group_stages(task: Task) -> list[dict[str, dict[str, Call]]]:
    """Group the checks of each stage, and of success, by the object that they are about."""
    tables = [*(stage.checks for stage in task.stages), *([task.success] if task.success else [])]
    return [_group_by_thing(task, table) for table in tables]


def _group_by_thing(task: Task, checks: Mapping[str, TermCall]) -> dict[str, dict[str, Call]]:
    groups: dict[str, dict[str, Call]] = {}
    for call in _iterate_calls(checks.values()):
        thing = str(call.get("thing", call.get("of", "")))
        if thing in task.objects:
            groups.setdefault(thing, {})[str(call["term"])] = call
    return groups


def _iterate_calls(checks: Iterable[Call]) -> Iterator[Call]:
    """Iterate over the calls to satisfy: the first alternative, each object of a count; skip negations."""
    for check in checks:
        if check.get("term") == "count_in":
            for thing in check["things"]:
                yield {"term": "inside", "thing": thing, "region": check["region"]}
        elif "term" in check:
            yield check
        else:
            yield from _iterate_calls([*check.get("all", ()), *check.get("any", ())[:1]])


def _find_destination(inputs: ExpertInputs, thing: str, groups: Mapping[str, Calls]) -> Destination | None:
    task, calls = inputs.task, groups[thing]
    if "on_top" in calls:
        return TopDestination(str(calls["on_top"]["of"]))
    if "inside" in calls:
        region = str(calls["inside"]["region"])
        regions = {name: str(others["inside"]["region"]) for name, others in groups.items() if "inside" in others}
        sharing = [name for name, other in regions.items() if other == region]
        shape, of = task.regions[region].shape, task.regions[region].of
        if len(regions) > 1:
            return SlotDestination(region, of, sharing.index(thing), len(sharing))
        if shape == "box" and of is not None:
            return CompartmentDestination(inputs, region, of)
        return RegionDestination(region, of, shape == "cavity")
    if "displaced_to" in calls:
        return FrameDestination(str(calls["displaced_to"]["to"]), task.workspace.height)
    if "near" in calls and calls["near"]["to"] != "palm":
        return FrameDestination(str(calls["near"]["to"]))
    return None


def _find_orientation(calls: Calls) -> OrientationGoal | None:
    """Find the orientation that the checks of one object ask for."""
    if "aligned" in calls:
        return OrientationGoal(frame=str(calls["aligned"]["to"]))
    if "upright" in calls:
        return OrientationGoal((0.0, 0.0, 1.0))
    return OrientationGoal((0.0, 0.0, -1.0)) if "upside_down" in calls else None


def _compile(thing: str, calls: Calls) -> Callable[[State], bool]:
    """Compile the checks of one object, which the hand has to leave as well; it comes to rest without the hand."""
    checks = [
        partial(TERMS["check"][str(call["term"])], **{key: value for key, value in call.items() if key != "term"})
        for call in calls.values()
        if call["term"] != "at_rest"
    ]
    return lambda state: relations.released(state, Thing(thing)) and all(check(state) for check in checks)
