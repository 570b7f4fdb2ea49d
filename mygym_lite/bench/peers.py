"""Comparison with panda-gym, and scaling of vector environments."""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from mygym_lite.bench import BenchmarkResult, Target, measure_alternately
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import make_task_vector_env
from mygym_lite.rng import make_stream

_ROUNDS = 8
_STEPS = 50  # length of an episode of panda-gym
_PANDA_GYM_SETTINGS = ("physics.step_hz=500", "episode.control_hz=25", "robot.translation_step=0.05")
_COPIES, _WORKERS = 8, 2


def measure_panda_gym(rounds: int = _ROUNDS) -> BenchmarkResult:
    """Measure steps per second with the same robot, substeps, control and actions; resets are excluded."""
    name = "panda steps"
    if find_spec("panda_gym") is None:
        return BenchmarkResult(
            name, None, None, "1/s", Target("at least", 1.3), note="skipped: pip install --no-deps panda-gym"
        )
    ours = TaskEnv("grasp", robot="panda", control="ee_translation", settings=_PANDA_GYM_SETTINGS)
    theirs = gym.make("panda_gym:PandaPickAndPlace-v3").unwrapped
    with closing(ours), closing(theirs):
        rates = measure_alternately(
            lambda seed: _measure_rate(ours, seed), lambda seed: _measure_rate(theirs, seed), rounds
        )
    return BenchmarkResult(
        name,
        *rates,
        "1/s",
        Target("at least", 1.3),
        note="grasp on panda, 20 substeps of 2 ms; reference: PandaPickAndPlace-v3 with the same random actions",
    )


def _measure_rate(env: gym.Env[Any, Any], seed: int, steps: int = _STEPS) -> float:
    """Measure steps per second, without resets."""
    actions = _sample_actions(env.action_space, seed, steps)
    env.reset(seed=seed)
    spent = 0.0
    for action in actions:
        started = perf_counter()
        _, _, terminated, truncated, _ = env.step(action)
        spent += perf_counter() - started
        if terminated or truncated:
            env.reset()
    return steps / spent


def measure_vector_env(rounds: int = 4, steps: int = _STEPS) -> BenchmarkResult:
    """Measure steps per second of several environments in two processes against one environment in this process."""
    with (
        closing(TaskEnv("grasp")) as single,
        closing(make_task_vector_env(_COPIES, task="grasp", workers=_WORKERS)) as vector,
    ):
        actions = [_sample_actions(single.action_space, copy, steps) for copy in range(_COPIES)]

        def measure_vector(_: int) -> float:
            vector.reset(seed=0)
            started = perf_counter()
            for batch in zip(*actions, strict=True):
                vector.step(np.stack(batch))
            return _COPIES * steps / (perf_counter() - started)

        def measure_single(_: int) -> float:
            return _COPIES / sum(1.0 / _measure_rate(single, copy, steps) for copy in range(_COPIES))

        rates = measure_alternately(measure_vector, measure_single, rounds)
    return BenchmarkResult(
        "vector steps",
        *rates,
        "1/s",
        Target("at least", 1.8),
        note=f"{_COPIES} environments in {_WORKERS} processes; reference: one environment in one process",
    )


def _sample_actions(space: gym.Space[Any], seed: int, steps: int) -> NDArray[np.float32]:
    return make_stream(seed, "bench/actions").uniform(-1.0, 1.0, (steps, *space.shape)).astype(np.float32)  # type: ignore[misc]
