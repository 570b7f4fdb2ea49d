"""Goals of pushes: the distance of an object on the surface from a place or a pose."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from mygym_lite.config.region import RegionShape
from mygym_lite.config.state import State
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.push_planning import compute_centroid, rotate
from mygym_lite.terms import Thing, relations, vectors
from mygym_lite.terms.registry import RegionName

_INNER_SHARE = 0.4  # share of the size of a region within which the object may rest
_TURN_COST = 0.04  # m per rad
_COVERAGE_MARGIN = 0.015  # share of the area beyond that which the task asks for


class PushGoal(Protocol):
    """Goal of a push."""

    def compute_errors(self, state: State, thing: str, centres: Array, yaws: Array, /) -> Array:
        """Compute the distance of each pose, a centroid (..., 2) and a yaw (...), from the goal, m."""

    def is_reached(self, state: State, thing: str) -> bool:
        """Test that the object need not be pushed further."""


class PlaceGoal:
    """Goal that the centre of an object lies close to a frame."""

    def __init__(self, frame: str, tolerance: float) -> None:
        self._frame, self._tolerance = frame, tolerance

    def compute_errors(self, state: State, thing: str, centres: Array, yaws: Array) -> Array:
        """Compute the horizontal distances from the frame; turns on the way count as well, as they are uncertain."""
        centroid = compute_centroid(state.object_shapes[thing].footprint)
        c, s = np.cos(yaws), np.sin(yaws)
        shift = np.stack([c * centroid[0] - s * centroid[1], s * centroid[0] + c * centroid[1]], axis=-1)
        distances = np.linalg.norm(centres - shift - state.position(self._frame)[:2], axis=-1)
        turns = yaws - vectors.compute_yaw(state.frames[thing].rotation)
        errors: Array = np.hypot(distances, _TURN_COST * turns)
        return errors

    def is_reached(self, state: State, thing: str) -> bool:
        """Test that the object is within the tolerance."""
        x, y, _ = vectors.subtract(state.position(thing), state.position(self._frame))
        return bool(np.hypot(x, y) <= self._tolerance)


class PoseGoal:
    """Goal that an object covers a region of its own outline, measured at points that move with the object."""

    def __init__(self, region: str, share: float) -> None:
        self._region, self._share = region, share

    def compute_errors(self, state: State, _thing: str, centres: Array, yaws: Array) -> Array:
        """Compute the root mean square distance of the points of the object from their places."""
        frame, shape = state.frames[self._region], state.regions[self._region]
        area = shape.footprint.grid
        goal_yaw = vectors.compute_yaw(frame.rotation)
        middle = compute_centroid(shape.footprint)
        goal = np.array(frame.position[:2]) + rotate(goal_yaw) @ middle
        spread = float(np.mean(np.sum((area - middle) ** 2, axis=1)))
        # mean square distance of all points of a rigid body, about its centroid
        squares = np.sum((centres - goal) ** 2, axis=-1) + 2.0 * spread * (1.0 - np.cos(yaws - goal_yaw))
        errors: Array = np.sqrt(squares)
        return errors

    def is_reached(self, state: State, thing: str) -> bool:
        """Test that the object covers enough."""
        share = min(1.0, self._share + _COVERAGE_MARGIN)
        return relations.compute_coverage(state, Thing(thing), RegionName(self._region)) >= share


def compute_inner_radius(shape: RegionShape) -> float:
    """Compute the distance from the middle of a region at which an object may stay, m."""
    half = (shape.radius,) if shape.radius is not None else shape.half_edges or (0.02,)
    return _INNER_SHARE * min(half)
