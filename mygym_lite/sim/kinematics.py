"""Forward and inverse kinematics of one arm, compiled and independent of the physics engine.

PyBullet's inverse kinematics depends on the current joint positions and violates joint limits. This module uses damped
least squares within the joint limits, with a null-space pull towards the home posture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.robot import ArmModel, RobotModel
from mygym_lite.config.state import Motion, Pose
from mygym_lite.sim.kinematics_kernels import DAMPING, NULL_GAIN, compute_pose_and_twist, follow, solve

Array = NDArray[np.float64]
POSE_KERNEL = compute_pose_and_twist
"""Kernel that every episode calls: if it is compiled, an episode has run on this machine."""


@dataclass(frozen=True)
class Kinematics:
    """Kinematics of an arm in the world frame."""

    chain: Array  # (n + 1, 16): rows for the joints and the palm, see ``kinematics_kernels``
    home: Array
    lower: Array
    upper: Array

    @property
    def _arm(self) -> tuple[Array, ...]:
        return self.home, self.lower, self.upper, self.chain

    def compute_pose_and_motion(self, joints: Array, speeds: Array) -> tuple[Pose, Motion]:
        """Compute the pose and the velocity of the palm frame."""
        x = compute_pose_and_twist(joints, speeds, self.chain).tolist()
        return Pose(tuple(x[:3]), tuple(x[3:7])), Motion(tuple(x[7:10]), tuple(x[10:]))

    def solve(
        self, start: Array, position: Array, rotation: Array | None, iterations: int = 40, pull: float = NULL_GAIN
    ) -> Array:
        """Solve inverse kinematics within the joint limits for a palm pose or, without rotation, a position.

        Args:
            start: Initial joint positions, rad; the solution stays close to them.
            position: Position of the palm frame in the world, m.
            rotation: Rotation matrix of the palm frame, or None to solve for the position only.
            iterations: Maximum number of iterations.
            pull: Null-space gain towards the home posture, per iteration.
        """
        goal_rotation = np.eye(3) if rotation is None else rotation
        target = (position, goal_rotation, rotation is not None)
        solution: Array = solve(start, target, (iterations, DAMPING, pull), self._arm)
        return solution

    def follow(
        self, start: Array, joints: Array, target: tuple[Array, Array], max_step: Array, max_lead: tuple[float, float]
    ) -> tuple[Array, Array, Array]:
        """Compute joint targets that follow a target palm pose for one action, and the limited target pose.

        Args:
            start: Current joint targets, rad.
            joints: Current joint positions, rad; targets stay within two actions of them.
            target: Position, m, and rotation matrix of the palm frame.
            max_step: Maximum motion of each joint per action, rad.
            max_lead: Maximum lead of the target pose over the pose of the joint targets, m and rad.
        """
        targets, position, rotation = follow(start, joints, target, (max_step, max_lead), self._arm)
        return targets, position, rotation


def build_kinematics(robot: RobotModel, arm: ArmModel) -> Kinematics:
    """Build the kinematics of an arm in the world frame."""
    chain = arm.chain
    c, s = np.cos(robot.yaw), np.sin(robot.yaw)
    base = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    origins, rotations = chain.origins.copy(), chain.rotations.copy()
    origins[0] = np.array(robot.position) + base @ origins[0]
    rotations[0] = base @ rotations[0]
    rows = np.zeros((len(origins) + 1, 16))
    rows[:-1, :3], rows[:-1, 3:12] = origins, rotations.reshape(-1, 9)
    rows[:-1, 12:15], rows[:-1, 15] = chain.axes, chain.sliding
    rows[-1, :3], rows[-1, 3:12] = chain.tip_position, chain.tip_rotation.reshape(9)
    return Kinematics(rows, np.array(arm.home), np.array(arm.lower), np.array(arm.upper))
