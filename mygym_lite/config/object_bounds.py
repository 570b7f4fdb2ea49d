"""Start orientations of objects, their footprints and height ranges, and the frame of their top."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import Quaternion, Vector, quaternion_from_rpy, rotation_from_rpy
from mygym_lite.config.shape import Shape
from mygym_lite.config.task_objects import ObjectConfig, Vec2


class Bounds(NamedTuple):
    """Bounds of an object of size 1 about its origin, m, turned by roll and pitch but not by yaw."""

    low: Vector
    """Lowest corner of the bounding box."""
    high: Vector
    """Highest corner of the bounding box."""
    radius: float
    """Radius of the smallest circle around the vertical through the origin that contains it."""


def is_upright(thing: ObjectConfig) -> bool:
    """Return True if the object starts without roll and pitch."""
    return thing.roll == 0.0 == thing.pitch


def compute_rotation(thing: ObjectConfig) -> Quaternion:
    """Compute the start orientation in the world frame (quaternion x, y, z, w)."""
    if is_upright(thing):  # exact zeros, which the product of sines and cosines would give a sign
        return 0.0, 0.0, math.sin(0.5 * thing.yaw), math.cos(0.5 * thing.yaw)
    return quaternion_from_rpy((thing.roll, thing.pitch, thing.yaw))


def compute_bounds(thing: ObjectConfig) -> Bounds:
    """Compute the bounds of the collision shapes in their start orientation before yaw."""
    model = load_object(thing.geometry)
    if is_upright(thing):
        x, y, z = (0.5 * edge for edge in model.extents)
        return Bounds((-x, -y, -z), (x, y, z), model.footprint_radius)
    return _compute_tilted_bounds(model.shapes, thing.roll, thing.pitch)


@lru_cache(maxsize=256)
def _compute_tilted_bounds(shapes: tuple[Shape, ...], roll: float, pitch: float) -> Bounds:
    rows = rotation_from_rpy((roll, pitch, 0.0)).tolist()
    lows, highs, distances = [], [], []
    for points, radius in (shape.outline for shape in shapes):
        # products are written out: those of a library differ by processor in the last bit
        x, y, z = (a * points[:, 0] + b * points[:, 1] + c * points[:, 2] for a, b, c in rows)
        lows.append([axis.min() - radius for axis in (x, y, z)])
        highs.append([axis.max() + radius for axis in (x, y, z)])
        distances.append(float(np.sqrt(x * x + y * y).max()) + radius)
    low, high = np.min(lows, axis=0).tolist(), np.max(highs, axis=0).tolist()
    return Bounds(tuple(low), tuple(high), max(distances))


def compute_origin_height(thing: ObjectConfig) -> float:
    """Compute the height of the origin above the lowest point at the start, m."""
    return thing.size * -compute_bounds(thing).low[2]


def compute_corners(thing: ObjectConfig) -> np.ndarray:
    """Compute the four corners of the footprint in the world frame, m."""
    (x0, y0, _), (x1, y1, _), _ = compute_bounds(thing)
    c, s = math.cos(thing.yaw), math.sin(thing.yaw)
    box = thing.size * np.array([[x1, y1], [x0, y1], [x0, y0], [x1, y0]])
    corners: np.ndarray = box @ np.array([[c, s], [-s, c]]) + np.array(thing.initial_position[:2])
    return corners


def compute_radius(thing: ObjectConfig) -> float:
    """Compute the radius of the circle around the footprint, m."""
    return compute_bounds(thing).radius * thing.size


def compute_gap(x: float, y: float, radius: float, other: ObjectConfig) -> float:
    """Compute the gap, m, between a circle and the circle around the footprint of an object."""
    other_x, other_y, _ = other.initial_position
    return math.hypot(x - other_x, y - other_y) - radius - compute_radius(other)


def compute_top(thing: ObjectConfig) -> float:
    """Compute the height of the highest point above the surface of the workspace, m."""
    bounds = compute_bounds(thing)
    return thing.position[2] + thing.size * (bounds.high[2] - bounds.low[2])


def transform_to_world(thing: ObjectConfig, point: Vec2) -> Vec2:
    """Transform a point of the object frame, in which lengths grow with the object, to the world frame, m."""
    x, y, _ = thing.initial_position
    along, across = thing.size * point[0], thing.size * point[1]
    c, s = math.cos(thing.yaw), math.sin(thing.yaw)
    return x + c * along - s * across, y + s * along + c * across


def transform_to_object(thing: ObjectConfig, point: Vec2) -> Vec2:
    """Transform a point of the world frame to the frame of an object, in which lengths grow with the object, m."""
    x, y, _ = thing.initial_position
    c, s = math.cos(thing.yaw) / thing.size, math.sin(thing.yaw) / thing.size
    dx, dy = point[0] - x, point[1] - y
    return c * dx + s * dy, c * dy - s * dx
