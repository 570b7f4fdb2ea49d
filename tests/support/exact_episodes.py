"""Episodes whose bytes are compared: tasks, unsteady grasps, and traces of all that an episode consists of."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from engines import ENGINES

from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Distractors
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.sim.kinematics import build_kinematics
from mygym_lite.terms import load_task

STEPS = 60
PAIRS = [("thumb", "target"), ("fingers", "target"), ("palm", "target"), ("target", "table"), ("robot", "table"),
         ("robot", "robot"), ("objects", "objects"), ("objects", "table")]  # fmt: skip
VARIATIONS = {
    "objects.target.model": {"choice": ["box", "cuboid", "cylinder", "capsule", "mug", "bowl", "l_block", "prism"]},
    "objects.target.size": {"uniform": [0.7, 1.1]},
    "objects.target.mass": {"scale": [0.3, 3.0]},
    "objects.target.inertia": {"uniform": [0.5, 2.0]},
    "objects.target.friction": {"scale": [0.2, 1.5]},
    "objects.target.restitution": {"uniform": [0.0, 0.9]},
    "objects.target.rolling_friction": {"uniform": [0.0, 0.01]},
    "robot.pad_friction": {"uniform": [0.3, 2.0]},
    "robot.damping": {"uniform": [0.5, 3.0]},
    "robot.time_constant": {"uniform": [0.006, 0.04]},
    "robot.torque_limit": {"uniform": [0.3, 1.5]},
    "robot.grip_torque": {"uniform": [0.3, 1.5]},
    "robot.friction": {"uniform": [0.0, 3.0]},
    "robot.posture": {"shift": [-0.4, 0.4]},
    "robot.gaze": {"shift": [-0.3, 0.3]},
    "workspace.height": {"uniform": [-0.05, 0.05]},
    "workspace.friction": {"uniform": [0.3, 1.2]},
    "physics.gravity": {"shift": [-0.5, 0.5]},
    "physics.solver_iterations": {"uniform": [20, 80]},
    "physics.tilt": {"shift": [-0.2, 0.2]},
}
MUJOCO_VARIATIONS = {
    "physics.mujoco.contact_seconds": {"uniform": [0.01, 0.03]},
    "physics.mujoco.damping_ratio": {"uniform": [1.0, 3.0]},
    "physics.mujoco.friction_seconds": {"uniform": [0.01, 0.03]},
    "physics.mujoco.impedance": {"uniform": [0.9, 0.999]},
    "physics.mujoco.friction_impedance": {"uniform": [1.0, 50.0]},
    "physics.mujoco.cone": {"choice": ["pyramidal", "elliptic"]},
    "physics.mujoco.integrator": {"choice": ["euler", "implicitfast", "implicit"]},
}


def make_endless_task(name: str = "grasp", **changes: Any) -> Task:
    """Make a shipped task without success or failure, controlled by the palm, so that episodes have any length."""
    task = load_task(name)
    robot = replace(task.robot, control="ee_translation", **changes.pop("robot", {}))
    episode = replace(task.episode, seconds=3600.0, hold_seconds=3600.0)
    return replace(task, robot=robot, episode=episode, failure={}, **changes)


def make_lowered_task() -> Task:
    """Make a task that begins with the hand around the object, close to the table."""
    [arm] = load_robot("humanoid_right").arms.values()
    chain = build_kinematics(load_robot("humanoid_right"), arm)
    home = np.array(arm.home)
    palm, _ = chain.compute_pose_and_motion(home, np.zeros_like(home))
    low = chain.solve(home, np.array([0.45, 0.0, 0.03]), rotation_from_quaternion(palm.rotation))
    return make_endless_task(robot={"posture": tuple((low - home).tolist())}, start={})


CLUTTER = Distractors(models=("train",), region=((0.34, -0.26), (0.60, 0.26)), count=2, clearance=0.02)
COMPOUNDS = ("arch", "bottle", "bowl", "brick", "dumbbell", "hammer", "l_block", "mug", "screwdriver", "spool",
             "torus_segment")  # fmt: skip
TASKS = {
    "cube": make_endless_task(),
    "clutter": make_endless_task(distractors=CLUTTER),
    "any": make_endless_task(start={"objects.target.model": {"choice": "train"}, **load_task("grasp").start}),
    "low": make_lowered_task(),
    "left": make_endless_task(robot={"model": "humanoid_left"}),
}
OTHER_TASKS = [
    make_endless_task(workspace=replace(load_task("grasp").workspace, model="table_rim"), distractors=CLUTTER),
    make_endless_task(workspace=replace(load_task("grasp").workspace, model="shelf")),
    make_endless_task("reach"),
    make_endless_task(robot={"model": "humanoid_left"}),
    make_endless_task(objects={}, observe={"p": load_task("reach").observe["proprio"]}, reward={}, start={},
            success={"a": {"term": "lower_than", "of": "palm", "metres": -1}}),
]  # fmt: skip


def use_engine(task: Task, engine: str) -> Task:
    return replace(task, physics=replace(task.physics, engine=engine))  # type: ignore[arg-type]


def make_env(name: str, engine: str, **options: Any) -> TaskEnv:
    return TaskEnv(use_engine(TASKS[name], engine), **options)


class UnsteadyGrasp:
    """Policy that grasps and lifts the object with noisy actions, for contacts of every kind."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._steps = 0

    def act(self, env: TaskEnv) -> np.ndarray:
        self._steps += 1
        noise = self._rng.normal(0.0, 0.4, env.action_space.shape)
        if "target" not in env.state.frames:
            return np.clip(noise * 3, -1, 1).astype(np.float32)
        reach = np.array(env.state.position("target")) - env.state.position("palm")
        phase = self._steps % 60
        if phase < 15:
            reach[2] += 0.08
        move = np.array([0, 0, 0.5]) if phase > 45 else np.clip(reach / 0.03, -1, 1)
        return np.clip(np.array([*move, 1.0 if phase > 25 else -1.0]) + noise, -1, 1).astype(np.float32)


def pack_numbers(env: TaskEnv, info: Mapping[str, Any], *more: float) -> bytes:
    """Pack every number of the current state in full precision, beyond the observation."""
    state = env.state
    values = [*more, *info.get("contact_force", {}).values(), *info.get("reward_terms", {}).values()]
    values += [*state.joints, *state.speeds, *state.torques, *state.targets, *state.fingers]
    values += [x for pose in state.frames.values() for part in pose for x in part]
    values += [x for motion in state.motions.values() for part in motion for x in part]
    values += [x for pair in PAIRS if set(pair) - {"target"} or "target" in state.frames for x in read_touch(env, pair)]
    return struct.pack(f"{len(values)}d", *values)


def read_touch(env: TaskEnv, pair: tuple[str, str]) -> tuple[float, ...]:
    return () if "target" in pair and "target" not in env.state.frames else tuple(env.state.touch(*pair))


def pack_observation(observation: Mapping[str, np.ndarray]) -> bytes:
    return b"".join(observation[name].tobytes() for name in sorted(observation))


def play_episode(env: TaskEnv, seed: int, steps: int = STEPS, options: dict[str, Any] | None = None) -> list[bytes]:
    """Play an episode and return one byte string per step."""
    observation, info = env.reset(seed=seed, options=options)
    policy, trace = UnsteadyGrasp(seed), [pack_observation(observation) + pack_numbers(env, info)]
    for _ in range(steps):
        observation, reward, terminated, _, info = env.step(policy.act(env))
        trace.append(pack_observation(observation) + pack_numbers(env, info, reward))
        if terminated:  # a physics error ends even an endless episode
            break
    return trace


def play_in_new_environment(name: str, engine: str, seed: int) -> list[bytes]:
    """Play an episode in a new environment, for a new process."""
    env = make_env(name, engine)
    trace = play_episode(env, seed)
    env.close()
    return trace


def assert_identical(trace: list[bytes], other_trace: list[bytes], what: str) -> None:
    first_difference = next((i for i, (a, b) in enumerate(zip(trace, other_trace, strict=True)) if a != b), None)
    assert first_difference is None, f"{what}: the episodes differ at step {first_difference} of {len(trace) - 1}"


def play_other_episodes(env: TaskEnv, rng: np.random.Generator, episodes: int) -> None:
    """Play parts of other episodes in the same world, in its engine and in the others that this test uses."""
    own = env.task
    engines = ENGINES if own.physics.engine == "mujoco" else ENGINES[:1]
    for _ in range(episodes):
        if rng.random() < 0.4:
            other = OTHER_TASKS[rng.integers(len(OTHER_TASKS))]
            play_other_task(env, use_engine(other, engines[rng.integers(len(engines))]), rng)
        else:
            play_episode(env, int(rng.integers(10**6)), int(rng.integers(1, 50)), {"variations": VARIATIONS})
    assert env.task is own


def play_other_task(env: TaskEnv, task: Task, rng: np.random.Generator) -> None:
    """Play part of an episode of another task in the world of an environment."""
    seed = int(rng.integers(10**6))
    env.world.reset(sample(task, (), seed), seed)
    for _ in range(int(rng.integers(1, 50))):
        env.world.step(rng.uniform(-1, 1, env.world.action_size))
