"""Initial head pose: inverse kinematics of the neck that centres an object in the image of the head camera."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.kinematic_chain import Chain, build_chain
from mygym_lite.config.object_bounds import compute_origin_height
from mygym_lite.config.robot import RobotModel
from mygym_lite.config.rotation import Vector, rotation_from_quaternion, rotation_from_rpy
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Goal, Vec2

Array = NDArray[np.float64]
_MAX_ITERATIONS = 50
_MAX_STEP = 0.5  # rad; keeps steps of a neck far from its aim within the validity of the Jacobian
_DELTA = 1e-6  # rad, of finite differences
_TOLERANCE = 1e-10  # rad


def compute_goal_position(goal: Goal, seconds: float) -> Vector:
    """Compute the position of the goal on its orbit, a quarter turn between neighbouring axes, m."""
    angle = 2.0 * math.pi * seconds / goal.period + goal.phase
    sway = (math.cos(angle), math.sin(angle), math.sin(2.0 * angle))
    x, y, z = (c + a * s for c, a, s in zip(goal.position, goal.orbit, sway, strict=True))
    return x, y, z


def compute_initial_position(task: Task, thing: str) -> Vector:
    """Compute the position of an object, or of the goal, at the start of the episode, m."""
    if thing == "goal" and task.goal is not None:
        return compute_goal_position(task.goal, 0.0)
    config = task.objects[thing]
    x, y, z = config.initial_position
    return x, y, task.workspace.height + z + compute_origin_height(config)


def find_gaze_target(task: Task) -> str | None:
    """Return the object, or the goal, that a camera on the head looks at, if any."""
    targets = (camera.look_at for camera in task.cameras.values() if camera.mount == "head")
    return next((target for target in targets if isinstance(target, str)), None)


def solve_neck_angles(task: Task, robot: RobotModel) -> Vec2 | None:
    """Compute neck pan and tilt, rad, that point the head at its target; None without a target."""
    target = find_gaze_target(task)
    if target is None or robot.gaze is None:
        return None
    neck = build_chain(robot.tree, robot.gaze.joints, robot.gaze.link)
    limits = np.array([(robot.tree.joints[name].lower, robot.tree.joints[name].upper) for name in robot.gaze.joints])
    point = np.array(compute_initial_position(task, target)) - robot.position
    local = rotation_from_rpy((0.0, 0.0, robot.yaw)).T @ point
    pan, tilt = _solve_joints(local, neck, np.array(robot.gaze.home), limits[:, 0], limits[:, 1]).tolist()
    return pan, tilt


def _solve_joints(point: Array, neck: Chain, home: Array, lower: Array, upper: Array) -> Array:
    """Compute neck joints that bring a point onto the x axis of the last link, within their limits."""
    joints: Array = home.copy()
    for _ in range(_MAX_ITERATIONS):
        error = _compute_error(point, neck, joints)
        changes = [_compute_error(point, neck, joints + _DELTA * unit) - error for unit in np.eye(2)]
        jacobian = np.stack([change / _DELTA for change in changes], axis=1)
        step = _solve_bounded(jacobian, -error, lower - joints, upper - joints)
        joints = np.asarray(joints + np.clip(step, -_MAX_STEP, _MAX_STEP), dtype=np.float64)
        if np.abs(step).max() < _TOLERANCE:
            break
    return np.clip(joints, lower, upper)


def _solve_bounded(jacobian: Array, target: Array, lower: Array, upper: Array) -> Array:
    """Solve least squares within bounds: a joint beyond its bound is clamped, and the other compensates."""
    step: Array = np.asarray(np.linalg.lstsq(jacobian, target, rcond=None)[0], dtype=np.float64)
    clamped = np.clip(step, lower, upper)
    beyond = clamped != step
    if beyond.any() and not beyond.all():
        rest = target - jacobian[:, beyond] @ clamped[beyond]
        clamped[~beyond] = np.linalg.lstsq(jacobian[:, ~beyond], rest, rcond=None)[0]
    bounded: Array = np.clip(clamped, lower, upper)
    return bounded


def _compute_error(point: Array, neck: Chain, joints: Array) -> Array:
    """Compute the angles, to the left and up, between a point and the x axis of the last link, rad."""
    position, rotation = _compute_link_pose(neck, joints)
    x, y, z = rotation.T @ (point - position)
    return np.array([math.atan2(y, x), math.atan2(z, math.hypot(x, y))])


def _compute_link_pose(neck: Chain, joints: Array) -> tuple[Array, Array]:
    position, rotation = np.zeros(3), np.eye(3)
    for origin, turn, axis, angle in zip(neck.origins, neck.rotations, neck.axes, joints, strict=True):
        position, rotation = position + rotation @ origin, rotation @ turn
        x, y, z = np.sin(angle / 2) * axis
        rotation = rotation @ rotation_from_quaternion((x, y, z, math.cos(angle / 2)))
    return position + rotation @ neck.tip_position, rotation @ neck.tip_rotation
