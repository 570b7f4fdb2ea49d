"""What an action means: normalised numbers to motor commands, one way per control mode."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mygym_lite.sim.robot import Arm
from mygym_lite.spec.task import RobotUse
from mygym_lite.spec.urdf import rotation_from_quaternion

Array = NDArray[np.float64]
_LEAD = 3.0  # a joint target may run this many full actions ahead of the joint, so that a blocked arm does not wind up
_CREEP = 0.05  # rad/s that a motor may always use to hold its place


def turn(vector: Array) -> Array:
    """Rotation matrix of a rotation vector."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    matrix: Array = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    return matrix


class ArmControl:
    """Turns the actions of one episode into commands of one arm and its hand."""

    def __init__(self, arm: Arm, use: RobotUse, seconds: float) -> None:
        self._arm = arm
        self._use = use
        self._seconds = seconds
        joints = len(arm.indices)
        self._arm_size = {"ee_delta": 6, "ee_translation": 3}.get(use.control, joints)
        self.targets: list[float] = [0.0] * joints
        limits = arm.kinematics
        self._bounds = (limits.lower.tolist(), limits.upper.tolist(), arm.speed_limits.tolist())

    @property
    def size(self) -> int:
        """Numbers in an action: the arm's, then the hand's."""
        return self._arm_size + (self._arm.hand.commands if self._arm.hand else 0)

    def reset(self, joints: list[float], fingers: list[float]) -> None:
        """Hold where the episode begins."""
        self.targets = list(joints)
        pose, _ = self._arm.kinematics.pose_and_motion(np.array(joints), np.zeros(len(joints)))
        self._wanted = np.array(pose.position)
        self._wanted_turn = rotation_from_quaternion(pose.rotation)
        self._arm.move_to(self.targets, [_CREEP] * len(joints))
        if self._arm.hand is not None:
            self._arm.hand.drive(self._arm.hand.closure, fingers, self._seconds)

    def apply(self, action: Array, joints: list[float], fingers: list[float]) -> None:
        """Command the motors for the time until the next action; numbers are in [-1, 1]."""
        arm, hand = action[: self._arm_size], action[self._arm_size :]
        getattr(self, f"_{self._use.control}")(arm, joints)
        if self._arm.hand is not None:
            self._arm.hand.drive([0.5 * (1.0 + a) for a in hand.tolist()], fingers, self._seconds)

    def _joint_delta(self, action: Array, joints: list[float]) -> None:
        self._aim(np.array(self.targets) + action * self._use.joint_step, joints, _LEAD * self._use.joint_step)

    def _joint_position(self, action: Array, joints: list[float]) -> None:
        k = self._arm.kinematics
        self._aim(0.5 * (k.lower + k.upper) + 0.5 * action * (k.upper - k.lower), joints, math.inf)

    def _ee_delta(self, action: Array, joints: list[float]) -> None:
        self._wanted_turn = turn(action[3:] * self._use.rotation_step) @ self._wanted_turn
        self._reach(action[:3], joints)

    def _ee_translation(self, action: Array, joints: list[float]) -> None:
        self._reach(action, joints)

    def _reach(self, action: Array, joints: list[float]) -> None:
        """Follow the wanted palm pose; it waits for a palm that cannot keep up."""
        solver = self._arm.kinematics
        start = np.array(self.targets)
        self._wanted = self._wanted + action * self._use.translation_step
        solved = solver.solve(start, self._wanted, self._wanted_turn, iterations=8)
        most = self._arm.speed_limits * self._seconds
        self._aim(np.clip(solved, start - most, start + most), joints, 2.0 * float(most.max()))
        pose, _ = solver.pose_and_motion(np.array(self.targets), np.zeros(len(joints)))
        reached = np.array(pose.position)
        self._wanted = reached + _shortened(self._wanted - reached, self._use.translation_step)
        reached_turn = rotation_from_quaternion(pose.rotation)
        missing = _vector(self._wanted_turn @ reached_turn.T)
        self._wanted_turn = turn(_shortened(missing, self._use.rotation_step)) @ reached_turn

    def _aim(self, targets: Array, joints: list[float], lead: float) -> None:
        """Drive to joint targets within the limits, no further ahead than ``lead``, at the speed that gets there in time."""
        # plain numbers: for seven joints they are faster than arrays
        self.targets, speeds = [], []
        for target, here, low, high, fastest in zip(targets.tolist(), joints, *self._bounds, strict=True):
            bounded = max(low, min(high, max(here - lead, min(here + lead, target))))
            self.targets.append(bounded)
            speeds.append(max(_CREEP, min(fastest, abs(bounded - here) / self._seconds)))
        self._arm.move_to(self.targets, speeds)

    def _joint_velocity(self, action: Array, joints: list[float]) -> None:
        self.targets = list(joints)
        self._arm.move_at((action * self._arm.speed_limits).tolist())

    def _joint_torque(self, action: Array, joints: list[float]) -> None:
        self.targets = list(joints)
        self._arm.push_with((action * np.array(self._arm.torque_limits)).tolist())


def _shortened(vector: Array, longest: float) -> Array:
    length = float(np.linalg.norm(vector))
    return vector if length <= longest else vector * (longest / length)


def _vector(rotation: Array) -> Array:
    """Rotation vector of a rotation matrix, exact up to half a turn."""
    axis = np.array([rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]])
    sine, cosine = 0.5 * float(np.linalg.norm(axis)), 0.5 * (float(np.trace(rotation)) - 1.0)
    scaled: Array = axis * (0.5 if sine < 1e-9 else 0.5 * np.arctan2(sine, cosine) / sine)
    return scaled
