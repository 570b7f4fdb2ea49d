"""How fast a task steps and resets."""

from __future__ import annotations

from contextlib import closing
from statistics import median
from time import perf_counter

import numpy as np

from mygym_lite.bench import BenchmarkResult, measure_alternately
from mygym_lite.bench.actions import Actions, record_expert_actions
from mygym_lite.bench.faults import measure_faults, measure_sampling
from mygym_lite.bench.peers import measure_panda_gym, measure_vector_env
from mygym_lite.config.sampling import sample
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import PhysicsError
from mygym_lite.sim import world as sim

_TASK = "grasp"
_EPISODES = 8
_RESETS = 100


def run_benchmark() -> list[BenchmarkResult]:
    """All that `bench step` measures."""
    return [
        measure_step(),
        measure_reset(),
        measure_panda_gym(),
        measure_vector_env(),
        measure_sampling(),
        measure_faults(),
    ]


class BareWorld(sim.World):
    """Acts as any world does, and measures its physics steps alone, one right after the other."""

    def _advance(self) -> None:
        engine = sim.bullet  # type: ignore[attr-defined]
        started = perf_counter()
        for _ in range(self._task.substeps):
            engine.stepSimulation(physicsClientId=self.client)
        self.physics_seconds = perf_counter() - started


def measure_step(episodes: int = _EPISODES) -> BenchmarkResult:
    """A step of the environment against the physics steps it makes: same episodes, same actions, so the same physics.

    The expert's actions are recorded first. Then every episode is lived twice: once through ``env.step``, and once with
    nothing timed but the bare physics steps in one tight loop, which is the cheapest they can be.
    """
    with closing(TaskEnv(_TASK)) as env, BareWorld() as bare:
        whole: list[float] = []
        alone: list[float] = []
        for seed in range(episodes + 1):
            actions = record_expert_actions(env, seed)
            env_times, bare_times = _step_times(env, actions, seed), _bare_times(bare, env, actions, seed)
            if not np.array_equal(env.state.joints, bare.state.joints):
                raise PhysicsError(f"{_TASK}, seed {seed}: the bare replay went another way than the episode")
            if seed > 0:  # the first episode warms everything up
                whole, alone = whole + env_times, alone + bare_times
    return BenchmarkResult(
        "env.step", 1e3 * median(whole), 1e3 * median(alone), "ms", 1.15, "at most",
        note=f"{_TASK} by the expert, against its bare stepSimulation calls",
    )  # fmt: skip


def _step_times(env: TaskEnv, actions: Actions, seed: int) -> list[float]:
    env.reset(seed=seed)
    times = []
    for action in actions:
        started = perf_counter()
        env.step(action)
        times.append(perf_counter() - started)
    return times


def _bare_times(bare: BareWorld, env: TaskEnv, actions: Actions, seed: int) -> list[float]:
    bare.reset(sample(env.task, (), seed), seed)
    times = []
    for action in actions:
        bare.step(action.astype(np.float64))
        times.append(bare.physics_seconds)
    return times


def measure_reset(resets: int = _RESETS) -> BenchmarkResult:
    """A reset of a world in use against one that loads everything anew."""
    with closing(TaskEnv(_TASK)) as env:

        def again(seed: int) -> float:
            started = perf_counter()
            env.reset(seed=seed)
            return perf_counter() - started

        def anew(seed: int) -> float:
            started = perf_counter()
            with sim.World() as world:
                world.reset(sample(env.task, (), seed), seed)
                return perf_counter() - started

        ours, theirs = measure_alternately(again, anew, resets)
    return BenchmarkResult(
        "env.reset", 1e3 * ours, 1e3 * theirs, "ms", 3.0, "at most", compared="ours", note="against a world built anew"
    )
