"""The two physics engines agree about the same robots: inertia, motors, hands, start states and the expert."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pybullet
import pytest
from engines import ENGINES
from visual_checks import assert_same_pose

from mygym_lite.config.robot import RobotModel, list_robots, load_robot
from mygym_lite.config.sampling import sample
from mygym_lite.config.state import State
from mygym_lite.config.task import Task, list_tasks
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.sim.link_poses import LinkPoses
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

mujoco = pytest.importorskip("mujoco")

ROBOTS = list_robots()
WITH_HAND = [name for name in ROBOTS if any(arm.hand for arm in load_robot(name).arms.values())]
ARMS = ("humanoid_right", "humanoid_left")
OPEN, CLOSED = -1.0, 1.0
Array = np.ndarray


def make_free_task(robot: str, engine: str, control: str = "joint_delta", settings: tuple[str, ...] = ()) -> Task:
    """Make an endless task whose robot can touch only itself and the table."""
    task = load_task(
        "reach", [f"robot.model={robot}", f"robot.control={control}", f"physics.engine={engine}", *settings]
    )
    goal = replace(task.goal, position=(0.45, 0.0, 0.2))  # type: ignore[type-var]
    episode = replace(task.episode, seconds=3600.0, hold_seconds=3600.0)
    return sample(replace(task, episode=episode, goal=goal, start={}, failure={}), (), 0)


def make_action(robot: RobotModel, offsets: Array, hand: float) -> Array:
    """Make an action of the components of all arms (arms, joints) and one command for each hand."""
    parts = [[*row, *([hand] if arm.hand else [])] for row, arm in zip(offsets, robot.arms.values(), strict=True)]
    return np.concatenate(parts)


def hold_still(robot: RobotModel, hand: float = OPEN) -> Array:
    return make_action(robot, np.zeros((len(robot.arms), count_joints(robot))), hand)


def count_joints(robot: RobotModel) -> int:
    return len(next(iter(robot.arms.values())).joints)


def play(task: Task, actions: list[Array]) -> list[State]:
    """Play actions from the start of an episode; fail if the robot touches anything."""
    with World() as world:
        world.reset(task, 0)
        states = [world.step(action) for action in actions]
    assert max(s.touch("robot", "robot").peak + s.touch("robot", "table").peak for s in states) == 0.0
    return states


# --- the same bodies


@pytest.fixture(params=ROBOTS)
def robot(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def draw_motion(model: RobotModel, names: list[str], rng: np.random.Generator) -> tuple[dict[str, float], ...]:
    """Draw positions within the limits and speeds of all joints."""
    joints = [model.tree.joints[name] for name in names]
    turns = [rng.uniform(j.lower, j.upper) if -10 < j.lower < j.upper < 10 else rng.uniform(-3, 3) for j in joints]
    return dict(zip(names, turns, strict=True)), {name: float(rng.uniform(-2, 2)) for name in names}


@pytest.mark.parametrize("moving", [False, True], ids=["at rest", "moving"])
def test_gravity_torques_and_inertia_are_equal(robot: str, moving: bool, world: World) -> None:
    """Within 1e-9 of N m and kg m^2 in 50 random poses, at rest and with centrifugal and Coriolis forces."""
    from mygym_lite.sim.mujoco.model import compile_model

    task, model = make_free_task(robot, "bullet"), load_robot(robot)
    compiled = compile_model(make_free_task(robot, "mujoco"))
    data, rng = mujoco.MjData(compiled.model), np.random.default_rng(0)
    world.reset(task, 0)
    client, body = world.engine.client, world.engine.link_ids["robot", model.tree.base][0]
    indices = world.engine.joint_indices
    names = sorted(compiled.joint_addresses, key=lambda name: indices[name])  # the order of PyBullet
    rows = [compiled.joint_addresses[name][1] for name in names]
    for _ in range(50):
        positions, speeds = draw_motion(model, names, rng)
        for name in names:
            speeds[name] *= moving
            position_row, speed_row = compiled.joint_addresses[name]
            data.qpos[position_row], data.qvel[speed_row] = positions[name], speeds[name]
            pybullet.resetJointState(body, indices[name], positions[name], speeds[name], physicsClientId=client)
        mujoco.mj_forward(compiled.model, data)
        turns, rates = [positions[name] for name in names], [speeds[name] for name in names]
        torques = pybullet.calculateInverseDynamics(body, turns, rates, [0.0] * len(names), physicsClientId=client)
        assert data.qfrc_bias[rows] == pytest.approx(torques, abs=1e-9)
        masses = np.empty((compiled.model.nv, compiled.model.nv))
        mujoco.mj_fullM(compiled.model, data, masses)
        inertia = np.array(pybullet.calculateMassMatrix(body, turns, physicsClientId=client))
        assert masses[np.ix_(rows, rows)] == pytest.approx(inertia, abs=1e-9)


def test_link_poses_equal_those_of_mujoco(robot: str) -> None:
    from mygym_lite.sim.mujoco.model import compile_model

    model, rng = load_robot(robot), np.random.default_rng(1)
    compiled = compile_model(make_free_task(robot, "mujoco"))
    data, names = mujoco.MjData(compiled.model), list(compiled.joint_addresses)
    poses, out = LinkPoses(model, names), np.empty((len(model.tree.links), 7))
    for _ in range(20):
        positions, _ = draw_motion(model, names, rng)
        for name in names:
            data.qpos[compiled.joint_addresses[name][0]] = positions[name]
        mujoco.mj_kinematics(compiled.model, data)
        poses.fill(np.array(list(positions.values())), out)
        for pose, link in zip(out, model.tree.links, strict=True):
            number = compiled.link_bodies["robot", link]
            assert_same_pose(pose, (*data.xpos[number], *np.roll(data.xquat[number], -1)), link)


@pytest.mark.parametrize(
    ("name", "robot"),
    [*((name, WITH_HAND[index % len(WITH_HAND)]) for index, name in enumerate(list_tasks())), ("reach_pose", "kuka")],
)
def test_episodes_begin_in_the_same_state(name: str, robot: str) -> None:
    """Robot and goal to the last bit, objects as precisely as PyBullet stores their poses."""
    envs = [TaskEnv(name, robot=robot, settings=[f"physics.engine={engine}"]) for engine in ENGINES]
    for seed in range(3):
        for env in envs:
            env.reset(seed=seed)
        one, two = (env.state for env in envs)
        exact = ("seconds", "joints", "speeds", "torques", "fingers", "targets", "closure", "motions", "joint_limits")
        assert [getattr(one, field) for field in exact] == [getattr(two, field) for field in exact]
        assert one.object_shapes == two.object_shapes
        assert list(one.frames) == list(two.frames)
        for frame, pose in one.frames.items():
            region = envs[0].task.regions.get(frame)
            if frame in one.initial_positions or (region is not None and region.of is not None):
                assert pose.position == pytest.approx(two.frames[frame].position, abs=5e-8)
                assert abs(np.dot(pose.rotation, two.frames[frame].rotation)) == pytest.approx(1.0, abs=1e-7)
            else:
                assert pose == two.frames[frame]
    for env in envs:
        env.close()


# --- the same motions


def draw_commands(robot: str, count: int, fastest: float, quickest: float) -> list[Array]:
    """Draw random joint_delta actions that follow random targets near home.

    Args:
        robot: Name of the robot.
        count: Number of actions.
        fastest: Largest change of a joint target in an action, rad.
        quickest: Largest change of that in an action, rad.
    """
    model, rng = load_robot(robot), np.random.default_rng(0)
    step = make_free_task(robot, "bullet").robot.joint_step
    offsets = np.zeros((len(model.arms), count_joints(model)))
    changes, targets, actions = offsets.copy(), offsets.copy(), []
    for number in range(count):
        if number % 10 == 0:
            targets = rng.uniform(-0.3, 0.3, offsets.shape)
        wanted = np.clip(0.3 * (targets - offsets), -fastest, fastest)
        changes = changes + np.clip(wanted - changes, -quickest, quickest)
        offsets = offsets + changes
        actions.append(make_action(model, changes / step, OPEN))
    return actions


def measure_differences(robot: str, actions: list[Array], **options: Any) -> tuple[float, float]:
    """Measure the root mean square differences of joints, rad, and palms, m, between the engines."""
    one, two = (play(make_free_task(robot, engine, **options), actions) for engine in ENGINES)
    joints = [np.subtract(a.joints, b.joints) for a, b in zip(one, two, strict=True)]
    palms = [np.subtract(a.position("palm"), b.position("palm")) for a, b in zip(one, two, strict=True)]
    return float(np.sqrt(np.mean(np.square(joints)))), float(np.sqrt(np.mean(np.sum(np.square(palms), axis=1))))


def test_random_commands_move_joints_alike(robot: str) -> None:
    """The joints of 1,000 random commands differ by 0.3 mrad and the palm by 0.3 mm at most (RMS).

    The wrist of panda, limited to 12 N m, can follow only gentle commands.
    """
    fastest, quickest = (0.03, 0.01) if robot == "panda" else (0.06, 0.03)
    joints, palm = measure_differences(robot, draw_commands(robot, 1000, fastest, quickest))
    assert joints < 0.3e-3
    assert palm < 0.3e-3


@pytest.mark.parametrize(
    "setting",
    [
        "robot.time_constant=0.05", "robot.time_constant=0.006", "robot.damping=5", "robot.friction=10",
        "robot.torque_limit=0.3", "robot.backlash=0.02", "physics.step_hz=480", "physics.step_hz=120",
        "physics.tilt=[0.4, 0.2]", "physics.gravity=[0, 0, -1.6]",
    ],
)  # fmt: skip
def test_parameters_of_the_robot_act_alike(setting: str) -> None:
    joints, palm = measure_differences(
        "humanoid_right", draw_commands("humanoid_right", 200, 0.06, 0.03), settings=(setting,)
    )
    assert joints < 0.5e-3
    assert palm < 0.5e-3


@pytest.mark.parametrize(
    ("control", "tolerance"),
    [("ee_delta", 1e-3), ("ee_translation", 1e-3), ("joint_position", 1e-3), ("joint_velocity", 15e-3)],
)
def test_control_modes_act_alike(control: str, tolerance: float) -> None:
    """Within 1 mrad and 1 mm in 10 s (RMS); joint_velocity adds up errors of 1 mrad/s under the weight of the arm."""
    model, rng = load_robot("humanoid_right"), np.random.default_rng(2)
    with World() as world:
        world.reset(make_free_task("humanoid_right", "bullet", control), 0)
        size = world.action_size
    low, high = (np.array(getattr(model.arms["right"], name)) for name in ("lower", "upper"))
    home = (2 * np.array(model.arms["right"].home) - low - high) / (high - low)
    centre = home if control == "joint_position" else np.zeros(size - 1)
    drift, actions = np.zeros(size - 1), []
    for _ in range(200):
        drift = 0.8 * drift + rng.uniform(-0.05, 0.05, size - 1)
        actions.append(np.array([*(centre + drift), OPEN]))
    joints, palm = measure_differences("humanoid_right", actions, control=control)
    assert joints < tolerance
    assert palm < tolerance


# --- motors


@pytest.mark.parametrize("seconds", [0.012, 0.03, 0.1])
def test_a_servo_follows_a_step_with_its_time_constant(robot: str, engine: str, seconds: float) -> None:
    """The response of each joint is 1 - exp(-t / time constant).

    Both engines solve for the motors approximately; PyBullet's finite iterations show in the large inertias of panda.
    """
    tolerance = 0.05 if robot == "panda" else 0.02
    model, size = load_robot(robot), seconds * (0.05 if robot == "panda" else 0.3)  # rad
    task = make_free_task(robot, engine, settings=(f"robot.time_constant={seconds}", "episode.control_hz=240"))
    ideal = 1.0 - np.exp(-np.arange(1, round(960 * seconds) + 1) / 240 / seconds)
    with World() as world:
        for joint in range(count_joints(model)):
            state = world.reset(task, 0)
            for _ in range(60):
                state = world.step(hold_still(model))
            start, response = state.joints[joint], []
            offsets = np.zeros((len(model.arms), count_joints(model)))
            offsets[0, joint] = size / task.robot.joint_step
            for number in range(len(ideal)):
                state = world.step(make_action(model, offsets * (number == 0), OPEN))
                response.append((state.joints[joint] - start) / size)
            assert response == pytest.approx(ideal, abs=tolerance), joint


def test_a_step_settles_in_the_same_time(robot: str) -> None:
    """All joints are within 2% of a step of 0.1 rad in the same control step, or in the next one."""
    model, settled = load_robot(robot), []
    steps = np.full((len(model.arms), count_joints(model)), 1.0)
    for engine in ENGINES:
        task = make_free_task(robot, engine, settings=("robot.joint_step=0.1",))
        actions = [hold_still(model)] * 10 + [make_action(model, steps, OPEN)] + [hold_still(model)] * 20
        states = play(task, actions)[10:]
        errors = [max(abs(t - q) for t, q in zip(s.targets, s.joints, strict=True)) for s in states]
        settled.append(max(number for number, error in enumerate(errors) if error > 0.002))
    assert settled[0] < 15
    assert abs(settled[0] - settled[1]) <= 1


def test_a_still_arm_is_held_with_the_same_torques(robot: str) -> None:
    """Within 1e-3 of the torque limits after three seconds, and 0.2 mrad."""
    model = load_robot(robot)
    one, two = (play(make_free_task(robot, engine), [hold_still(model)] * 60)[-1] for engine in ENGINES)
    limits = np.array([torque for arm in model.arms.values() for torque in arm.effort])
    assert np.array(one.torques) / limits == pytest.approx(np.array(two.torques) / limits, abs=1e-3)
    assert one.joints == pytest.approx(two.joints, abs=2e-4)


# --- hands


@pytest.mark.parametrize("robot", WITH_HAND)
@pytest.mark.parametrize("command", [CLOSED, OPEN])
def test_fingers_take_the_same_time(robot: str, command: float) -> None:
    """From open, or closed by 70%, to three quarters of the way: within 5%, and equal to a physics step."""
    model, found = load_robot(robot), []
    for engine in ENGINES:
        task = make_free_task(robot, engine, settings=("episode.control_hz=240",))
        half = 0.7 * (CLOSED - OPEN) + OPEN
        first = [hold_still(model, OPEN if command == CLOSED else half)] * 240
        goal = half if command == CLOSED else OPEN
        fingers = np.array([state.fingers for state in play(task, [*first, *[hold_still(model, goal)] * 360])[239:]])
        way = np.abs(fingers - fingers[0]).sum(axis=1)
        found.append(int(np.argmax(way > 0.75 * way[-1])))
        assert way[-1] > 0.0
    assert found[0] > 20
    assert found[0] == pytest.approx(found[1], abs=1)


def measure_grip(engine: str, arm: str, mass: float, closure: float) -> Array:
    """Measure the forces of hand, fingers and thumb on a cube that the expert lifted, with a constant closure, N."""
    settings = [
        f"physics.engine={engine}",
        f"objects.target.mass={mass}",
        "episode.seconds=60",
        "episode.hold_seconds=60",
    ]
    env, touches = TaskEnv("grasp", robot=arm, settings=settings), []
    env.reset(seed=1)
    expert = Expert.from_env(env)
    expert.reset(1)
    for _ in range(80):
        env.step(expert.act())
    still = np.array([*np.zeros(len(env.state.joints)), 2 * closure - 1])
    for _ in range(40):
        env.step(still)
        touches.append([env.state.touch(part, "target").mean for part in ("hand", "fingers", "thumb")])
    assert env.state.position("target")[2] > 0.08
    env.close()
    return np.mean(touches[20:], axis=0)


@pytest.mark.parametrize("arm", ARMS)
def test_a_resting_grip_has_the_same_force(arm: str) -> None:
    """Within 5% on average, and within 10% each: friction can hold the same grip with different forces."""
    grips = [(mass, closure) for mass in (0.09, 0.3) for closure in (0.55, 0.62, 0.7)]
    one, two = (np.array([measure_grip(engine, arm, *grip) for grip in grips]) for engine in ENGINES)
    assert one.min() > 5.0
    assert two == pytest.approx(one, rel=0.10)
    assert two.mean(axis=0) == pytest.approx(one.mean(axis=0), rel=0.05)


# --- impacts


@pytest.mark.parametrize("control", ["joint_delta", "joint_velocity", "joint_torque"])
def test_fast_links_do_not_enter_the_table_in_mujoco(robot: str, control: str) -> None:
    """Random commands strike the table at several metres per second, and 10 mm would end the episode."""
    env = TaskEnv("reach", robot=robot, control=control, settings=["physics.engine=mujoco"])  # type: ignore[arg-type]
    for seed in range(3):
        env.reset(seed=seed)
        rng, done = np.random.default_rng(seed), False
        while not done and env.state.seconds < 3.0:
            *_, terminated, truncated, info = env.step(rng.uniform(-1.0, 1.0, env.action_space.shape))
            done = terminated or truncated
        assert info["failure"] != "physics_error", info["message"]
    env.close()


# --- the expert


def count_solved(name: str, robot: str, engine: str, seeds: range) -> int:
    env, solved = TaskEnv(name, robot=robot, settings=[f"physics.engine={engine}"]), 0
    expert = Expert.from_env(env)
    for seed in seeds:
        env.reset(seed=seed)
        expert.reset(seed)
        done = False
        while not done:
            *_, terminated, truncated, info = env.step(expert.act())
            done = terminated or truncated
        solved += info["success"] and info["failure"] is None
    env.close()
    return solved


@pytest.mark.parametrize("robot", ARMS)
@pytest.mark.parametrize("name", list_tasks())
def test_the_expert_solves_every_task_in_mujoco(name: str, robot: str) -> None:
    assert count_solved(name, robot, "mujoco", range(1000, 1001)) == 1


@pytest.mark.slow
def test_the_expert_is_as_good_in_mujoco() -> None:
    """Over all tasks, both arms and 50 seeds, at least 98% of the successes in PyBullet."""
    counts = {
        engine: {(name, arm): count_solved(name, arm, engine, range(50)) for name in list_tasks() for arm in ARMS}
        for engine in ENGINES
    }
    bullet, other = (sum(found.values()) for found in counts.values())
    assert other >= 0.98 * bullet, counts
