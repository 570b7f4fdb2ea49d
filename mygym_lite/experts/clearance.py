"""Clearance between the hand and the objects beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mygym_lite.config.state import State
from mygym_lite.experts.inputs import Array
from mygym_lite.terms import relations, vectors

_HAND_RADIUS = 0.12  # m around the palm in which objects are in its way
_WALL_GAP = 0.09  # m beside a fixed object in which the open hand would touch it
_ARRIVED = 0.03  # m
_SLACK = 0.03  # m below its height at which the palm crosses a wall
_CLEAR = 0.11  # m from the palm to the top of an object beside which the hand may move sideways


def compute_top(state: State, thing: str) -> float:
    """Compute the height of the top of an object, m."""
    return state.position(thing)[2] + relations.compute_half_height(state, thing)


def is_hand_between_objects(state: State, thing: str) -> bool:
    """Return True if the hand would touch another object than ``thing`` on its way sideways."""
    own_gap = _compute_gap(state, thing)
    others = (name for name in state.object_shapes if name != thing)
    return any(_is_hand_beside(state, name) and _compute_gap(state, name) < own_gap for name in others)


def is_hand_beside_objects(state: State) -> bool:
    """Return True if the hand is beside or inside any object."""
    return any(_is_hand_beside(state, name) for name in state.object_shapes)


def plan_detour(state: State, point: Array, walls: Sequence[str]) -> Array | None:
    """Plan a palm position on the way over walls to a point: up, then across; None if no wall is near, m."""
    x, y, z = state.position("palm")
    if math.dist((x, y), point[:2]) < _ARRIVED:
        return None
    for wall in walls:
        height = compute_top(state, wall) + _CLEAR
        if _compute_gap(state, wall) < _WALL_GAP and point[2] < height:
            return np.array([x, y, height]) if z < height - _SLACK else np.array([*point[:2], height])
    return None


def _is_hand_beside(state: State, name: str) -> bool:
    return state.position("palm")[2] < compute_top(state, name) + _CLEAR and _compute_gap(state, name) < _HAND_RADIUS


def _compute_gap(state: State, name: str) -> float:
    """Compute the horizontal distance from the palm to the bounding rectangle of an object, m."""
    pose, extents = state.frames[name], state.object_shapes[name].extents
    x, y, _ = vectors.subtract(state.position("palm"), pose.position)
    local = vectors.rotate_inverse(pose.rotation, (x, y, 0.0))
    beyond = [max(0.0, abs(at) - 0.5 * edge) for at, edge in zip(local[:2], extents[:2], strict=True)]
    return math.hypot(*beyond)
