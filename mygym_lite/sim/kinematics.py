"""Forward and inverse kinematics of one arm, compiled, apart from the physics engine.

The engine's own inverse kinematics reads the joints of the body that it moves and leaves joint limits (see the
measurements in the documentation), so a chain of plain arrays does it here: damped least squares, clipped to the joint
limits, with the posture pulled towards home in the null space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.robot import ArmModel, RobotModel
from mygym_lite.config.state import Motion, Pose
from mygym_lite.jit import exact_kernel

Array = NDArray[np.float64]
_DAMPING = 1e-5  # m²; small against the arm's lengths, so that it acts near singular postures only
_PULL = 0.02  # share of the way home that spare motion takes in each iteration
_FOLLOWING = 8  # iterations of a step along a path; it begins next to its solution


@exact_kernel
def _forward(q, chain, at, turn):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill ``at`` (n + 1 origins of joints and tip) and ``turn`` (n + 1 orientations) in the world.

    A row of ``chain`` holds a joint's origin (3), its rotation (9), its axis (3) and whether it slides; the last row
    is the tip. Products of such small matrices are written out, since calling a library for them costs more than they
    do.
    """
    n = len(q)
    p, r, moved = np.zeros(3), np.eye(3), np.empty((3, 3))
    for i in range(n + 1):
        link = chain[i]
        for j in range(3):
            at[i, j] = p[j] + r[j, 0] * link[0] + r[j, 1] * link[1] + r[j, 2] * link[2]
            for k in range(3):
                turn[i, j, k] = r[j, 0] * link[3 + k] + r[j, 1] * link[6 + k] + r[j, 2] * link[9 + k]
        if i == n:
            break
        x, y, z = link[12], link[13], link[14]
        for j in range(3):
            p[j] = at[i, j]
        if link[15] > 0.0:
            for j in range(3):
                p[j] += (turn[i, j, 0] * x + turn[i, j, 1] * y + turn[i, j, 2] * z) * q[i]
            for j in range(3):
                for k in range(3):
                    r[j, k] = turn[i, j, k]
            continue
        c, s = np.cos(q[i]), np.sin(q[i])
        k1 = 1.0 - c
        moved[0, 0], moved[0, 1], moved[0, 2] = c + x * x * k1, x * y * k1 - z * s, x * z * k1 + y * s
        moved[1, 0], moved[1, 1], moved[1, 2] = y * x * k1 + z * s, c + y * y * k1, y * z * k1 - x * s
        moved[2, 0], moved[2, 1], moved[2, 2] = z * x * k1 - y * s, z * y * k1 + x * s, c + z * z * k1
        for j in range(3):
            for k in range(3):
                r[j, k] = turn[i, j, 0] * moved[0, k] + turn[i, j, 1] * moved[1, k] + turn[i, j, 2] * moved[2, k]


@exact_kernel
def _jacobian(at, turn, chain, jac):  # type: ignore[no-untyped-def]  # pragma: no cover
    n = len(chain) - 1
    for i in range(n):
        link, r = chain[i], turn[i]
        x = r[0, 0] * link[12] + r[0, 1] * link[13] + r[0, 2] * link[14]
        y = r[1, 0] * link[12] + r[1, 1] * link[13] + r[1, 2] * link[14]
        z = r[2, 0] * link[12] + r[2, 1] * link[13] + r[2, 2] * link[14]
        if link[15] > 0.0:
            jac[0, i], jac[1, i], jac[2, i], jac[3, i], jac[4, i], jac[5, i] = x, y, z, 0.0, 0.0, 0.0
        else:
            a, b, c = at[n, 0] - at[i, 0], at[n, 1] - at[i, 1], at[n, 2] - at[i, 2]
            jac[0, i], jac[1, i], jac[2, i] = y * c - z * b, z * a - x * c, x * b - y * a
            jac[3, i], jac[4, i], jac[5, i] = x, y, z


@exact_kernel
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


@exact_kernel
def _pose_and_twist(q, speeds, chain):  # type: ignore[no-untyped-def]  # pragma: no cover
    n = len(q)
    at, turn, jac = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3)), np.empty((6, n))
    _forward(q, chain, at, turn)
    _jacobian(at, turn, chain, jac)
    out = np.zeros(13)
    rotation = _quaternion(turn[n])
    for j in range(3):
        out[j] = at[n, j]
    for j in range(4):
        out[3 + j] = rotation[j]
    for j in range(6):
        for i in range(n):
            out[7 + j] += jac[j, i] * speeds[i]
    return out


POSE_KERNEL = _pose_and_twist
"""The kernel that reads the palm's pose in every episode: if it is compiled, an episode has been run here."""


@exact_kernel
def _solve(q, goal, goal_rotation, orient, iterations, damping, home, pull, lower, upper, chain):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Damped least squares; joints that a step would push over a limit stay there for that step."""
    n = len(q)
    at, turn, jac = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3)), np.empty((6, n))
    q, rows = q.copy(), 6 if orient else 3
    error = np.zeros(6)
    for _ in range(iterations):
        _forward(q, chain, at, turn)
        error[:3] = goal - at[n]
        delta = goal_rotation @ turn[n].T
        vector = np.array([delta[2, 1] - delta[1, 2], delta[0, 2] - delta[2, 0], delta[1, 0] - delta[0, 1]])
        sine, cosine = 0.5 * np.sqrt(np.sum(vector**2)), 0.5 * (np.trace(delta) - 1.0)
        error[3:] = vector * (0.5 if sine < 1e-9 else 0.5 * np.arctan2(sine, cosine) / sine)
        if np.sum(error[:3] ** 2) < 1e-10 and (not orient or np.sum(error[3:] ** 2) < 1e-8) and pull == 0.0:
            break
        _jacobian(at, turn, chain, jac)
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


@exact_kernel
def _rotation_vector(r):  # type: ignore[no-untyped-def]  # pragma: no cover
    vector = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    sine, cosine = 0.5 * np.sqrt(np.sum(vector**2)), 0.5 * (np.trace(r) - 1.0)
    return vector * (0.5 if sine < 1e-9 else 0.5 * np.arctan2(sine, cosine) / sine)


@exact_kernel
def _turned(vector):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Rotation matrix of a rotation vector."""
    angle = np.sqrt(np.sum(vector**2))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)


@exact_kernel
def _shortened(vector, longest):  # type: ignore[no-untyped-def]  # pragma: no cover
    length = np.sqrt(np.sum(vector**2))
    return vector if length <= longest else vector * (longest / length)


@exact_kernel
def _follow(start, here, wanted, wanted_turn, most, steps, home, lower, upper, chain):  # type: ignore[no-untyped-def]  # pragma: no cover
    """One action of following a wanted pose: joint targets, and the wanted pose drawn back to what they reach."""
    n = len(start)
    q = _solve(start, wanted, wanted_turn, True, _FOLLOWING, _DAMPING, home, _PULL, lower, upper, chain)
    lead = 2.0 * np.max(most)
    for i in range(n):
        q[i] = min(max(q[i], start[i] - most[i]), start[i] + most[i])
        q[i] = max(lower[i], min(upper[i], max(here[i] - lead, min(here[i] + lead, q[i]))))
    at, turn = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3))
    _forward(q, chain, at, turn)
    reached = np.ascontiguousarray(turn[n])
    missing = _rotation_vector(wanted_turn @ reached.T)
    return q, at[n] + _shortened(wanted - at[n], steps[0]), _turned(_shortened(missing, steps[1])) @ reached


@dataclass(frozen=True)
class Kinematics:
    """Kinematics of an arm whose robot stands where its file says."""

    chain: Array  # a row a joint and one for the palm, as the compiled functions want it
    home: Array
    lower: Array
    upper: Array

    def compute_pose_and_motion(self, joints: Array, speeds: Array) -> tuple[Pose, Motion]:
        """Where the palm frame is and how it moves."""
        x = _pose_and_twist(joints, speeds, self.chain).tolist()
        return Pose(tuple(x[:3]), tuple(x[3:7])), Motion(tuple(x[7:10]), tuple(x[10:]))

    def solve(
        self, start: Array, position: Array, rotation: Array | None, iterations: int = 40, pull: float = _PULL
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
            start, position, turned, rotation is not None, iterations, _DAMPING, self.home, pull, self.lower,
            self.upper, self.chain,
        )  # fmt: skip
        return solved

    def follow(
        self, start: Array, joints: Array, target: tuple[Array, Array], max_step: Array, max_lead: tuple[float, float]
    ) -> tuple[Array, Array, Array]:
        """Joint targets that follow a wanted palm pose for one action, and the pose that stays wanted.

        Args:
            start: The joint targets so far, rad.
            joints: Where the joints are, rad; targets keep within two actions of them.
            target: Position, m, and rotation matrix of the palm frame.
            max_step: What each joint may turn in one action, rad.
            max_lead: How far the wanted pose may be ahead of the targets' own, m and rad.
        """
        targets, position, rotation = _follow(
            start, joints, *target, max_step, max_lead, self.home, self.lower, self.upper, self.chain
        )
        return targets, position, rotation


def build_kinematics(robot: RobotModel, arm: ArmModel) -> Kinematics:
    """The kinematics of an arm in the world frame."""
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
