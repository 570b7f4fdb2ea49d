"""Rejection of checks that no episode could meet, by the sizes of regions, objects and the arm."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

from mygym_lite.config.checks import TermCall, locate_term_calls
from mygym_lite.config.containment import compute_play
from mygym_lite.config.region_shapes import build_region_shape, require_cavity
from mygym_lite.config.robot import load_robot
from mygym_lite.config.start_extents import list_start_corners, list_start_shapes
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.schema import Location

_QUARTER = math.pi / 2
_SIDES = ((0.0, 0.0), (_QUARTER, 0.0), (0.0, _QUARTER))  # roll and pitch that put each axis upright, rad
_YAWS = tuple(_QUARTER * step / 16 for step in range(17))  # rad


def check_feasibility(task: Task, location: Location) -> None:
    """Validate the checks of a task, whose terms are known to be bound, against its objects, regions and robot.

    Raises:
        ConfigError: No episode could meet a check; the message names the key, both numbers and the remedy.
    """
    for call, where in _locate_checks(task, location):
        if check := _CHECKS.get(str(call["term"])):
            check(task, call, where)


def _locate_checks(task: Task, where: Location) -> Iterator[tuple[TermCall, Location]]:
    """Iterate over the calls in the checks of success, failure and stages, with the location of each."""
    yield from locate_term_calls(task.success, where.at("success"))
    yield from locate_term_calls(task.failure, where.at("failure"))
    for index, stage in enumerate(task.stages):
        yield from locate_term_calls(stage.checks, where.at("stages", str(index), "checks"))


def _check_lifted(task: Task, call: TermCall, where: Location) -> None:
    """Check that the height is not above the arm when it points straight up."""
    robot = load_robot(task.robot.model)
    arm = next(iter(robot.arms.values()))
    top = robot.compute_shoulder_position(arm)[2] + arm.reach
    starts = list_start_corners(task, f"objects.{call['thing']}.position")
    height = float(str(call["metres"])) + task.workspace.height + min(corner[2] for corner in starts)
    if height > top:
        raise where.at("metres").error(
            f"lifts '{call['thing']}' to z = {height:.3f} m, the arm of {task.robot.model} reaches up to {top:.3f} m; "
            "lift it less, and give the height in metres"
        )


def _check_count(task: Task, call: TermCall, where: Location) -> None:
    """Check that there are as many objects as have to be inside."""
    things = _list_names(call["things"])
    count = int(str(call["at_least"]))
    if count > len(things):
        raise where.at("at_least").error(f"is {count}, 'things' are {len(things)}; use {len(things)} or less")
    for thing in things:
        _check_own_region(task, thing, call, where)


def _check_inside(task: Task, call: TermCall, where: Location) -> None:
    """Check that the region belongs to another object, and has room for this one and its margin."""
    thing = str(call["thing"])
    _check_own_region(task, thing, call, where)
    _check_margin(task, call, where.at("margin"))
    _check_fit(task, thing, call, where.at("region"))


def _check_own_region(task: Task, thing: str, call: TermCall, where: Location) -> None:
    region = str(call["region"])
    if task.regions[region].of == thing:
        raise where.at("region").error(f"'{region}' moves with '{thing}' itself; name a region 'of' another object")


def _check_margin(task: Task, call: TermCall, where: Location) -> None:
    name = str(call["region"])
    shape = build_region_shape(task, task.regions[name])
    if "margin" not in call or (shape.radius is None and shape.half_edges is None):
        return
    margin, half = float(str(call["margin"])), _compute_half_size(task, name)
    if margin >= half:
        raise where.error(f"is {margin:g} m, '{name}' ends {half:g} m from its centre; use less, or enlarge '{name}'")


def _compute_half_size(task: Task, name: str) -> float:
    """Compute the distance between the centre and the rim of a region, the largest that its start allows, m."""
    region = task.regions[name]
    sizes = list_start_corners(task, f"regions.{name}.size") if region.size else [()]
    shapes = [build_region_shape(task, replace(region, size=tuple(size))) for size in sizes]
    return max(shape.radius if shape.radius is not None else min(shape.half_edges or (0.0,)) for shape in shapes)


def _check_fit(task: Task, name: str, call: TermCall, where: Location) -> None:
    """Check that the cavity of some model of a container holds some model of an object, on any of its sides."""
    region = task.regions[str(call["region"])]
    if region.shape != "cavity" or region.of is None:
        return
    containers = [replace(c, yaw=0.0, roll=0.0, pitch=0.0) for c in list_start_shapes(task, region.of)]
    things = list_start_shapes(task, name)
    if not any(_fits(thing, container) for thing, container in product(things, containers)):
        thing, container = things[0], containers[0]
        width = container.size * min(require_cavity(container.geometry).size)
        width *= 2.0 if require_cavity(container.geometry).shape == "disc" else 1.0
        narrowest = width - 2.0 * max(min(compute_play(turned, container)) for turned in _turn(thing))
        raise where.error(
            f"'{name}' measures {narrowest:.3f} m, the cavity of '{region.of}' {width:.3f} m; "
            "choose a smaller object or a larger container"
        )


def _fits(thing: ObjectConfig, container: ObjectConfig) -> bool:
    return any(min(compute_play(turned, container)) >= 0.0 for turned in _turn(thing))


def _turn(thing: ObjectConfig) -> Iterator[ObjectConfig]:
    """Iterate over an object as it starts, then on each of its sides, at all yaw angles."""
    sides = ((thing.roll, thing.pitch), *_SIDES)
    return (replace(thing, roll=roll, pitch=pitch, yaw=yaw) for (roll, pitch), yaw in product(sides, _YAWS))


def _list_names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


_CHECKS: dict[str, Callable[[Task, TermCall, Location], None]] = {
    "lifted": _check_lifted,
    "inside": _check_inside,
    "count_in": _check_count,
}
