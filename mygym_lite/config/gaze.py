"""Where a head looks when an episode begins: the neck is turned so that a thing is in the middle of its image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.objects import load_object
from mygym_lite.config.robot import RobotModel
from mygym_lite.config.rotation import Vector, rotation_from_quaternion, rotation_from_rpy
from mygym_lite.config.task import Goal, Task, Vec2
from mygym_lite.config.urdf import Chain, build_chain

Array = NDArray[np.float64]
_ROUNDS = 50
_LONGEST = 0.5  # rad; a neck far from its aim is brought there in steps within which the Jacobian holds
_NUDGE = 1e-6  # rad
_CLOSE = 1e-10  # rad


def compute_goal_position(goal: Goal, seconds: float) -> Vector:
    """Where the goal is on its orbit, a quarter turn between neighbouring axes, m."""
    angle = 2.0 * math.pi * seconds / goal.period + goal.phase
    sway = (math.cos(angle), math.sin(angle), math.sin(2.0 * angle))
    x, y, z = (c + a * s for c, a, s in zip(goal.position, goal.orbit, sway, strict=True))
    return x, y, z


def compute_initial_position(task: Task, thing: str) -> Vector:
    """Where an object, or the goal, is when the episode begins, m."""
    if thing == "goal" and task.goal is not None:
        return compute_goal_position(task.goal, 0.0)
    placed = task.objects[thing]
    x, y, z = placed.initial_position
    return x, y, task.workspace.height + z + placed.size * load_object(placed.model).half_height


def find_gaze_target(task: Task) -> str | None:
    """What the head is to look at, if a camera on it says so."""
    looks = (camera.look_at for camera in task.cameras.values() if camera.mount == "head")
    return next((thing for thing in looks if isinstance(thing, str)), None)


def solve_neck_angles(task: Task, robot: RobotModel) -> Vec2 | None:
    """Neck pan and tilt with which the head looks at what its camera names; None where no camera does."""
    thing = find_gaze_target(task)
    if thing is None or robot.gaze is None:
        return None
    neck = build_chain(robot.tree, robot.gaze.joints, robot.gaze.link)
    limits = np.array([(robot.tree.joints[name].lower, robot.tree.joints[name].upper) for name in robot.gaze.joints])
    point = np.array(compute_initial_position(task, thing)) - robot.position
    local = rotation_from_rpy((0.0, 0.0, robot.yaw)).T @ point
    pan, tilt = _turned_to(local, neck, np.array(robot.gaze.home), limits[:, 0], limits[:, 1]).tolist()
    return pan, tilt


def _turned_to(point: Array, neck: Chain, home: Array, lower: Array, upper: Array) -> Array:
    """Neck joints that bring a point onto the x axis of the neck's last link, as far as their limits allow."""
    joints: Array = home.copy()
    for _ in range(_ROUNDS):
        off = _off_axis(point, neck, joints)
        slope = np.stack([(_off_axis(point, neck, joints + _NUDGE * e) - off) / _NUDGE for e in np.eye(2)], axis=1)
        step = _within(-off, slope, lower - joints, upper - joints)
        joints = np.asarray(joints + np.clip(step, -_LONGEST, _LONGEST), dtype=np.float64)
        if np.abs(step).max() < _CLOSE:
            break
    return np.clip(joints, lower, upper)


def _within(wanted: Array, slope: Array, lowest: Array, highest: Array) -> Array:
    """The step that does most of what is wanted; a joint at its limit stays there, and the other does what it can."""
    step: Array = np.asarray(np.linalg.lstsq(slope, wanted, rcond=None)[0], dtype=np.float64)
    held = np.clip(step, lowest, highest)
    over = held != step
    if over.any() and not over.all():
        rest = wanted - slope[:, over] @ held[over]
        held[~over] = np.linalg.lstsq(slope[:, ~over], rest, rcond=None)[0]
    bounded: Array = np.clip(held, lowest, highest)
    return bounded


def _off_axis(point: Array, neck: Chain, joints: Array) -> Array:
    """How far, to the left and up, a point is from the x axis of the last link, rad."""
    position, rotation = _link(neck, joints)
    x, y, z = rotation.T @ (point - position)
    return np.array([math.atan2(y, x), math.atan2(z, math.hypot(x, y))])


def _link(neck: Chain, joints: Array) -> tuple[Array, Array]:
    position, rotation = np.zeros(3), np.eye(3)
    for origin, turn, axis, angle in zip(neck.origins, neck.rotations, neck.axes, joints, strict=True):
        position, rotation = position + rotation @ origin, rotation @ turn
        x, y, z = np.sin(angle / 2) * axis
        rotation = rotation @ rotation_from_quaternion((x, y, z, math.cos(angle / 2)))
    return position + rotation @ neck.tip_position, rotation @ neck.tip_rotation
