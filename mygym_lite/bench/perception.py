"""Inference time of trained perception on one core, and its cost per step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from statistics import median
from time import perf_counter

import torch

from mygym_lite.bench import BenchmarkResult, Target, measure_alternately, time_call
from mygym_lite.bench.actions import record_expert_actions
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.perception.estimated_poses import EstimatedPoses
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.metadata import find_estimator

_TASK, _WEIGHTS, _SEEDS = "grasp", "grasp", (0, 1)
_EVERY, _ROUNDS = 10, 6  # steps between measured frames; repetitions per frame
_TARGET = 5.0  # ms per image


def run_benchmark() -> list[BenchmarkResult]:
    """Run the benchmarks of `bench perception`."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        estimator = PoseEstimator.load(find_estimator(_WEIGHTS))
        return [
            _measure_inference(estimator, 1),
            _measure_inference(estimator, len(estimator.metadata.cameras)),
            _measure_step(estimator),
        ]
    finally:
        torch.set_num_threads(threads)


def _measure_inference(estimator: PoseEstimator, batch_size: int) -> BenchmarkResult:
    """Measure the time from images to estimates over frames of expert episodes."""
    cameras, seconds = estimator.metadata.cameras[:batch_size], []
    with closing(TaskEnv(_TASK)) as env:
        for seed in _SEEDS:
            actions = record_expert_actions(env, seed)
            env.reset(seed=seed)
            for number, action in enumerate(actions):
                env.step(action)
                if number % _EVERY == 0:
                    seconds.append(
                        median(time_call(_prepare_inference(env, estimator, cameras)) for _ in range(_ROUNDS))
                    )
    return BenchmarkResult(
        f"batch of {batch_size}",
        1e3 * median(seconds) / batch_size,
        None,
        "ms",
        Target("at most", _TARGET, "ours"),
        note=f"per image of {estimator.metadata.size[0]} px, with pose estimates, one core",
    )


def _prepare_inference(env: TaskEnv, estimator: PoseEstimator, cameras: tuple[str, ...]) -> Callable[[], object]:
    size = estimator.metadata.size
    images = {camera: env.camera_rig.draw(camera, ("rgb",), size)["rgb"].copy() for camera in cameras}
    views = {camera: env.camera_rig.compute_nominal_view(camera, env.task, env.state, size) for camera in cameras}
    models = {name: placed.model for name, placed in env.episode_task.objects.items()}
    return partial(estimator.estimate_poses, images, views, models)


def _measure_step(estimator: PoseEstimator) -> BenchmarkResult:
    """Measure a step with pose estimation from all cameras against one with ground-truth poses."""
    with closing(TaskEnv(_TASK)) as ground_truth, closing(TaskEnv(_TASK)) as inner:
        estimated = EstimatedPoses(inner, estimator)
        ours, theirs = measure_alternately(partial(_run_episode, estimated), partial(_run_episode, ground_truth), 3)
    return BenchmarkResult(
        "step",
        1e3 * ours,
        1e3 * theirs,
        "ms",
        Target("at most", 1e3 / 20.0, "ours"),
        note=f"poses estimated from {len(estimated.state_estimator.cameras)} cameras, including rendering; "
        "reference: ground-truth poses; the control period is 50 ms",
    )


def _run_episode(env: TaskEnv | EstimatedPoses, seed: int) -> float:
    """Replay the expert's actions, and return seconds per step."""
    actions = record_expert_actions(env.unwrapped, seed)  # type: ignore[arg-type]
    env.reset(seed=seed)
    start = perf_counter()
    for action in actions:
        env.step(action)
    return (perf_counter() - start) / len(actions)
