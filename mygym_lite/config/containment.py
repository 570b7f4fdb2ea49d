"""Containment of objects in the cavity of a container or on top of another: free play, and positions there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from mygym_lite.config.cavity import Cavity
from mygym_lite.config.object_bounds import compute_bounds, compute_radius, is_upright, transform_to_object
from mygym_lite.config.objects import load_object
from mygym_lite.config.region_shapes import require_cavity
from mygym_lite.config.task_objects import ObjectConfig, Vec2
from mygym_lite.errors import ConfigError
from mygym_lite.rng import Rng

_TOLERANCE = 1e-6  # m; rounding of transforms
_BISECTIONS = 20  # of a nudge: to a millionth of its length


def get_cavity(container: ObjectConfig) -> Cavity:
    """Return the cavity of a container that stands upright."""
    cavity = require_cavity(container.geometry)
    if not is_upright(container):
        raise ConfigError(f"the cavity of '{container.model}' does not open upwards; leave out its roll and pitch")
    return cavity


def compute_floor(container: ObjectConfig) -> float:
    """Compute the height of the floor of a cavity above the surface of the workspace, m."""
    floor = load_object(container.geometry).half_height + get_cavity(container).position[2]
    return container.position[2] + container.size * floor


def compute_play(thing: ObjectConfig, container: ObjectConfig) -> tuple[float, ...]:
    """Compute how far the centre of an object may stand from the centre of a cavity; negative if it does not fit.

    Returns:
        The largest distance in a disc; in a box, the largest along its x and y axes, m.
    """
    cavity = get_cavity(container)
    if cavity.shape == "disc":
        return (container.size * cavity.size[0] - compute_radius(thing),)
    reach = _compute_reach(thing, thing.yaw - container.yaw)
    return tuple(0.5 * container.size * edge - half for edge, half in zip(cavity.size, reach, strict=True))


def _compute_reach(thing: ObjectConfig, yaw: float) -> Vec2:
    """Compute half the lengths along x and y of an object that is turned, m."""
    low, high, _ = compute_bounds(thing)
    x, y = (thing.size * max(-low[axis], high[axis]) for axis in (0, 1))
    c, s, radius = abs(math.cos(yaw)), abs(math.sin(yaw)), compute_radius(thing)
    return min(c * x + s * y, radius), min(s * x + c * y, radius)


def is_in_cavity(thing: ObjectConfig, container: ObjectConfig) -> bool:
    """Return true if an object is within the walls of a cavity, and not below its floor."""
    cavity = load_object(container.geometry).cavity
    if cavity is None or not is_upright(container) or thing.position[2] < compute_floor(container) - _TOLERANCE:
        return False
    x, y = transform_to_object(container, thing.initial_position[:2])
    offset = container.size * (x - cavity.position[0]), container.size * (y - cavity.position[1])
    play = compute_play(thing, container)
    distances = (math.hypot(*offset),) if cavity.shape == "disc" else offset
    return all(abs(distance) <= most + _TOLERANCE for distance, most in zip(distances, play, strict=True))


def is_on_top(thing: ObjectConfig, support: ObjectConfig) -> bool:
    """Return true if the circle around the footprint of an object is above the box of the support."""
    offset = transform_to_object(support, thing.initial_position[:2])
    edges, radius = load_object(support.geometry).extents, compute_radius(thing)
    most = (0.5 * support.size * edge - radius for edge in edges[:2])
    return all(support.size * abs(x) <= room + _TOLERANCE for x, room in zip(offset, most, strict=True))


def limit_nudge(thing: ObjectConfig, is_held: Callable[[ObjectConfig], bool]) -> ObjectConfig:
    """Shorten the nudge of an object, by bisection, until the object is held; to nothing if it never is."""
    if not any(thing.nudge) or is_held(thing):
        return thing
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if is_held(_scale_nudge(thing, middle)) else (low, middle)
    return _scale_nudge(thing, low)


def _scale_nudge(thing: ObjectConfig, by: float) -> ObjectConfig:
    return replace(thing, nudge=(by * thing.nudge[0], by * thing.nudge[1]))


def sample_in_cavity(thing: ObjectConfig, container: ObjectConfig, rng: Rng) -> Vec2 | None:
    """Sample a position where an object fits, in the frame of the container; None if it fits nowhere."""
    cavity = get_cavity(container)
    play = compute_play(thing, container)
    if min(play) < 0.0:
        return None
    x, y = sample_in_disc(play[0], rng) if cavity.shape == "disc" else sample_in_box((play[0], play[1]), rng)
    return cavity.position[0] + x / container.size, cavity.position[1] + y / container.size


def sample_in_disc(radius: float, rng: Rng) -> Vec2:
    """Sample a point uniformly in a disc around the origin, m."""
    distance, angle = radius * math.sqrt(rng.random()), 2.0 * math.pi * rng.random()
    return distance * math.cos(angle), distance * math.sin(angle)


def sample_in_box(half: Vec2, rng: Rng) -> Vec2:
    """Sample a point uniformly in a box around the origin, m."""
    return half[0] * (2.0 * rng.random() - 1.0), half[1] * (2.0 * rng.random() - 1.0)
