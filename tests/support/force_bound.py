"""The hardest contact that a robot's motors can hold, from its Jacobians, torque limits and the friction cone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pybullet
from numpy.typing import NDArray
from scipy.optimize import linprog

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim.contact import WINDOW_SECONDS
from mygym_lite.sim.groups import list_contact_groups

Array = NDArray[np.float64]
_SIDES = 8  # of the pyramid around the friction cone; its corners lie on the cone's outside
_AT_STOP = 0.02  # rad, or m; a stop carries any torque


def static_bound(env: TaskEnv, pair: str) -> float:
    """Largest sum of normal forces between two groups that torque limits can balance at this moment, N.

    A linear program over the forces at all contact points of the robot, each inside its friction cone.
    """
    world = env.world
    client, body, ids = world.engine.client, _find_body(env), world.engine.link_ids
    groups = {
        name: {ids[link] for link in links}
        for name, links in list_contact_groups(world.robot_model, env.episode_task).items()
    }
    a, b = (groups[name] for name in env.pairs[pair])
    points = [p for p in pybullet.getContactPoints(physicsClientId=client) if body in p[1:3]]
    rays, gains = [], []
    for point in points:
        one, two = (point[1], point[3]), (point[2], point[4])
        counts = float((one in a and two in b) or (one in b and two in a))
        friction = math.prod(pybullet.getDynamicsInfo(*part, physicsClientId=client)[1] for part in (one, two))
        for ray in _cone(np.array(point[7]), friction):
            rays.append(_torques(env, one, np.array(point[5]), ray) - _torques(env, two, np.array(point[6]), ray))
            gains.append(counts)
    if not any(gains):
        return 0.0
    free, limits = _free_joints(env)
    balance = np.array(rays).T[free]
    found = linprog(
        -np.array(gains),
        np.vstack([balance, -balance]),
        np.concatenate([limits, limits]),
        bounds=(0, None),
        method="highs",
    )
    return math.inf if found.status == 3 else -found.fun


def momentum_force(env: TaskEnv, speed: float) -> float:
    """Mean force over the window of a peak that stops the arm's mass at this speed, N."""
    tree = env.world.robot_model.tree
    moving = {
        link for arm in env.world.robot_model.arms.values() for joint in arm.joints for link in _below(tree, joint)
    }
    return sum(_mass(env, link) for link in moving) * speed / WINDOW_SECONDS


def _mass(env: TaskEnv, link: str) -> float:
    engine = env.world.engine
    return float(pybullet.getDynamicsInfo(*engine.link_ids["robot", link], physicsClientId=engine.client)[0])


def _find_body(env: TaskEnv) -> int:
    """Return PyBullet's id of the robot."""
    world = env.world
    return int(world.engine.link_ids["robot", world.robot_model.tree.base][0])


def _list_arm_joints(env: TaskEnv) -> list[int]:
    """Return PyBullet's indices of the joints of all arms."""
    indices = env.world.engine.joint_indices
    return [indices[name] for arm in env.world.robot_model.arms.values() for name in arm.joints]


def _below(tree: Any, joint: str) -> set[str]:
    """The links that a joint moves."""
    found = {tree.joints[joint].child}
    while more := {j.child for j in tree.joints.values() if j.parent in found} - found:
        found |= more
    return found


def _cone(normal: Array, friction: float) -> list[Array]:
    """Edges of a pyramid around the friction cone, of unit normal force."""
    side = np.cross(normal, [1.0, 0.0, 0.0] if abs(normal[0]) < 0.9 else [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    other, wide = np.cross(normal, side), friction / math.cos(math.pi / _SIDES)
    angles = np.arange(_SIDES) * 2 * math.pi / _SIDES
    return [normal + wide * (math.cos(x) * side + math.sin(x) * other) for x in angles]


def _torques(env: TaskEnv, part: tuple[int, int], at: Array, force: Array) -> Array:
    """Torque (or force) on each arm joint of a force on a link at a point."""
    client, joints = env.world.engine.client, _list_arm_joints(env)
    torques = np.zeros(len(joints))
    body, link = part
    while body == _find_body(env) and link != -1:
        info = pybullet.getJointInfo(body, link, physicsClientId=client)
        if link in joints:
            origin, turn = pybullet.getLinkState(body, link, physicsClientId=client)[4:6]
            axis = np.array(pybullet.getMatrixFromQuaternion(turn)).reshape(3, 3) @ info[13]
            sliding = info[2] == pybullet.JOINT_PRISMATIC
            lever = axis if sliding else np.cross(axis, at - np.array(origin))
            torques[joints.index(link)] = lever @ force
        link = info[16]
    return torques


def _free_joints(env: TaskEnv) -> tuple[Array, Array]:
    """Which arm joints are not at a stop, and the torque that motor and the arm's weight give there at most."""
    arms = env.world.robot_model.arms.values()
    lower, upper, effort, friction = (
        np.array([x for arm in arms for x in getattr(arm, name)]) for name in ("lower", "upper", "effort", "friction")
    )
    joints = np.array(env.state.joints)
    free = (joints > lower + _AT_STOP) & (joints < upper - _AT_STOP)
    return free, (effort + friction + _weights(env))[free]


def _weights(env: TaskEnv) -> Array:
    """Torque of the weight of the links on each arm joint, N m."""
    client, body = env.world.engine.client, _find_body(env)
    total = np.zeros(len(_list_arm_joints(env)))
    for link in range(pybullet.getNumJoints(body, physicsClientId=client)):
        mass = pybullet.getDynamicsInfo(body, link, physicsClientId=client)[0]
        centre = np.array(pybullet.getLinkState(body, link, physicsClientId=client)[0])
        total += _torques(env, (body, link), centre, np.array([0.0, 0.0, -9.81 * mass]))
    return np.abs(total)
