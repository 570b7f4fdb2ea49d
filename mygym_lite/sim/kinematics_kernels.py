"""Compiled kernels of the kinematics of an arm: forward kinematics, and damped least squares within joint limits.

A row of ``chain`` holds a joint's origin (3), rotation (9), axis (3) and 1 if it is prismatic; the last row is the tip.
``arm`` holds the home posture, the lower and upper limits of the joints, rad, and the chain.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import exact_kernel

DAMPING = 1e-5  # m²; small against the arm's lengths: acts near singularities only
NULL_GAIN = 0.02  # share of the way home per iteration in the null space
_FOLLOW_ITERATIONS = 8  # iterations per action; each starts close to its solution


@exact_kernel
def _compute_forward_kinematics(q, chain, origins, rotations):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill the world ``origins`` (n + 1, 3) and ``rotations`` (n + 1, 3, 3) of the joints and the tip.

    Products of 3x3 matrices are written out, which is faster than a library call.
    """
    n = len(q)
    p, r, turn = np.zeros(3), np.eye(3), np.empty((3, 3))
    for i in range(n + 1):
        link = chain[i]
        for j in range(3):
            origins[i, j] = p[j] + r[j, 0] * link[0] + r[j, 1] * link[1] + r[j, 2] * link[2]
            for k in range(3):
                rotations[i, j, k] = r[j, 0] * link[3 + k] + r[j, 1] * link[6 + k] + r[j, 2] * link[9 + k]
        if i == n:
            break
        x, y, z = link[12], link[13], link[14]
        for j in range(3):
            p[j] = origins[i, j]
        if link[15] > 0.0:
            for j in range(3):
                p[j] += (rotations[i, j, 0] * x + rotations[i, j, 1] * y + rotations[i, j, 2] * z) * q[i]
            for j in range(3):
                for k in range(3):
                    r[j, k] = rotations[i, j, k]
            continue
        c, s = np.cos(q[i]), np.sin(q[i])
        k1 = 1.0 - c
        turn[0, 0], turn[0, 1], turn[0, 2] = c + x * x * k1, x * y * k1 - z * s, x * z * k1 + y * s
        turn[1, 0], turn[1, 1], turn[1, 2] = y * x * k1 + z * s, c + y * y * k1, y * z * k1 - x * s
        turn[2, 0], turn[2, 1], turn[2, 2] = z * x * k1 - y * s, z * y * k1 + x * s, c + z * z * k1
        for j in range(3):
            for k in range(3):
                r[j, k] = (
                    rotations[i, j, 0] * turn[0, k] + rotations[i, j, 1] * turn[1, k] + rotations[i, j, 2] * turn[2, k]
                )


@exact_kernel
def _compute_jacobian(origins, rotations, chain, jac):  # type: ignore[no-untyped-def]  # pragma: no cover
    n = len(chain) - 1
    for i in range(n):
        link, r = chain[i], rotations[i]
        x = r[0, 0] * link[12] + r[0, 1] * link[13] + r[0, 2] * link[14]
        y = r[1, 0] * link[12] + r[1, 1] * link[13] + r[1, 2] * link[14]
        z = r[2, 0] * link[12] + r[2, 1] * link[13] + r[2, 2] * link[14]
        if link[15] > 0.0:
            jac[0, i], jac[1, i], jac[2, i], jac[3, i], jac[4, i], jac[5, i] = x, y, z, 0.0, 0.0, 0.0
        else:
            a, b, c = origins[n, 0] - origins[i, 0], origins[n, 1] - origins[i, 1], origins[n, 2] - origins[i, 2]
            jac[0, i], jac[1, i], jac[2, i] = y * c - z * b, z * a - x * c, x * b - y * a
            jac[3, i], jac[4, i], jac[5, i] = x, y, z


@exact_kernel
def _compute_quaternion(r):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Convert a rotation matrix to a quaternion (x, y, z, w) with w >= 0."""
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
def compute_pose_and_twist(q, speeds, chain):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Compute position (3), quaternion (4), velocity (3) and angular velocity (3) of the tip."""
    n = len(q)
    origins, rotations, jac = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3)), np.empty((6, n))
    _compute_forward_kinematics(q, chain, origins, rotations)
    _compute_jacobian(origins, rotations, chain, jac)
    out = np.zeros(13)
    rotation = _compute_quaternion(rotations[n])
    for j in range(3):
        out[j] = origins[n, j]
    for j in range(4):
        out[3 + j] = rotation[j]
    for j in range(6):
        for i in range(n):
            out[7 + j] += jac[j, i] * speeds[i]
    return out


@exact_kernel
def solve(q, target, settings, arm):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Solve by damped least squares; a joint that a step would push over a limit stays fixed for that step."""
    (goal, goal_rotation, orient), (iterations, damping, pull), (home, lower, upper, chain) = target, settings, arm
    n = len(q)
    origins, rotations, jac = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3)), np.empty((6, n))
    q, rows = q.copy(), 6 if orient else 3
    error = np.zeros(6)
    for _ in range(iterations):
        _compute_forward_kinematics(q, chain, origins, rotations)
        error[:3] = goal - origins[n]
        delta = goal_rotation @ rotations[n].T
        vector = np.array([delta[2, 1] - delta[1, 2], delta[0, 2] - delta[2, 0], delta[1, 0] - delta[0, 1]])
        sine, cosine = 0.5 * np.sqrt(np.sum(vector**2)), 0.5 * (np.trace(delta) - 1.0)
        error[3:] = vector * (0.5 if sine < 1e-9 else 0.5 * np.arctan2(sine, cosine) / sine)
        if np.sum(error[:3] ** 2) < 1e-10 and (not orient or np.sum(error[3:] ** 2) < 1e-8) and pull == 0.0:
            break
        _compute_jacobian(origins, rotations, chain, jac)
        free = np.ones(n)
        step = np.zeros(n)
        for _ in range(3):
            j = jac[:rows] * free
            gram = j @ j.T + damping * np.eye(rows)
            null_motion = pull * (home - q) * free
            step = j.T @ np.linalg.solve(gram, error[:rows] - j @ null_motion) + null_motion
            violated = False
            for i in range(n):
                if free[i] > 0 and (q[i] + step[i] < lower[i] or q[i] + step[i] > upper[i]):
                    free[i], violated = 0.0, True
            if not violated:
                break
        moved = False
        for i in range(n):
            position = min(max(q[i] + min(max(step[i], -0.3), 0.3), lower[i]), upper[i])
            moved = moved or position != q[i]
            q[i] = position
        if not moved:  # out of reach: every further iteration would repeat this one
            break
    return q


@exact_kernel
def _compute_rotation_vector(r):  # type: ignore[no-untyped-def]  # pragma: no cover
    vector = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    sine, cosine = 0.5 * np.sqrt(np.sum(vector**2)), 0.5 * (np.trace(r) - 1.0)
    return vector * (0.5 if sine < 1e-9 else 0.5 * np.arctan2(sine, cosine) / sine)


@exact_kernel
def _compute_rotation(vector):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Convert a rotation vector to a matrix."""
    angle = np.sqrt(np.sum(vector**2))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)


@exact_kernel
def _limit_length(vector, limit):  # type: ignore[no-untyped-def]  # pragma: no cover
    length = np.sqrt(np.sum(vector**2))
    return vector if length <= limit else vector * (limit / length)


@exact_kernel
def follow(start, joints, target, limits, arm):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Compute joint targets that follow a goal pose for one action, and the goal limited to what they reach."""
    (goal, goal_rotation), (max_step, max_lead), (_, lower, upper, chain) = target, limits, arm
    n = len(start)
    q = solve(start, (goal, goal_rotation, True), (_FOLLOW_ITERATIONS, DAMPING, NULL_GAIN), arm)
    lead = 2.0 * np.max(max_step)
    for i in range(n):
        q[i] = min(max(q[i], start[i] - max_step[i]), start[i] + max_step[i])
        q[i] = max(lower[i], min(upper[i], max(joints[i] - lead, min(joints[i] + lead, q[i]))))
    origins, rotations = np.empty((n + 1, 3)), np.empty((n + 1, 3, 3))
    _compute_forward_kinematics(q, chain, origins, rotations)
    reached = np.ascontiguousarray(rotations[n])
    error = _compute_rotation_vector(goal_rotation @ reached.T)
    position = origins[n] + _limit_length(goal - origins[n], max_lead[0])
    return q, position, _compute_rotation(_limit_length(error, max_lead[1])) @ reached
