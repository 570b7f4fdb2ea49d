"""Arm control: accuracy in every mode, speed and torque limits, self-collision, kinematics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pybullet
import pytest

from mygym_lite.config.robot import RobotModel, list_robots, load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.config.task_robot import Control
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim.kinematics import Kinematics, build_kinematics
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

ROBOTS = [name for name in ("humanoid_right", "humanoid_left", "panda") if name in list_robots()]
MODES = get_args(Control)
OPEN = -1.0


def make_free_task(robot: str, control: str = "joint_position", control_hz: float = 20.0, **use: Any) -> Task:
    """Make a task whose robot can touch only itself and the table."""
    task = load_task("reach")
    return replace(
        task,
        episode=replace(task.episode, seconds=3600.0, hold_seconds=3600.0, control_hz=control_hz),
        robot=replace(task.robot, model=robot, control=control, **use),
        goal=replace(task.goal, position=(0.45, 0.0, 0.2)),  # type: ignore[type-var]
        start={}, failure={},
    )  # fmt: skip


@pytest.fixture(params=ROBOTS)
def robot(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def load_chain(name: str) -> tuple[RobotModel, Kinematics]:
    model = load_robot(name)
    return model, build_kinematics(model, next(iter(model.arms.values())))


def find_robot_body(world: World, name: str) -> int:
    """Return PyBullet's number of the robot, the only body with joints."""
    bodies = [
        pybullet.getBodyUniqueId(i, physicsClientId=world.engine.client)
        for i in range(pybullet.getNumBodies(world.engine.client))
    ]
    [body] = [b for b in bodies if pybullet.getNumJoints(b, physicsClientId=world.engine.client) > 0]
    return body


def normalize_joints(chain: Kinematics, joints: np.ndarray, hand: bool) -> np.ndarray:
    """Return the joint_position action for given joint angles."""
    action = (2 * joints - chain.lower - chain.upper) / (chain.upper - chain.lower)
    return np.array([*action, OPEN]) if hand else action


# --- links


def find_overlapping_links(body: int, client: int, listed: set[frozenset[int]]) -> set[frozenset[int]]:
    """Return pairs of overlapping links without declared collision, except neighbours at a joint."""
    found = set()
    parent = {
        i: pybullet.getJointInfo(body, i, physicsClientId=client)[16]
        for i in range(pybullet.getNumJoints(body, physicsClientId=client))
    }
    for point in pybullet.getClosestPoints(body, body, 0.0, physicsClientId=client):
        a, b = point[3], point[4]
        pair = frozenset((a, b))
        if a != b and parent.get(a) != b and parent.get(b) != a and pair not in listed and point[8] < -5e-4:
            found.add(pair)
    return found


@pytest.mark.parametrize("robot", [name for name in ROBOTS if name.startswith("humanoid")])
def test_only_declared_links_can_collide(robot: str, world: World) -> None:
    """Check home and 1,000 random poses; humanoids only, since the convex hulls of the panda overlap."""
    model, chain = load_chain(robot)
    world.reset(sample(make_free_task(robot), (), 0), 0)
    body, client = find_robot_body(world, robot), world.engine.client
    joint_of = {
        pybullet.getJointInfo(body, i, physicsClientId=client)[1].decode(): i
        for i in range(pybullet.getNumJoints(body, physicsClientId=client))
    }
    link_of = {pybullet.getJointInfo(body, i, physicsClientId=client)[12].decode(): i for i in joint_of.values()}
    link_of[pybullet.getBodyInfo(body, physicsClientId=client)[0].decode()] = -1
    listed = {frozenset((link_of[a], link_of[b])) for a, b in model.self_collision}
    names = {i: name for name, i in link_of.items()}
    indices = [joint_of[name] for name in next(iter(model.arms.values())).joints]
    rng = np.random.default_rng(0)
    poses = [chain.home, *rng.uniform(chain.lower, chain.upper, (1000, len(chain.home)))]
    touching: dict[tuple[str, ...], int] = {}
    for number, pose in enumerate(poses):
        for index, angle in zip(indices, pose.tolist(), strict=True):
            pybullet.resetJointState(body, index, angle, physicsClientId=client)
        for pair in find_overlapping_links(body, client, listed):
            touching.setdefault(tuple(sorted(names[i] for i in pair)), number)
    assert touching == {}


def test_the_home_pose_touches_nothing(robot: str, world: World) -> None:
    chain = load_chain(robot)[1]
    home = normalize_joints(chain, chain.home, True)
    world.reset(sample(make_free_task(robot), (), 0), 0)
    for _ in range(10):
        state = world.step(home)
        assert state.touch("robot", "robot").peak == 0.0
        assert state.touch("robot", "table").peak == 0.0


# --- kinematics


def test_forward_kinematics_equal_those_of_pybullet(robot: str, world: World) -> None:
    model, chain = load_chain(robot)
    arm = next(iter(model.arms.values()))
    world.reset(sample(make_free_task(robot), (), 0), 0)
    body, client = find_robot_body(world, robot), world.engine.client
    joints = {
        pybullet.getJointInfo(body, i, physicsClientId=client)[1].decode(): i
        for i in range(pybullet.getNumJoints(body, physicsClientId=client))
    }
    links = {pybullet.getJointInfo(body, i, physicsClientId=client)[12].decode(): i for i in joints.values()}
    rng = np.random.default_rng(1)
    for _ in range(100):
        q, v = rng.uniform(chain.lower, chain.upper), rng.uniform(-1, 1, len(chain.home))
        for name, angle, speed in zip(arm.joints, q.tolist(), v.tolist(), strict=True):
            pybullet.resetJointState(body, joints[name], angle, speed, physicsClientId=client)
        found = pybullet.getLinkState(body, links[arm.tip], 1, 1, physicsClientId=client)
        position, rotation = pybullet.multiplyTransforms(found[4], found[5], arm.tip_position, arm.tip_rotation)
        rotation = np.array(rotation) / np.linalg.norm(rotation)
        pose, motion = chain.compute_pose_and_motion(q, v)
        assert pose.position == pytest.approx(position, abs=1e-6)
        assert abs(np.dot(pose.rotation, rotation)) == pytest.approx(1.0, abs=1e-9)
        assert motion.angular == pytest.approx(found[7], abs=1e-5)
        lever = np.array(position) - found[0]  # PyBullet reports the velocity of the centre of mass
        assert motion.linear == pytest.approx(np.array(found[6]) + np.cross(found[7], lever), abs=1e-5)


def test_inverse_kinematics_reach_their_target_within_joint_limits(robot: str) -> None:
    _, chain = load_chain(robot)
    rng = np.random.default_rng(2)
    arrived = 0
    for _ in range(300):
        q = rng.uniform(chain.lower, chain.upper)
        pose, _ = chain.compute_pose_and_motion(q, np.zeros_like(q))
        start = np.clip(q + rng.uniform(-0.3, 0.3, len(q)), chain.lower, chain.upper)
        target, turned = np.array(pose.position), rotation_from_quaternion(pose.rotation)
        solved = chain.solve(start, target, turned, iterations=100, pull=0.0)
        assert (solved >= chain.lower).all()
        assert (solved <= chain.upper).all()
        reached, _ = chain.compute_pose_and_motion(solved, np.zeros_like(q))
        arrived += np.linalg.norm(np.array(reached.position) - target) < 1e-3
        anywhere = chain.solve(q, rng.uniform(-2, 2, 3), turned)  # far out of reach
        assert np.isfinite(anywhere).all()
        assert (anywhere >= chain.lower).all()
        assert (anywhere <= chain.upper).all()
    assert arrived >= 285


# --- going there


def test_commanded_joints_are_reached(robot: str, world: World) -> None:
    """Within 2 mrad, for targets without contact with the table or the arm itself."""
    _, chain = load_chain(robot)
    rng = np.random.default_rng(3)
    task = sample(make_free_task(robot, "joint_position"), (), 0)
    missed, tried = [], 0
    while tried < 12:
        target = np.clip(chain.home + rng.uniform(-0.6, 0.6, len(chain.home)), chain.lower, chain.upper)
        state = world.reset(task, 0)
        touched = 0.0
        for _ in range(60):
            state = world.step(normalize_joints(chain, target, True))
            touched = max(touched, state.touch("robot", "robot").peak, state.touch("robot", "table").peak)
        if touched == 0.0:
            tried += 1
            missed.append(float(np.abs(np.array(state.joints) - target).max()))
    assert max(missed) < 2e-3


@pytest.mark.parametrize("control", ["ee_delta", "ee_translation"])
def test_palm_reaches_its_target(robot: str, control: Control) -> None:
    """Within 2 mm, with actions proportional to the remaining distance."""
    env = TaskEnv(make_free_task(robot, control))
    rng = np.random.default_rng(4)
    start, _ = load_chain(robot)[1].compute_pose_and_motion(
        load_chain(robot)[1].home, np.zeros(len(load_chain(robot)[1].home))
    )
    for _ in range(8):
        target = np.array(start.position) + rng.uniform([-0.06, -0.1, -0.02], [0.08, 0.1, 0.12])
        env.reset(seed=0)
        action = np.zeros(env.action_space.shape)
        action[-1] = OPEN
        for _ in range(50):
            missing = target - env.state.position("palm")
            action[:3] = np.clip(0.5 * missing / env.task.robot.translation_step, -1, 1)
            env.step(action)
        assert np.linalg.norm(target - env.state.position("palm")) < 2e-3
        turned = abs(np.dot(env.state.frames["palm"].rotation, start.rotation))
        assert turned > np.cos(0.5 * 0.03), "the palm keeps its direction"
    env.close()


@pytest.mark.parametrize("axis", range(3))
def test_palm_turns_by_the_commanded_angle(robot: str, axis: int) -> None:
    """Four actions of 0.1 rad about a world axis turn it by 0.4 rad, in place."""
    env = TaskEnv(make_free_task(robot, "ee_delta", rotation_step=0.1))
    env.reset(seed=0)
    before = env.state.frames["palm"]
    action = np.zeros(env.action_space.shape)
    action[-1] = OPEN
    for step in range(30):
        action[3 + axis] = 1.0 if step < 4 else 0.0
        env.step(action)
    after = env.state.frames["palm"]
    delta = rotation_from_quaternion(after.rotation) @ rotation_from_quaternion(before.rotation).T
    vector = 0.5 * np.array([delta[2, 1] - delta[1, 2], delta[0, 2] - delta[2, 0], delta[1, 0] - delta[0, 1]])
    assert np.arcsin(vector) == pytest.approx(0.4 * np.eye(3)[axis], abs=0.02)
    assert after.position == pytest.approx(before.position, abs=3e-3)
    env.close()


def test_joint_delta_adds_up(robot: str) -> None:
    env = TaskEnv(make_free_task(robot, "joint_delta"))
    env.reset(seed=0)
    before = np.array(env.state.joints)
    action = np.zeros(env.action_space.shape)
    action[-1] = OPEN
    for step in range(40):
        action[1] = 0.5 if step < 4 else 0.0
        env.step(action)
    moved = np.array(env.state.joints) - before
    assert moved == pytest.approx(4 * 0.5 * env.task.robot.joint_step * np.eye(len(moved))[1], abs=2e-3)
    env.close()


def test_joint_velocity_is_reached(robot: str) -> None:
    env = TaskEnv(make_free_task(robot, "joint_velocity"))
    limits = np.array(next(iter(load_robot(robot).arms.values())).velocity)
    for joint in range(len(limits)):
        env.reset(seed=0)
        action = np.zeros(env.action_space.shape)
        action[-1] = OPEN
        action[joint] = 0.1
        for _ in range(4):
            env.step(action)
        assert env.state.speeds[joint] == pytest.approx(0.1 * limits[joint], rel=0.02)
    env.close()


# --- limits


@pytest.mark.parametrize("control", MODES)
@pytest.mark.parametrize("extreme", [False, True], ids=["random", "extreme"])
def test_speed_and_torque_limits_hold(robot: str, control: Control, extreme: bool) -> None:
    """Check every physics step, with one action per step."""
    model, chain = load_chain(robot)
    arm = next(iter(model.arms.values()))
    env = TaskEnv(make_free_task(robot, control, control_hz=240.0))
    rng = np.random.default_rng(5)
    for seed in range(2):
        env.reset(seed=seed)
        fastest = np.zeros(len(arm.joints))
        for step in range(360):
            if step % 24 == 0:  # hold each action for 0.1 s, or joints would hardly move
                action = rng.uniform(-1, 1, env.action_space.shape)
                if extreme:
                    action = np.sign(action)
            env.step(action)
            speeds, torques = np.abs(env.state.speeds), np.abs(env.state.torques)
            # a joint driven faster by a stop or by other joints brakes with its full torque
            full = np.array(arm.effort) - arm.friction if control != "joint_torque" else np.zeros(len(speeds))
            slow, braking = speeds <= 1.05 * np.array(arm.velocity), torques >= 0.99 * full
            assert (slow | braking).all(), (step, speeds / arm.velocity)
            assert (torques <= 1.001 * np.array(arm.effort)).all(), (step, torques / arm.effort)
            joints = np.array(env.state.joints)
            # a stop acts from the first physics step past it
            past = 0.02 + np.maximum(fastest, speeds) / 240.0
            assert (joints >= chain.lower - past).all()
            assert (joints <= chain.upper + past).all()
            fastest = speeds
    env.close()


def test_joint_torque_moves_its_joint(robot: str) -> None:
    """Torque beyond friction moves the joint in its direction; zero torque lets the arm sink."""
    env = TaskEnv(make_free_task(robot, "joint_torque"))
    env.reset(seed=0)
    action = np.zeros(env.action_space.shape)
    for _ in range(10):
        env.step(action)
    sunk = np.array(env.state.joints)
    assert np.abs(sunk - load_chain(robot)[1].home).max() > 0.01
    env.reset(seed=0)
    action[-2] = 0.5
    for _ in range(3):
        env.step(action)
    pushed = env.state.joints[len(sunk) - 1]
    env.reset(seed=0)
    action[-2] = -0.5
    for _ in range(3):
        env.step(action)
    assert pushed > env.state.joints[len(sunk) - 1] + 0.01
    env.close()
