"""Goals of objects: destinations, orientations and pushes that their checks ask for."""

from __future__ import annotations

from collections.abc import Mapping

from mygym_lite.config.checks import iterate_term_calls
from mygym_lite.config.region_shapes import build_region_shape
from mygym_lite.config.task import Task
from mygym_lite.experts.compartment import CompartmentDestination
from mygym_lite.experts.destinations import (
    Destination,
    FrameDestination,
    RegionDestination,
    SlotDestination,
    TopDestination,
)
from mygym_lite.experts.inputs import ExpertInputs
from mygym_lite.experts.object_checks import Calls, group_stages
from mygym_lite.experts.orientations import OrientationGoal
from mygym_lite.experts.push_goals import PlaceGoal, PoseGoal, PushGoal, compute_inner_radius

_PLACE_SHARE = 0.4  # share of its tolerance up to which an object is pushed


def find_destination(inputs: ExpertInputs, thing: str, groups: Mapping[str, Calls]) -> Destination | None:
    """Find the destination that the checks of one object ask for; None if it has to stay in the hand.

    Args:
        inputs: Inputs of the expert.
        thing: Object.
        groups: Checks of all objects of the same stage.
    """
    task, calls = inputs.task, groups[thing]
    if "on_top" in calls:
        return TopDestination(str(calls["on_top"]["of"]))
    if "inside" in calls:
        return _make_region_destination(inputs, thing, groups)
    if "displaced_to" in calls:
        return FrameDestination(str(calls["displaced_to"]["to"]), task.workspace.height)
    if "near" in calls and calls["near"]["to"] != "palm":
        return FrameDestination(str(calls["near"]["to"]))
    return None


def _make_region_destination(inputs: ExpertInputs, thing: str, groups: Mapping[str, Calls]) -> Destination:
    regions = {name: str(others["inside"]["region"]) for name, others in groups.items() if "inside" in others}
    name = regions[thing]
    shape, of = inputs.task.regions[name].shape, inputs.task.regions[name].of
    if len(regions) > 1:
        sharing = [other for other, region in regions.items() if region == name]
        return SlotDestination(name, of, sharing.index(thing), len(sharing))
    if shape == "box" and of is not None:
        return CompartmentDestination(inputs, name, of)
    return RegionDestination(name, of, shape == "cavity")


def find_later_destination(inputs: ExpertInputs, thing: str) -> Destination | None:
    """Find where an object goes in any stage, so that the grasp suits it."""
    found = (find_destination(inputs, thing, groups) for groups in group_stages(inputs.task) if thing in groups)
    return next((destination for destination in found if destination is not None), None)


def find_orientation(calls: Calls) -> OrientationGoal | None:
    """Find the orientation that the checks of one object ask for."""
    if "aligned" in calls:
        return OrientationGoal(frame=str(calls["aligned"]["to"]))
    if "upright" in calls:
        return OrientationGoal((0.0, 0.0, 1.0))
    return OrientationGoal((0.0, 0.0, -1.0)) if "upside_down" in calls else None


def find_push_goal(task: Task, thing: str, calls: Calls) -> PushGoal | None:
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
