"""Orientations of objects: the goal, and the rotation that is missing from another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_vector
from mygym_lite.config.state import State
from mygym_lite.experts.inputs import Array

UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class OrientationGoal:
    """Goal orientation of an object."""

    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """Axis of the object that has to point up, if any rotation about the vertical will do."""
    frame: str | None = None
    """Frame whose orientation the object has to take."""

    def compute_rotation(self, state: State) -> Array | None:
        """Compute the goal orientation; None if any rotation about the vertical will do."""
        return None if self.frame is None else rotation_from_quaternion(state.frames[self.frame].rotation)

    def compute_up(self, state: State) -> Array:
        """Compute the axis that has to point up, in the object frame."""
        rotation = self.compute_rotation(state)
        return np.array(self.up) if rotation is None else rotation.T @ UP

    def compute_error(self, state: State, name: str) -> float:
        """Compute the angle between the present and the goal orientation, rad."""
        present, rotation = rotation_from_quaternion(state.frames[name].rotation), self.compute_rotation(state)
        if rotation is None:
            return compute_angle_between(present @ np.array(self.up), UP)
        return compute_rotation_angle(present, rotation)


def compute_straightening(up: Array) -> Array:
    """Compute the smallest rotation that brings a direction to the vertical."""
    axis = np.cross(up, UP)
    length = float(np.linalg.norm(axis))
    return np.eye(3) if length < 1e-6 else rotation_from_vector(axis * (compute_angle_between(up, UP) / length))


def compute_yaw_between(a: Array, b: Array) -> float:
    """Compute the rotation about the vertical from one orientation to another, rad."""
    turn = b @ a.T
    return math.atan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1])


def compute_angle_between(a: Array, b: Array) -> float:
    """Compute the angle between two unit vectors, rad."""
    return math.acos(max(-1.0, min(1.0, float(a @ b))))


def compute_rotation_angle(a: Array, b: Array) -> float:
    """Compute the angle between two orientations, rad."""
    return math.acos(max(-1.0, min(1.0, 0.5 * (float(np.trace(a.T @ b)) - 1.0))))
