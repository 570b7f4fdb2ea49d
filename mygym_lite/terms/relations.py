"""Relations between objects and regions: success and failure terms, and the geometry behind them."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np

from mygym_lite.config.footprint import MIN_PROJECTION, Footprint, transform_points
from mygym_lite.config.rest import REST_SPEED, REST_TURN_RATE
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose, State, Vec3
from mygym_lite.summation import sum_in_order
from mygym_lite.terms import vectors
from mygym_lite.terms.parameters import Angle, Bounds, Count, Distance, Frame, Metres, Movable, RegionName, Share, Thing
from mygym_lite.terms.registry import term

Axis = Literal["x", "y", "z"]
_Speed = Annotated[float, Bounds("m/s", above=0.0)]
_TurnRate = Annotated[float, Bounds("rad/s", above=0.0)]
_CONTACT = 0.05  # N; smaller forces are solver noise
_STACK_GAP = 0.005  # m between an object and the one that carries it


@term("check")
def inside(
    after: State, thing: Thing, region: RegionName, margin: Annotated[float, Bounds("m", low=0.0)] = 0.0
) -> bool:
    """Test that the centre of an object lies inside a region, at least ``margin`` metres from its rim."""
    return after.regions[region].contains(_compute_local_position(after, thing, region), margin)


@term("check")
def count_in(after: State, things: tuple[Thing, ...], region: RegionName, at_least: Count) -> bool:
    """Test that the centres of at least so many of the objects lie inside a region."""
    return count_inside(after, things, region) >= at_least


@term("check")
def on_top(after: State, thing: Thing, of: Thing) -> bool:
    """Test that an object rests on another: above its footprint, at its height to 5 mm, and in contact."""
    position, below = after.position(thing), after.position(of)
    gap = position[2] - compute_half_height(after, thing) - below[2] - compute_half_height(after, of)
    aside = (position[0] - below[0], position[1] - below[1], 0.0)
    local = vectors.rotate_inverse(after.frames[of].rotation, aside)
    is_above = all(abs(at) <= edge / 2 for at, edge in zip(local, after.object_shapes[of].extents, strict=True))
    return abs(gap) <= _STACK_GAP and is_above and after.touch(thing, of).mean > _CONTACT


@term("check")
def released(after: State, thing: Thing) -> bool:
    """Test that the robot does not touch an object."""
    return after.touch("robot", thing).peak < _CONTACT


@term("check")
def at_rest(after: State, thing: Thing, speed: _Speed = REST_SPEED, turn_rate: _TurnRate = REST_TURN_RATE) -> bool:
    """Test that an object moves slower than ``speed``, m/s, and turns slower than ``turn_rate``, rad/s."""
    motion = after.motions[thing]
    return math.hypot(*motion.linear) < speed and math.hypot(*motion.angular) < turn_rate


@term("check")
def upright(after: State, thing: Thing, within: Angle) -> bool:
    """Test that the z axis of an object is at most ``within`` rad from the vertical."""
    return compute_tilt(after.frames[thing]) <= within


@term("check")
def upside_down(after: State, thing: Thing, within: Angle) -> bool:
    """Test that the z axis of an object points down, to ``within`` rad."""
    return math.pi - compute_tilt(after.frames[thing]) <= within


@term("check")
def displaced_to(after: State, thing: Movable, to: Frame, within: Distance) -> bool:
    """Test that an object is at most ``within`` metres from a frame along the table."""
    x, y, _ = vectors.subtract(after.position(thing), after.position(to))
    return math.hypot(x, y) <= within


@term("check")
def ordered(after: State, things: tuple[Thing, ...], axis: Axis, gap: Metres = 0.0) -> bool:
    """Test that each object lies at least ``gap`` metres further along an axis of the world than the one before."""
    places = [after.position(thing)["xyz".index(axis)] for thing in things]
    return all(b - a >= gap for a, b in pairwise(places))


@term("check")
def coverage_above(after: State, thing: Thing, region: RegionName, share: Share) -> bool:
    """Test that an object covers at least this share of the area of a region."""
    return compute_coverage(after, thing, region) >= share


def count_inside(state: State, things: tuple[Thing, ...], region: RegionName) -> int:
    """Count the objects whose centres lie inside a region."""
    return sum(1 for thing in things if inside(state, thing, region))


def compute_coverage(state: State, thing: Thing, region: RegionName) -> float:
    """Compute the share of the area of a region that an object covers, seen from above."""
    footprints = state.object_shapes[thing].footprint, state.regions[region].footprint
    return _compute_covered_share(*footprints, state.frames[thing], state.frames[region])


@lru_cache(maxsize=16)
def _compute_covered_share(body: Footprint, area: Footprint, body_pose: Pose, area_pose: Pose) -> float:
    """Compute the share of an area that a body covers; reward and success of a step ask for the same poses."""
    x, y, _ = vectors.subtract(area_pose.position, body_pose.position)
    points = transform_points(rotation_from_quaternion(area_pose.rotation), area.grid) + np.array([x, y])
    (a, b), (c, d) = rotation_from_quaternion(body_pose.rotation)[:2, :2].tolist()
    determinant = a * d - b * c
    if abs(determinant) < MIN_PROJECTION:
        return 0.0
    inverse = np.array([[d, -b], [-c, a]]) / determinant
    covered = body.contains(transform_points(inverse, points))
    return float(np.count_nonzero(covered)) / len(area.grid)


def compute_tilt(pose: Pose) -> float:
    """Compute the angle between the z axis of a frame and the vertical, rad."""
    x, y, _, _ = pose.rotation
    return math.acos(max(-1.0, min(1.0, 1.0 - 2.0 * (x * x + y * y))))


def compute_half_height(state: State, thing: str) -> float:
    """Compute half the height of an object in its present orientation, m."""
    x, y, z, w = state.frames[thing].rotation
    row = (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y))
    extents = state.object_shapes[thing].extents
    return 0.5 * sum_in_order(abs(part) * edge for part, edge in zip(row, extents, strict=True))


def _compute_local_position(state: State, thing: Thing, region: RegionName) -> Vec3:
    """Compute the position of an object in the frame of a region, m."""
    frame = state.frames[region]
    return vectors.rotate_inverse(frame.rotation, vectors.subtract(state.position(thing), frame.position))
