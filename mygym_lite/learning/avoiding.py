"""The way around walls: over the top, where the straight way is barred."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.learning.steering import Array
from mygym_lite.spec.rotation import rotation_from_quaternion
from mygym_lite.spec.state import State

_BESIDE = 0.075  # m from the palm frame to the widest part of the hand, and a little
_BELOW = 0.07  # m from the palm frame to the fingertips, and a little


def way_around(state: State, goal: Sequence[float], walls: Sequence[str]) -> Array:
    """Where to go next: the goal, or a point on the way up, across or down to it."""
    here, there = np.array(state.position("palm")), np.array(goal)
    if not any(_bars(state, wall, here, there) for wall in walls):
        return there
    top = max(state.position(wall)[2] + 0.5 * state.forms[wall].extents[2] for wall in walls) + _BELOW
    if here[2] < top + 0.01:
        return np.array([here[0], here[1], top + 0.04])
    return np.array([there[0], there[1], top + 0.04])


def _bars(state: State, wall: str, here: Array, there: Array) -> bool:
    """Whether the hand would touch a wall on the straight way."""
    pose = state.frames[wall]
    half = 0.5 * np.array(state.forms[wall].extents) + np.array([_BESIDE, _BESIDE, _BELOW])
    share = np.linspace(0.0, 1.0, 21)[:, None]
    way = (here + share * (there - here) - np.array(pose.position)) @ rotation_from_quaternion(pose.rotation)
    return bool(np.any(np.all(np.abs(way) < half, axis=1)))
