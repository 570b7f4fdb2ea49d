"""Forward and inverse kinematics of one arm, compiled, apart from the physics engine.

The engine's own inverse kinematics reads the joints of the body that it moves and leaves joint limits (see the
measurements in the documentation), so a chain of plain arrays does it here: damped least squares, clipped to the joint
limits, with the posture pulled towards home in the null space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mygym_lite.spec.robot import ArmModel, RobotModel
from mygym_lite.spec.state import Motion, Pose

Array = NDArray[np.float64]


@njit(cache=True)  # type: ignore[untyped-decorator]
def _forward(q, origins, rotations, axes, sliding, tip, tip_rotation, at, turn):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill ``at`` (n + 1 origins of joints and tip) and ``turn`` (n + 1 orientations) in the world."""
    p, r = np.zeros(3), np.eye(3)
    for i in range(len(q)):
        p = p + r @ origins[i]
        r = r @ rotations[i]
        x, y, z = axes[i]
        at[i], turn[i] = p, r
        if sliding[i]:
            p = p + r @ (axes[i] * q[i])
            continue
        c, s = np.cos(q[i]), np.sin(q[i])
        k = 1.0 - c
        r = r @ np.array(
            [
                [c + x * x * k, x * y * k - z * s, x * z * k + y * s],
                [y * x * k + z * s, c + y * y * k, y * z * k - x * s],
                [z * x * k - y * s, z * y * k + x * s, c + z * z * k],
            ]
        )
    at[len(q)], turn[len(q)] = p + r @ tip, r @ tip_rotation


@njit(cache=True)  # type: ignore[untyped-decorator]
def _jacobian(at, turn, axes, sliding, jac):  # type: ignore[no-untyped-def]  # pragma: no cover
    n = len(axes)
    for i in range(n):
        axis = turn[i] @ axes[i]
        if sliding[i]:
            jac[:3, i], jac[3:, i] = axis, 0.0
        else:
            jac[:3, i], jac[3:, i] = np.cross(axis, at[n] - at[i]), axis


@njit(cache=True)  # type: ignore[untyped-decorator]
def _quaternion(r):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Quaternion (x, y, z, w), w not negative."""
    q = np.empty(4)
    trace = r[0, 0] + r[1, 1] + r[2, 2]
    if trace > 0:
        s = 2.0 * np.sqrt(trace + 1.0)
        q[0], q[1], q[2], q[3] = (r[2, 1] - r[1, 2]) / s, (r[0, 2] - r[2, 0]) / s, (r[1, 0] - r[0, 1]) / s, s / 4
    else:
        i = 0
        if r[1, 1] > r[0, 0]:
            i = 1
        if r[2, 2] > r[i, i]:
            i = 2
        j, k = (i + 1) % 3, (i + 2) % 3
        s = 2.0 * np.sqrt(1.0 + r[i, i] - r[j, j] - r[k, k])
        q[i], q[j], q[k] = s / 4, (r[i, j] + r[j, i]) / s, (r[i, k] + r[k, i]) / s
        q[3] = (r[k, j] - r[j, k]) / s
    return q if q[3] >= 0 else -q


@njit(cache=True)  # type: ignore[untyped-decorator]
def _pose_and_twist(q, speeds, origins, rotations, axes, sliding, tip, tip_rotation):  # type: ignore[no-untyped-def]  # pragma: no cover
    n = len(q)
    at, turn, jac = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3)), np.empty((6, n))
    _forward(q, origins, rotations, axes, sliding, tip, tip_rotation, at, turn)
    _jacobian(at, turn, axes, sliding, jac)
    out = np.empty(13)
    out[:3], out[3:7], out[7:] = at[n], _quaternion(turn[n]), jac @ speeds
    return out


@njit(cache=True)  # type: ignore[untyped-decorator]
def _solve(q, goal, goal_rotation, orient, iterations, damping, home, pull, lower, upper, arm):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Damped least squares; joints that a step would push over a limit stay there for that step."""
    origins, rotations, axes, sliding, tip, tip_rotation = arm
    n = len(q)
    at, turn, jac = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3)), np.empty((6, n))
    q, rows = q.copy(), 6 if orient else 3
    error = np.zeros(6)
    for _ in range(iterations):
        _forward(q, origins, rotations, axes, sliding, tip, tip_rotation, at, turn)
        error[:3] = goal - at[n]
        delta = goal_rotation @ turn[n].T
        vector = np.array([delta[2, 1] - delta[1, 2], delta[0, 2] - delta[2, 0], delta[1, 0] - delta[0, 1]])
        sine, cosine = 0.5 * np.sqrt(np.sum(vector**2)), 0.5 * (np.trace(delta) - 1.0)
        error[3:] = vector * (0.5 if sine < 1e-9 else 0.5 * np.arctan2(sine, cosine) / sine)
        if np.sum(error[:3] ** 2) < 1e-10 and (not orient or np.sum(error[3:] ** 2) < 1e-8) and pull == 0.0:
            break
        _jacobian(at, turn, axes, sliding, jac)
        free = np.ones(n)
        step = np.zeros(n)
        for _ in range(3):
            j = jac[:rows] * free
            gram = j @ j.T + damping * np.eye(rows)
            wish = pull * (home - q) * free
            step = j.T @ np.linalg.solve(gram, error[:rows] - j @ wish) + wish
            over = False
            for i in range(n):
                if free[i] > 0 and (q[i] + step[i] < lower[i] or q[i] + step[i] > upper[i]):
                    free[i], over = 0.0, True
            if not over:
                break
        for i in range(n):
            q[i] = min(max(q[i] + min(max(step[i], -0.3), 0.3), lower[i]), upper[i])
    return q


@dataclass(frozen=True)
class Kinematics:
    """Kinematics of an arm whose robot stands where its file says."""

    arm: tuple[Array, Array, Array, NDArray[np.bool_], Array, Array]
    home: Array
    lower: Array
    upper: Array

    def pose_and_motion(self, joints: Array, speeds: Array) -> tuple[Pose, Motion]:
        """Where the palm frame is and how it moves."""
        x = _pose_and_twist(joints, speeds, *self.arm).tolist()
        return Pose(tuple(x[:3]), tuple(x[3:7])), Motion(tuple(x[7:10]), tuple(x[10:]))

    def solve(
        self, start: Array, position: Array, rotation: Array | None, iterations: int = 40, pull: float = 0.02
    ) -> Array:
        """Joints within their limits that bring the palm nearest to a pose (or, without rotation, a position).

        Args:
            start: Joints to begin from, rad; the solution stays close to them.
            position: Of the palm frame in the world, m.
            rotation: Of the palm frame, a 3x3 matrix, or None where only the position counts.
            iterations: Newton steps at most.
            pull: How strongly spare motion draws towards the home posture, per step.
        """
        turned = np.eye(3) if rotation is None else rotation
        solved: Array = _solve(
            start, position, turned, rotation is not None, iterations, 1e-5, self.home, pull, self.lower, self.upper,
            self.arm,
        )  # fmt: skip
        return solved


def kinematics(robot: RobotModel, arm: ArmModel) -> Kinematics:
    """The kinematics of an arm in the world frame."""
    chain = arm.chain
    c, s = np.cos(robot.yaw), np.sin(robot.yaw)
    base = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    origins, rotations = chain.origins.copy(), chain.rotations.copy()
    origins[0] = np.array(robot.position) + base @ origins[0]
    rotations[0] = base @ rotations[0]
    arrays = (origins, rotations, chain.axes, chain.sliding, chain.tip_position, chain.tip_rotation)
    return Kinematics(
        tuple(np.ascontiguousarray(a) for a in arrays),  # type: ignore[arg-type]
        np.array(arm.home), np.array(arm.lower), np.array(arm.upper),
    )  # fmt: skip
