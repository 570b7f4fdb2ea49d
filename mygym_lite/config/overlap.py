"""Detection of objects that overlap at the start of an episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from mygym_lite.config.containment import is_in_cavity, limit_nudge
from mygym_lite.config.object_bounds import compute_corners, compute_gap, compute_radius, compute_top
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.errors import ConfigError

_TOLERANCE = 1e-6  # m; an object on another touches it


def is_overlapping(a: ObjectConfig, b: ObjectConfig) -> bool:
    """Return true if the footprints (by the separating axis theorem) and the height ranges of two objects overlap.

    An object in the cavity of another does not overlap it.
    """
    if compute_gap(*a.initial_position[:2], compute_radius(a), b) > 0.0 or not do_heights_overlap(a, b):
        return False
    corners_a, corners_b = compute_corners(a), compute_corners(b)
    for corners in (corners_a, corners_b):
        for axis in (corners[0] - corners[1], corners[1] - corners[2]):
            p, q = corners_a @ axis, corners_b @ axis
            if p.max() <= q.min() or q.max() <= p.min():
                return False
    return not (is_in_cavity(a, b) or is_in_cavity(b, a))


def do_heights_overlap(a: ObjectConfig, b: ObjectConfig) -> bool:
    """Return true if neither object is wholly above the other."""
    return a.position[2] < compute_top(b) - _TOLERANCE and b.position[2] < compute_top(a) - _TOLERANCE


def limit_nudges(task: Task) -> Task:
    """Shorten the nudges of objects that would overlap others there."""
    things = task.objects
    for name in [name for name, thing in things.items() if any(thing.nudge)]:
        others = [other for key, other in things.items() if key != name]
        things = {**things, name: limit_nudge(things[name], partial(_is_free, others))}
    return task if things is task.objects else replace(task, objects=things)


def _is_free(others: Sequence[ObjectConfig], thing: ObjectConfig) -> bool:
    return not any(is_overlapping(thing, other) for other in others)


def refuse_overlap(task: Task, source: str) -> None:
    """Raise `ConfigError` if two objects overlap at the start."""
    things = list(task.objects.items())
    for i, (name, thing) in enumerate(things):
        for other, neighbour in things[:i]:
            if is_overlapping(thing, neighbour):
                raise ConfigError(
                    f"{source}: objects.{name}.position: '{name}' at {_format_position(thing)} overlaps '{other}' at "
                    f"{_format_position(neighbour)}; move one of them"
                )


def _format_position(thing: ObjectConfig) -> str:
    return "({:.3f}, {:.3f})".format(*thing.initial_position[:2])
