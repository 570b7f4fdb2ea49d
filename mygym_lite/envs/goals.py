"""Goals as vectors: how a frame and its motion are encoded, and when an achieved goal meets a desired one."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.footprint import Footprint, compute_covered_shares
from mygym_lite.config.state import Motion, Pose, State
from mygym_lite.envs.goal_conditions import GoalTolerances
from mygym_lite.terms import vectors

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
_METRES_PER_RADIAN = 0.1  # weight of a rotation error in shaped rewards
_SHARE_MARGIN = 1e-9  # of an area; a share is a ratio of counts, and its threshold 1 minus another number


class Goal(ABC):
    """Goal of a frame that has to reach another one: the encoded pose, then the speeds if it has to be at rest.

    Args:
        tolerances: Tolerances of the goal.
    """

    pose_size: int
    """Size of the encoded pose."""

    def __init__(self, tolerances: GoalTolerances) -> None:
        self.tolerances = tolerances
        self._has_speeds = tolerances.speed is not None

    @property
    def size(self) -> int:
        """Size of a goal."""
        return self.pose_size + (2 if self._has_speeds else 0)

    def encode_achieved(self, state: State) -> NDArray[np.float32]:
        """Encode the pose of the frame and its speeds, m/s and rad/s."""
        speeds = _measure_speeds(state.motions[self.tolerances.of]) if self._has_speeds else ()
        return np.array((*self.encode_pose(state.frames[self.tolerances.of]), *speeds), dtype=np.float32)

    def encode_desired(self, state: State) -> NDArray[np.float32]:
        """Encode the pose to reach, at rest."""
        speeds = (0.0, 0.0) if self._has_speeds else ()
        return np.array((*self.encode_pose(state.frames[self.tolerances.to]), *speeds), dtype=np.float32)

    def is_met(self, achieved: Array, desired: Array, state: State) -> Flags:
        """Test achieved goals (..., size) against desired ones; the speeds of a desired goal have no effect.

        Args:
            achieved: Achieved goals.
            desired: Desired goals.
            state: State of the episode, for the footprints.
        """
        met = self._is_pose_met(achieved, desired, state)
        if self.tolerances.speed is None or self.tolerances.turn_rate is None:
            return met
        speed, turn_rate = achieved[..., self.pose_size], achieved[..., self.pose_size + 1]
        return np.asarray(met & (speed < self.tolerances.speed) & (turn_rate < self.tolerances.turn_rate))

    def compute_error(self, achieved: Array, desired: Array) -> Array:
        """Compute the distance, plus 0.1 m for each radian between the orientations, m."""
        distance, angle = self._compute_errors(achieved, desired)
        return np.asarray(distance + _METRES_PER_RADIAN * angle)

    @abstractmethod
    def encode_pose(self, pose: Pose) -> tuple[float, ...]:
        """Encode a pose as ``pose_size`` numbers."""

    @abstractmethod
    def _is_pose_met(self, achieved: Array, desired: Array, state: State) -> Flags:
        """Test the encoded poses."""

    @abstractmethod
    def _compute_errors(self, achieved: Array, desired: Array) -> tuple[Array, Array]:
        """Compute distance, m, and angle, rad."""


class PoseGoal(Goal):
    """Position, followed by the x and z axes if the orientation matters."""

    def __init__(self, tolerances: GoalTolerances) -> None:
        super().__init__(tolerances)
        self.pose_size = 3 if tolerances.angle is None else 9

    def encode_pose(self, pose: Pose) -> tuple[float, ...]:
        """Encode position and axes."""
        axes = () if self.tolerances.angle is None else vectors.compute_axes(pose.rotation)
        return (*pose.position, *axes)

    def _is_pose_met(self, achieved: Array, desired: Array, _state: State) -> Flags:
        tolerances = self.tolerances
        distance, angle = self._compute_errors(achieved, desired)
        met = angle <= (np.inf if tolerances.angle is None else tolerances.angle)
        if tolerances.position is not None:
            met &= distance <= tolerances.position
        if tolerances.horizontal is not None:
            met &= np.linalg.norm(achieved[..., :2] - desired[..., :2], axis=-1) <= tolerances.horizontal
        return np.asarray(met)

    def _compute_errors(self, achieved: Array, desired: Array) -> tuple[Array, Array]:
        axes = 2 if self.tolerances.position is None else 3
        distance = np.linalg.norm(achieved[..., :axes] - desired[..., :axes], axis=-1)
        if self.tolerances.angle is None:
            return distance, np.zeros_like(distance)
        return distance, _compute_angle(achieved[..., 3:9], desired[..., 3:9])


class CoverageGoal(Goal):
    """Place on the table and yaw, as x, y, cos, sin; it is met if the object covers enough of the region."""

    pose_size = 4

    def encode_pose(self, pose: Pose) -> tuple[float, ...]:
        """Encode x, y, and the direction of the x axis seen from above, which is the cosine and sine of the yaw."""
        x, y, *_ = vectors.compute_axes(pose.rotation)
        length = math.hypot(x, y) or 1.0
        return (*pose.position[:2], x / length, y / length)

    def _is_pose_met(self, achieved: Array, desired: Array, state: State) -> Flags:
        body: Footprint = state.object_shapes[self.tolerances.of].footprint
        area: Footprint = state.regions[self.tolerances.to].footprint
        shape = np.broadcast_shapes(achieved.shape, desired.shape)[:-1]
        a, d = (
            np.broadcast_to(goals, (*shape, goals.shape[-1]))[..., :4].reshape(-1, 4) for goals in (achieved, desired)
        )
        shares = compute_covered_shares(body, area, a, d).reshape(shape)
        assert self.tolerances.uncovered is not None
        return np.asarray(shares >= 1.0 - self.tolerances.uncovered - _SHARE_MARGIN)

    def _compute_errors(self, achieved: Array, desired: Array) -> tuple[Array, Array]:
        distance = np.linalg.norm(achieved[..., :2] - desired[..., :2], axis=-1)
        (ax, ay), (dx, dy) = ((goals[..., 2], goals[..., 3]) for goals in (achieved, desired))
        return distance, np.abs(np.arctan2(dx * ay - dy * ax, ax * dx + ay * dy))


def make_goal(tolerances: GoalTolerances) -> Goal:
    """Make the goal of these tolerances."""
    return PoseGoal(tolerances) if tolerances.uncovered is None else CoverageGoal(tolerances)


def _measure_speeds(motion: Motion) -> tuple[float, float]:
    return math.hypot(*motion.linear), math.hypot(*motion.angular)


def _compute_angle(a: Array, b: Array) -> Array:
    """Compute the angle between orientations given by their x and z axes, rad."""
    ya, yb = np.cross(a[..., 3:], a[..., :3]), np.cross(b[..., 3:], b[..., :3])
    trace = np.sum(a * b, axis=-1) + np.sum(ya * yb, axis=-1)
    angle: Array = np.arccos(np.clip(0.5 * (trace - 1.0), -1.0, 1.0))
    return angle
