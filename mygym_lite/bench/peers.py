"""Our speed beside panda-gym's, and several processes beside one."""

from __future__ import annotations

from contextlib import closing
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from mygym_lite.bench import BenchmarkResult, measure_alternately
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import make_task_vector_env
from mygym_lite.rng import make_stream

_ROUNDS = 8
_STEPS = 50  # an episode of panda-gym
_LIKE_PANDA_GYM = ("physics.step_hz=500", "episode.control_hz=25", "robot.translation_step=0.05")
_COPIES, _WORKERS = 8, 2


def measure_panda_gym(rounds: int = _ROUNDS) -> BenchmarkResult:
    """Steps per second with the same robot, substeps, control and actions; resets are not counted on either side."""
    name = "panda steps"
    if find_spec("panda_gym") is None:
        return BenchmarkResult(name, None, None, "1/s", 1.3, "at least", note="skipped: pip install panda-gym")
    ours = TaskEnv("grasp", robot="panda", control="ee_translation", settings=_LIKE_PANDA_GYM)
    theirs = gym.make("panda_gym:PandaPickAndPlace-v3").unwrapped
    with closing(ours), closing(theirs):
        rates = measure_alternately(lambda seed: _rate(ours, seed), lambda seed: _rate(theirs, seed), rounds)
    return BenchmarkResult(
        name, *rates, "1/s", 1.3, "at least",
        note="grasp on panda, 20 substeps of 2 ms, against PandaPickAndPlace-v3, same random actions",
    )  # fmt: skip


def _rate(env: gym.Env[Any, Any], seed: int, steps: int = _STEPS) -> float:
    """Steps per second of step calls alone."""
    actions = _actions(env.action_space, seed, steps)
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
    """Steps per second of many worlds over two processes, against the same episodes one by one in one process."""
    with (
        closing(TaskEnv("grasp")) as one,
        closing(make_task_vector_env(_COPIES, task="grasp", workers=_WORKERS)) as many,
    ):
        actions = [_actions(one.action_space, copy, steps) for copy in range(_COPIES)]

        def together(_: int) -> float:
            many.reset(seed=0)
            started = perf_counter()
            for moment in zip(*actions, strict=True):
                many.step(np.stack(moment))
            return _COPIES * steps / (perf_counter() - started)

        def in_a_row(_: int) -> float:
            return _COPIES / sum(1.0 / _rate(one, copy, steps) for copy in range(_COPIES))

        rates = measure_alternately(together, in_a_row, rounds)
    return BenchmarkResult(
        "vector steps", *rates, "1/s", 1.8, "at least",
        note=f"{_COPIES} worlds in {_WORKERS} processes, against one world in one process",
    )  # fmt: skip


def _actions(space: gym.Space[Any], seed: int, steps: int) -> NDArray[np.float32]:
    return make_stream(seed, "bench/actions").uniform(-1.0, 1.0, (steps, *space.shape)).astype(np.float32)  # type: ignore[misc]
