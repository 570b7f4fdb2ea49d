"""Turns of an object on the table: the rotation that one grasp can give it on the way to its goal orientation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.objects import ObjectModel
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_rpy, rotation_from_vector
from mygym_lite.config.state import State
from mygym_lite.experts.body_grasps import iterate_closing_directions
from mygym_lite.experts.inputs import Array

_UP = np.array([0.0, 0.0, 1.0])
_LEVEL = 0.35  # rad; an object that leans by less only has to turn about the vertical
_OVERTURNED = 2.6  # rad; an object that leans by more is turned twice
_FREE_YAWS = tuple(math.radians(sign * angle) for angle in range(0, 181, 30) for sign in (1, -1))
_ASIDE_YAWS = tuple(math.radians(angle) for angle in (60, -60, 90, -90, 120, -120, 180))


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
        return np.array(self.up) if rotation is None else rotation.T @ _UP

    def compute_error(self, state: State, name: str) -> float:
        """Compute the angle between the present and the goal orientation, rad."""
        present, rotation = rotation_from_quaternion(state.frames[name].rotation), self.compute_rotation(state)
        if rotation is None:
            return compute_angle_between(present @ np.array(self.up), _UP)
        return compute_rotation_angle(present, rotation)


@dataclass(frozen=True)
class Turn:
    """Rotation about a horizontal axis, along which the hand closes, and then about the vertical."""

    axis: Array
    angle: float
    """Rotation about the axis, rad."""
    standing: Array
    """Orientation of the object after the rotation about the axis."""
    yaws: tuple[float, ...]
    """Rotations about the vertical to choose from, best first, rad."""


def list_turns(state: State, name: str, goal: OrientationGoal, model: ObjectModel) -> list[list[Turn]]:
    """List the turns towards the goal: those that reach it, that bring it closer, and that prepare for those."""
    present = rotation_from_quaternion(state.frames[name].rotation)
    up = present @ goal.compute_up(state)
    lean = compute_angle_between(up, _UP)
    goal_rotation = goal.compute_rotation(state)
    if lean < _LEVEL:
        return _list_level_turns(present, _straighten(up) @ present, goal_rotation, model)
    if lean > _OVERTURNED:
        axes = [sign * axis for axis in iterate_closing_directions(model, present) for sign in (1.0, -1.0)]
        return [[_make_turn(present, axis, math.pi / 2, None) for axis in axes]]
    axis = np.cross(up, _UP)
    axis /= np.linalg.norm(axis)
    exact = [] if goal_rotation is None else [[_make_turn(present, axis, lean, goal_rotation)]]
    aside = [Turn(closing, 0.0, present, _ASIDE_YAWS) for closing in iterate_closing_directions(model, present)]
    return [*exact, [_make_turn(present, axis, lean, None)], aside]


def _list_level_turns(
    present: Array, standing: Array, goal_rotation: Array | None, model: ObjectModel
) -> list[list[Turn]]:
    yaw = 0.0 if goal_rotation is None else _compute_yaw_between(standing, goal_rotation)
    closer = tuple(a for a in _FREE_YAWS if abs(math.remainder(yaw - a, 2.0 * math.pi)) < abs(yaw) - 0.3)
    axes = list(iterate_closing_directions(model, present))
    return [[Turn(axis, 0.0, standing, yaws) for axis in axes] for yaws in (_spread(yaw), closer) if yaws]


def _make_turn(present: Array, axis: Array, angle: float, goal_rotation: Array | None) -> Turn:
    standing = rotation_from_vector(angle * axis) @ present
    yaws = _FREE_YAWS if goal_rotation is None else _spread(_compute_yaw_between(standing, goal_rotation))
    return Turn(axis, angle, standing, yaws)


def _spread(yaw: float) -> tuple[float, ...]:
    return yaw, yaw + 0.07, yaw - 0.07


def _straighten(up: Array) -> Array:
    """Compute the smallest rotation that brings a direction to the vertical."""
    axis = np.cross(up, _UP)
    length = float(np.linalg.norm(axis))
    return np.eye(3) if length < 1e-6 else rotation_from_vector(axis * (compute_angle_between(up, _UP) / length))


def _compute_yaw_between(a: Array, b: Array) -> float:
    turn = b @ a.T
    return math.atan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1])


def compute_angle_between(a: Array, b: Array) -> float:
    """Compute the angle between two unit vectors, rad."""
    return math.acos(max(-1.0, min(1.0, float(a @ b))))


def compute_rotation_angle(a: Array, b: Array) -> float:
    """Compute the angle between two orientations, rad."""
    return math.acos(max(-1.0, min(1.0, 0.5 * (float(np.trace(a.T @ b)) - 1.0))))


def iterate_rotations(turn: Turn) -> Iterator[Array]:
    """Iterate over the orientations of the object after the turn."""
    for yaw in turn.yaws:
        yield rotation_from_rpy((0.0, 0.0, yaw)) @ turn.standing
