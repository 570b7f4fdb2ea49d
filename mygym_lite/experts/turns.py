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
from mygym_lite.experts.orientations import (
    UP,
    OrientationGoal,
    compute_angle_between,
    compute_straightening,
    compute_yaw_between,
)

_LEVEL = 0.35  # rad; an object that leans by less only has to turn about the vertical
_OVERTURNED = 2.6  # rad; an object that leans by more is turned twice
_FREE_YAWS = tuple(math.radians(sign * angle) for angle in range(0, 181, 30) for sign in (1, -1))
_ASIDE_YAWS = tuple(math.radians(angle) for angle in (60, -60, 90, -90, 120, -120, 180))


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

    def iterate_rotations(self) -> Iterator[Array]:
        """Iterate over the orientations of the object after the turn."""
        for yaw in self.yaws:
            yield rotation_from_rpy((0.0, 0.0, yaw)) @ self.standing


def list_turns(state: State, name: str, goal: OrientationGoal, model: ObjectModel) -> list[list[Turn]]:
    """List the turns towards the goal: those that reach it, that bring it closer, and that prepare for those."""
    present = rotation_from_quaternion(state.frames[name].rotation)
    up = present @ goal.compute_up(state)
    lean = compute_angle_between(up, UP)
    goal_rotation = goal.compute_rotation(state)
    if lean < _LEVEL:
        return _list_level_turns(present, compute_straightening(up) @ present, goal_rotation, model)
    if lean > _OVERTURNED:
        axes = [sign * axis for axis in iterate_closing_directions(model, present) for sign in (1.0, -1.0)]
        return [[_make_turn(present, axis, math.pi / 2, None) for axis in axes]]
    axis = np.cross(up, UP)
    axis /= np.linalg.norm(axis)
    exact = [] if goal_rotation is None else [[_make_turn(present, axis, lean, goal_rotation)]]
    aside = [Turn(closing, 0.0, present, _ASIDE_YAWS) for closing in iterate_closing_directions(model, present)]
    return [*exact, [_make_turn(present, axis, lean, None)], aside]


def _list_level_turns(
    present: Array, standing: Array, goal_rotation: Array | None, model: ObjectModel
) -> list[list[Turn]]:
    yaw = 0.0 if goal_rotation is None else compute_yaw_between(standing, goal_rotation)
    closer = tuple(a for a in _FREE_YAWS if abs(math.remainder(yaw - a, 2.0 * math.pi)) < abs(yaw) - 0.3)
    axes = list(iterate_closing_directions(model, present))
    return [[Turn(axis, 0.0, standing, yaws) for axis in axes] for yaws in (_spread(yaw), closer) if yaws]


def _make_turn(present: Array, axis: Array, angle: float, goal_rotation: Array | None) -> Turn:
    standing = rotation_from_vector(angle * axis) @ present
    yaws = _FREE_YAWS if goal_rotation is None else _spread(compute_yaw_between(standing, goal_rotation))
    return Turn(axis, angle, standing, yaws)


def _spread(yaw: float) -> tuple[float, ...]:
    return yaw, yaw + 0.07, yaw - 0.07
