"""Validation of the placement of objects relative to regions and to each other."""

from __future__ import annotations

import math
from dataclasses import replace

from mygym_lite.config.containment import compute_play
from mygym_lite.config.field_path import is_model_path, match_paths, split_path
from mygym_lite.config.objects import load_object
from mygym_lite.config.overlap import refuse_overlap
from mygym_lite.config.region_shapes import require_cavity
from mygym_lite.config.sampling import sample_start
from mygym_lite.config.start import Corners, Placement
from mygym_lite.config.start_extents import list_area_corners, list_start_models, list_start_shapes, list_start_yaws
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_TRIALS = 32  # episodes whose start is sampled
_TOLERANCE = 1e-6  # m
_TURNS = 32  # steps between yaw angles at which an object must fit


def check_placement(task: Task, location: Location) -> None:
    """Validate the placement of objects.

    Raises:
        ConfigError: An object cannot be placed as declared; the message names the key, both numbers and the remedy.
    """
    _refuse_start_positions(task, location)
    for name, rules in task.place.items():
        where = location.at("place", name)
        if name not in task.objects:
            raise where.error(f"no object '{name}'{suggest(name, task.objects)}")
        _check_reference(task, name, rules, where.at(rules.relation))
        if rules.within is not None:
            _check_area(task, rules.within, where.at("within"))
        if rules.on is not None:
            _check_offset(task, rules, where.at("offset"))
        if rules.inside is not None:
            _check_fit(task, name, rules, where.at("inside"))


def _refuse_start_positions(task: Task, location: Location) -> None:
    """Refuse placed objects whose pose ``[start]`` samples too."""
    for pattern in task.start:
        for path in match_paths(task, pattern, location.at("start")):
            table, *keys = split_path(path)
            rules = task.place.get(keys[0]) if table == "objects" else None
            if rules and (keys[1] in ("position", "nudge") or (keys[1] == "yaw" and rules.yaw is not None)):
                raise location.at("start", pattern).error(f"{path} is in [start] and [place.{keys[0]}]; remove one")


def _check_reference(task: Task, name: str, rules: Placement, where: Location) -> None:
    """Check that the other object exists, and stands before this one is placed."""
    other = rules.reference
    if other is None:
        return
    if other not in task.objects:
        raise where.error(f"no object '{other}'{suggest(other, task.objects)}")
    if other == name:
        raise where.error("is the object itself; name another one")
    order = list(task.place)
    if other in task.place and order.index(other) > order.index(name):
        raise where.error(f"'{other}' is placed after '{name}'; write [place.{other}] before [place.{name}]")


def _check_area(task: Task, within: str | Corners, where: Location) -> None:
    if isinstance(within, str):
        _check_region(task, within, where)
    (x0, y0), (x1, y1) = load_workspace(task.workspace.model).area
    for x, y, _ in list_area_corners(task, within):
        if not (x0 - _TOLERANCE <= x <= x1 + _TOLERANCE and y0 - _TOLERANCE <= y <= y1 + _TOLERANCE):
            raise where.error(
                f"reaches ({x:.3f}, {y:.3f}), outside the area of {task.workspace.model}, "
                f"({x0:g}, {y0:g}) to ({x1:g}, {y1:g}); move it inside"
            )


def _check_region(task: Task, name: str, where: Location) -> None:
    region = task.regions.get(name)
    if region is None:
        raise where.error(f"no region '{name}'{suggest(name, task.regions)}")
    if region.shape not in ("disc", "box"):
        raise where.error(f"region '{name}' is a {region.shape}; name a disc or a box")
    if region.of is not None:
        raise where.error(f"region '{name}' moves with '{region.of}'; place the object 'on' or 'inside' that")


def _check_offset(task: Task, rules: Placement, where: Location) -> None:
    """Check that the centre of an object is above what it stands on."""
    assert rules.on is not None
    if rules.offset is None:
        return
    for model in list_start_models(task, rules.on):
        for axis, edge, *ends in zip("xy", load_object(model).extents, *rules.offset, strict=False):
            farthest = max(map(abs, ends))
            if farthest > edge / 2:
                raise where.error(
                    f"reaches {farthest:g} m along {axis}, '{model}' ends at {edge / 2:g} m; stay on its top"
                )


def check_container(task: Task, path: str, value: object, where: Location) -> None:
    """Refuse an object without a cavity at the path of a container's model or shape."""
    for name, rules in task.place.items():
        is_container = rules.inside is not None and path.startswith(f"objects.{rules.inside}.") and is_model_path(path)
        if is_container and load_object(str(value)).cavity is None:
            raise where.error(f"'{value}' has no cavity for [place.{name}] inside; choose a container")


def _check_fit(task: Task, name: str, rules: Placement, where: Location) -> None:
    """Check that all models of an object fit into all models of its container, at every yaw."""
    assert rules.inside is not None
    for container in list_start_shapes(task, rules.inside):
        if load_object(container.geometry).cavity is None:
            raise where.error(f"'{container.model}' has no cavity; choose a container, or place '{name}' on it")
        turns = _list_turns(task, name, rules)
        for thing in list_start_shapes(task, name):
            _check_width(thing, replace(container, yaw=0.0), turns, where)


def _list_turns(task: Task, name: str, rules: Placement) -> list[float]:
    """List yaw angles of an object in its container that cover all that it may have."""
    if rules.yaw is not None:
        low, high = (-math.pi, math.pi) if isinstance(rules.yaw, str) else rules.yaw
    else:
        assert rules.inside is not None
        own, other = list_start_yaws(task, name), list_start_yaws(task, rules.inside)
        low, high = min(own) - max(other), max(own) - min(other)
    return [low + (high - low) * step / _TURNS for step in range(_TURNS + 1)]


def _check_width(thing: ObjectConfig, container: ObjectConfig, turns: list[float], where: Location) -> None:
    """Check that an object at any of the yaw angles is not wider than a cavity."""
    cavity = require_cavity(container.geometry)
    widths = [container.size * size * (2.0 if cavity.shape == "disc" else 1.0) for size in cavity.size]
    for yaw in turns:
        for width, play in zip(widths, compute_play(replace(thing, yaw=yaw), container), strict=True):
            if play < 0.0:
                raise where.error(
                    f"'{thing.model}' measures {width - 2 * play:.3f} m, the cavity of '{container.model}' "
                    f"{width:.3f} m; choose a smaller object or a larger container"
                )


def check_start(task: Task, location: Location) -> None:
    """Check that the first episodes of a task have room for all objects, and that none overlap."""
    declared = {name: thing for name, thing in task.objects.items() if name not in task.place}
    refuse_overlap(replace(task, objects=declared), location.file)
    if task.draws or task.place:
        for seed in range(_TRIALS):
            refuse_overlap(sample_start(task, seed), f"{location.file}, seed {seed}")
