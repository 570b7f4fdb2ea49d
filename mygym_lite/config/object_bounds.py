"""Footprints and height ranges of objects that stand upright, and the frame of their top."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.objects import load_object
from mygym_lite.config.task import ObjectConfig, Vec2


def compute_corners(thing: ObjectConfig) -> np.ndarray:
    """Compute the four corners of the footprint in the world frame, m."""
    x, y, _ = (0.5 * thing.size * edge for edge in load_object(thing.model).extents)
    c, s = math.cos(thing.yaw), math.sin(thing.yaw)
    box = np.array([[x, y], [-x, y], [-x, -y], [x, -y]])
    corners: np.ndarray = box @ np.array([[c, s], [-s, c]]) + np.array(thing.initial_position[:2])
    return corners


def compute_radius(thing: ObjectConfig) -> float:
    """Compute the radius of the circle around the footprint, m."""
    return load_object(thing.model).footprint_radius * thing.size


def compute_gap(x: float, y: float, radius: float, other: ObjectConfig) -> float:
    """Compute the gap, m, between a circle and the circle around the footprint of an object."""
    other_x, other_y, _ = other.initial_position
    return math.hypot(x - other_x, y - other_y) - radius - compute_radius(other)


def compute_top(thing: ObjectConfig) -> float:
    """Compute the height of the highest point above the surface of the workspace, m."""
    return thing.position[2] + thing.size * load_object(thing.model).extents[2]


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
