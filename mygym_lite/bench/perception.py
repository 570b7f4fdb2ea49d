"""How long trained perception looks at a picture on one core, and what it adds to a step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from statistics import median
from time import perf_counter

import torch

from mygym_lite.bench import BenchmarkResult, measure_alternately
from mygym_lite.bench.actions import record_expert_actions
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.perception.estimated_poses import EstimatedPoses
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.metadata import find_estimator

_TASK, _WEIGHTS, _SEEDS = "grasp", "grasp", (0, 1)
_EVERY, _ROUNDS = 10, 6  # steps between moments; looks at each of them
_MOST = 5.0  # ms


def run_benchmark() -> list[BenchmarkResult]:
    """All that `bench perception` measures."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        eyes = PoseEstimator.load(find_estimator(_WEIGHTS))
        return [_looking(eyes, 1), _looking(eyes, len(eyes.metadata.cameras)), _step(eyes)]
    finally:
        torch.set_num_threads(threads)


def _looking(eyes: PoseEstimator, at_once: int) -> BenchmarkResult:
    """From pictures to estimates, over moments of the expert's episodes."""
    cameras, seconds = eyes.metadata.cameras[:at_once], []
    with closing(TaskEnv(_TASK)) as env:
        for seed in _SEEDS:
            actions = record_expert_actions(env, seed)
            env.reset(seed=seed)
            for number, action in enumerate(actions):
                env.step(action)
                if number % _EVERY == 0:
                    seconds.append(median(_timed(_look(env, eyes, cameras)) for _ in range(_ROUNDS)))
    return BenchmarkResult(
        f"look at {at_once} at once", 1e3 * median(seconds) / at_once, None, "ms", _MOST, "at most", compared="ours",
        note=f"a picture of {eyes.metadata.size[0]} px with its estimates, one core",
    )  # fmt: skip


def _look(env: TaskEnv, eyes: PoseEstimator, cameras: tuple[str, ...]) -> Callable[[], object]:
    size = eyes.metadata.size
    images = {camera: env.camera_rig.draw(camera, ("rgb",), size)["rgb"].copy() for camera in cameras}
    views = {camera: env.camera_rig.compute_nominal_view(camera, env.task, env.state, size) for camera in cameras}
    wanted = {name: thing.model for name, thing in env.episode_task.objects.items()}
    return partial(eyes.estimate_poses, images, views, wanted)


def _timed(call: Callable[[], object]) -> float:
    begin = perf_counter()
    call()
    return perf_counter() - begin


def _step(eyes: PoseEstimator) -> BenchmarkResult:
    """A step in which the robot looks through all cameras, against one in which it is told the truth."""
    with closing(TaskEnv(_TASK)) as told, closing(TaskEnv(_TASK)) as inner:
        seeing = EstimatedPoses(inner, eyes)
        ours, theirs = measure_alternately(partial(_episode, seeing), partial(_episode, told), 3)
    return BenchmarkResult(
        "step",
        1e3 * ours,
        1e3 * theirs,
        "ms",
        1e3 / 20.0,
        "at most",
        compared="ours",
        note=f"through {len(seeing.state_estimator.cameras)} cameras, pictures included, against one that is told the truth; "
        "the control period is 50 ms",
    )


def _episode(env: TaskEnv | EstimatedPoses, seed: int) -> float:
    """Seconds a step."""
    actions = record_expert_actions(env.unwrapped, seed)  # type: ignore[arg-type]
    env.reset(seed=seed)
    begin = perf_counter()
    for action in actions:
        env.step(action)
    return (perf_counter() - begin) / len(actions)
