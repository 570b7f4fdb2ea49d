"""Extents of the start state: all models of an object, and the outermost positions of a goal or an object."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

from mygym_lite.config.containment import compute_floor
from mygym_lite.config.field_path import get_value, split_path
from mygym_lite.config.object_bounds import compute_radius, compute_top
from mygym_lite.config.region_shapes import require_cavity
from mygym_lite.config.sampling import list_start_distributions
from mygym_lite.config.start import Corners, Placement
from mygym_lite.config.start_area import Area, find_area, list_corners
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig, Vec3
from mygym_lite.config.workspace import load_workspace


def list_start_corners(task: Task, path: str) -> list[tuple[float, ...]]:
    """List the corners of the box of possible start values of the vector at a path."""
    table, *keys = split_path(path)
    if table == "objects" and keys[1:] == ["position"] and keys[0] in task.place:
        return [*_list_placed_corners(task, keys[0])]
    nominal = get_value(task, path)
    distributions = [v for v in list_start_distributions(task) if v.path == path]
    chosen = [value for v in distributions if v.verb == "choice" for value in v.compute_extremes(nominal)]
    boxes = [v.compute_extremes(nominal) for v in distributions if v.verb != "choice"]
    if not distributions:
        return [nominal]
    return [*chosen, *(corner for ends in boxes for corner in product(*zip(*ends, strict=True)))]


def list_start_models(task: Task, name: str) -> list[str]:
    """List the models whose shape an object may have at the start."""
    thing, distributions = task.objects[name], list_start_distributions(task)
    for field in ("shape", "model"):
        choices = [v for v in distributions if v.path == f"objects.{name}.{field}"]
        if choices or (field == "shape" and thing.shape):
            return [str(model) for v in choices for model in v.compute_extremes("")] or [thing.geometry]
    return [thing.model]


def list_start_shapes(task: Task, name: str) -> list[ObjectConfig]:
    """List an object in all its start models, in the outermost of its sizes, rolls and pitches."""
    thing, models = task.objects[name], list_start_models(task, name)
    ranges = [_list_extremes(task, name, field) for field in ("size", "roll", "pitch")]
    shapes = [replace(thing, model=model, shape=None) for model in models]
    return [replace(shape, size=s, roll=r, pitch=p) for shape in shapes for s, r, p in product(*ranges)]


def list_start_yaws(task: Task, name: str) -> list[float]:
    """List the outermost yaw angles that an object may have at the start, rad."""
    if name in task.place and task.place[name].yaw is not None:
        return [-math.pi, math.pi]
    return _list_extremes(task, name, "yaw")


def _list_extremes(task: Task, name: str, field: str) -> list[float]:
    """List the outermost start values of a number of an object, the declared one if it is not sampled."""
    declared, path = getattr(task.objects[name], field), f"objects.{name}.{field}"
    distributions = [v for v in list_start_distributions(task) if v.path == path]
    return [value for v in distributions for value in v.compute_extremes(declared)] or [declared]


def _list_placed_corners(task: Task, name: str) -> list[Vec3]:
    """List the corners of the positions of a placed object."""
    rules, height = task.place[name], task.objects[name].position[2]
    if rules.within is not None:
        return [(x, y, height if z is None else z) for x, y, z in list_area_corners(task, rules.within)]
    if rules.near is not None:
        (x0, y0), (x1, y1) = load_workspace(task.workspace.model).area
        beside = _expand(task, rules.near, _compute_reach(task, name, rules))
        return [(min(max(x, x0), x1), min(max(y, y0), y1), height) for x, y, _ in beside]
    assert rules.support is not None
    supports = list_start_shapes(task, rules.support)
    spread = max(_compute_spread(support, rules) for support in supports)
    heights = [(compute_top(s) if rules.inside is None else compute_floor(s)) - s.position[2] for s in supports]
    corners = _expand(task, rules.support, spread)
    return [(x, y, z + rise) for x, y, z in corners for rise in {min(heights), max(heights)}]


def list_area_corners(task: Task, within: str | Corners) -> list[tuple[float, float, float | None]]:
    """List the corners of an area wherever it may be at the start, with the height of its floor."""
    area = find_area(task, within)
    if not isinstance(within, str):
        return [(x, y, None) for x, y in list_corners(area)]
    positions = list_start_corners(task, f"regions.{within}.position")
    return [(x, y, p[2]) for p in positions for x, y in list_corners(area._replace(center=(p[0], p[1])))]


def _compute_reach(task: Task, name: str, rules: Placement) -> float:
    """Compute the largest distance between the centres of an object and of the one that it is near, m."""
    assert rules.near is not None
    assert rules.distance is not None
    radii = [max(map(compute_radius, list_start_shapes(task, thing))) for thing in (name, rules.near)]
    return rules.distance[1] + sum(radii)


def _compute_spread(support: ObjectConfig, rules: Placement) -> float:
    """Compute the largest distance of an object from the axis of its support, m."""
    if rules.inside is not None:
        cavity = require_cavity(support.geometry)
        area = Area(cavity.shape, cavity.size, cavity.position[:2])
    else:
        (x0, y0), (x1, y1) = rules.offset or ((0.0, 0.0), (0.0, 0.0))
        area = Area("box", (x1 - x0, y1 - y0), ((x0 + x1) / 2, (y0 + y1) / 2))
    return support.size * max(math.hypot(*corner) for corner in list_corners(area))


def _expand(task: Task, name: str, margin: float) -> list[Vec3]:
    """List the corners of the positions of an object with a margin, m."""
    corners = list_start_corners(task, f"objects.{name}.position")
    return [(x + i * margin, y + j * margin, z) for x, y, z in corners for i in (-1, 1) for j in (-1, 1)]
