"""Speed of environment steps and resets, and cost of domain randomization in them."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from time import perf_counter

import numpy as np

from mygym_lite.bench import BenchmarkResult, Target, measure_alternately, time_call
from mygym_lite.bench.actions import Actions, record_expert_actions
from mygym_lite.bench.peers import measure_panda_gym, measure_vector_env
from mygym_lite.config.sampling import sample
from mygym_lite.config.task_physics import EngineName
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PhysicsError
from mygym_lite.randomization.preset import load_preset
from mygym_lite.sim import world as sim
from mygym_lite.sim.bullet import pybullet
from mygym_lite.sim.bullet.engine import BulletEngine
from mygym_lite.sim.engine import ActionContacts
from mygym_lite.terms import load_task

_TASK = "grasp"
_EPISODES = 8
_RESETS = 100
_FAULT_TASK = "reach"  # without contacts, so that the cost of physics does not depend on the motion
_SAMPLES = 500
_SEEDS = (0, 1, 2)
_FAULTS = (
    "sensing.joint_noise=0.005",
    "sensing.joint_bias=0.02",
    "sensing.force_noise=1.0",
    "sensing.latency=0.1",
    "sensing.hand_eye_position=0.01",
    "sensing.hand_eye_rotation=0.03",
    "sensing.drop=0.02",
    "sensing.stuck=0.02",
    "actuation.gain=0.9",
    "actuation.noise=0.05",
    "actuation.delay=0.1",
    "actuation.repeat=0.1",
)


def run_benchmark() -> list[BenchmarkResult]:
    """Run the benchmarks of `bench step`."""
    return [
        measure_step(),
        measure_mujoco(),
        measure_reset(),
        measure_panda_gym(),
        measure_vector_env(),
        measure_sampling(),
        measure_faults(),
    ]


class BareWorld(sim.World):
    """World that times its physics steps alone, in one tight loop."""

    def _advance(self) -> ActionContacts:
        assert isinstance(self.engine, BulletEngine)
        client, step = self.engine.client, pybullet.stepSimulation
        started = perf_counter()
        for _ in range(self._task.substeps):
            step(physicsClientId=client)
        self.physics_seconds = perf_counter() - started
        return ActionContacts([], 0.0, None)


def measure_step(episodes: int = _EPISODES) -> BenchmarkResult:
    """Measure a step of the environment against its bare physics steps, over the same episodes and actions.

    The expert's actions are recorded first. Every episode is then replayed twice: through ``env.step``, and with only
    the physics steps timed, in a tight loop, which is their lower bound.
    """
    with closing(TaskEnv(_TASK)) as env, BareWorld() as bare:
        env_steps: list[float] = []
        physics_steps: list[float] = []
        for seed in range(episodes + 1):
            actions = record_expert_actions(env, seed)
            env_times, bare_times = _time_env_steps(env, actions, seed), _time_physics_steps(bare, env, actions, seed)
            if not np.array_equal(env.state.joints, bare.state.joints):
                raise PhysicsError(f"{_TASK}, seed {seed}: the bare replay diverged from the episode")
            if seed > 0:  # the first episode is a warm-up
                env_steps, physics_steps = env_steps + env_times, physics_steps + bare_times
    return BenchmarkResult.from_seconds(
        "env.step",
        env_steps,
        physics_steps,
        Target("at most", 1.15),
        f"{_TASK} by the expert; reference: bare stepSimulation calls",
    )


def measure_mujoco(episodes: int = _EPISODES) -> BenchmarkResult:
    """Measure a step of the environment in MuJoCo against one in PyBullet, over the expert's episodes in each."""
    times: dict[EngineName, list[float]] = {"mujoco": [], "bullet": []}
    with closing(TaskEnv(_TASK, engine="mujoco")) as ours, closing(TaskEnv(_TASK, engine="bullet")) as theirs:
        for seed in range(episodes + 1):
            for env in (ours, theirs):
                steps = _time_env_steps(env, record_expert_actions(env, seed), seed)
                if seed > 0:  # the first episode is a warm-up
                    times[env.task.physics.engine] += steps
    return BenchmarkResult.from_seconds(
        "env.step, MuJoCo",
        times["mujoco"],
        times["bullet"],
        Target("at most", 0.5),
        f"{_TASK} by the expert; reference: the same in PyBullet",
    )


def _time_env_steps(env: TaskEnv, actions: Actions, seed: int) -> list[float]:
    env.reset(seed=seed)
    return [time_call(partial(env.step, action)) for action in actions]


def _time_physics_steps(bare: BareWorld, env: TaskEnv, actions: Actions, seed: int) -> list[float]:
    bare.reset(sample(env.task, (), seed), seed)
    times = []
    for action in actions:
        bare.step(action.astype(np.float64))
        times.append(bare.physics_seconds)
    return times


def measure_reset(resets: int = _RESETS) -> BenchmarkResult:
    """Measure a reset against loading a new physics client."""
    with closing(TaskEnv(_TASK)) as env:

        def reset(seed: int) -> float:
            return time_call(partial(env.reset, seed=seed))

        def load(seed: int) -> float:
            started = perf_counter()
            with sim.World() as world:
                world.reset(sample(env.task, (), seed), seed)
                return perf_counter() - started

        ours, theirs = measure_alternately(reset, load, resets)
    return BenchmarkResult(
        "env.reset",
        1e3 * ours,
        1e3 * theirs,
        "ms",
        Target("at most", 3.0, "ours"),
        note="reference: a new physics client",
    )


def measure_sampling() -> BenchmarkResult:
    """Measure sampling of a fully randomized task against the nominal task."""
    task = load_task(_TASK)
    full = load_preset("full", task)
    ours, theirs = [], []
    for seed in range(_SAMPLES):
        started = perf_counter()
        sample(task, full, seed)
        between = perf_counter()
        sample(task, (), seed)
        ours.append(between - started)
        theirs.append(perf_counter() - between)
    return BenchmarkResult.from_seconds(
        "full sample",
        ours,
        theirs,
        Target("at most", 1.0, "ours"),
        f"{_TASK}, preset full, {len(full)} paths; reference: none",
    )


def measure_faults() -> BenchmarkResult:
    """Measure a step with all sensor and actuation faults against one without, with the same actions."""
    ours: list[float] = []
    theirs: list[float] = []
    with closing(TaskEnv(_FAULT_TASK)) as plain, closing(TaskEnv(_FAULT_TASK, settings=_FAULTS)) as faulty:
        for seed in _SEEDS:
            actions = record_expert_actions(plain, seed)
            for env in (plain, faulty):
                env.reset(seed=seed)
            for action in actions:
                if faulty.episode_state.done:
                    break
                for env, times in ((faulty, ours), (plain, theirs)):
                    times.append(time_call(partial(env.step, action)))
    return BenchmarkResult.from_seconds(
        "faulty step",
        ours,
        theirs,
        Target("at most", 1.08),
        f"{_FAULT_TASK}: all sensor and actuation faults; reference: none",
    )
