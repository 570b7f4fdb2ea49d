"""Speed of evaluation runs: overhead of the harness, scaling with workers, and cost of the report."""

from __future__ import annotations

import pickle
import resource
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import cycle, islice, pairwise
from multiprocessing.context import SpawnContext
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from mygym_lite.bench import BenchmarkResult, Target
from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.evaluate import prepare_evaluation, run_episodes
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.harness.run_folder import RunFolder, RunFolderWriter
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.policy import Policy
from mygym_lite.rng import make_stream
from mygym_lite.rollout.record import EpisodeRecord

_TASK, _SUITE = "grasp", "sim2real"
_SEED = 60000  # disjoint from all seeds of reported results
_HIDDEN = (64, 64)
_EPISODES = 1000
_OVERHEAD_EPISODES = 24
_REPORT_EPISODES = 20_000
_MEBI = 2**20


def run_benchmark() -> list[BenchmarkResult]:
    """Run the benchmarks of `bench evaluate`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        network = str(save_untrained_policy(folder / "network"))
        plan = prepare_evaluation("expert", [_TASK], _SUITE, 1, seed=_SEED).plan
        network_plan = prepare_evaluation(network, [_TASK], _SUITE, 1, seed=_SEED).plan
        one, records = _time_run(plan, 1)
        two, _ = _time_run(plan, 2)
        network_seconds, _ = _time_run(network_plan, 2)
        return [
            _make_run_result(
                f"{_EPISODES} episodes, solved", two, plan, "of the expert, which is slower than a small network"
            ),
            _make_run_result(f"{_EPISODES} episodes, full", network_seconds, plan, "of an untrained network, 8 s each"),
            _make_scaling_result(one, two, plan),
            _measure_overhead(network_plan, folder),
            *_measure_report(plan, records, folder),
        ]


def save_untrained_policy(folder: Path) -> Path:
    """Save a small state-based network with random weights."""
    rng = make_stream(0, "bench/network")
    with closing(TaskEnv(_TASK)) as env:
        inputs = sum(np.size(group) for group in env.reset(seed=0)[0].values())
        sizes = (inputs, *_HIDDEN, env.world.action_size)
        layers = [(rng.normal(0.0, inner**-0.5, (outer, inner)), np.zeros(outer)) for inner, outer in pairwise(sizes)]
        return MlpPolicy.from_layers(env, layers, np.zeros(inputs), np.ones(inputs)).save(folder)


def _time_run(plan: EvaluationPlan, workers: int) -> tuple[float, list[EpisodeRecord]]:
    """Return the records of a run, and the seconds from the first to the last; startup is excluded."""
    records: list[EpisodeRecord] = []
    times: list[float] = []

    def on_record(record: EpisodeRecord) -> None:
        times.append(perf_counter())
        records.append(record)

    run_episodes(EpisodeQueue(plan), on_record, workers=workers)
    return times[-1] - times[0], records


def _make_run_result(name: str, seconds: float, plan: EvaluationPlan, policy: str) -> BenchmarkResult:
    return BenchmarkResult(
        name,
        seconds * _EPISODES / (len(plan) - 1),
        None,
        "s",
        Target("at most", 60.0, "ours"),
        note=f"{_TASK} over {_SUITE}, two workers, from {len(plan)} episodes {policy}",
    )


def _make_scaling_result(one: float, two: float, plan: EvaluationPlan) -> BenchmarkResult:
    return BenchmarkResult(
        "two workers",
        len(plan) / two,
        len(plan) / one,
        "1/s",
        Target("at least", 1.8),
        note=f"{_TASK} over {_SUITE} by the expert; reference: one worker",
    )


def _measure_overhead(plan: EvaluationPlan, folder: Path) -> BenchmarkResult:
    """Measure an episode with metrics, transfer and storage against the bare loop, alternating per episode."""
    ours, theirs = [], []
    with (
        closing(EpisodeRunner(plan)) as runner,
        RunFolderWriter.create_or_resume(folder / "overhead", build_manifest(plan)) as run,
    ):
        env = runner.get_env(0)
        policy = plan.policies[0].make(env)
        for number in islice(range(len(plan)), _OVERHEAD_EPISODES):
            started = perf_counter()
            run.append(pickle.loads(pickle.dumps(runner.run_job(number))))
            between = perf_counter()
            _run_bare_episode(env, policy, plan, number)
            ours.append(between - started)
            theirs.append(perf_counter() - between)
    return BenchmarkResult.from_seconds(
        "harness",
        ours[1:],
        theirs[1:],
        Target("at most", 1.05),
        f"episode of {_TASK} with metrics, transfer and storage; reference: bare loop of environment and network",
    )


def _run_bare_episode(env: TaskEnv, policy: Policy, plan: EvaluationPlan, number: int) -> None:
    spec = plan.make_episode_spec(number)
    for _ in iterate_steps(env, policy, spec.seed, spec.condition.get_variations(spec.seed)):
        pass


def _measure_report(plan: EvaluationPlan, records: list[EpisodeRecord], folder: Path) -> Iterator[BenchmarkResult]:
    """Measure the report of many episodes, written in a separate process to isolate its memory."""
    folder = folder / "report"
    repetitions = -(-_REPORT_EPISODES // len(plan))
    with RunFolderWriter.create_or_resume(folder, build_manifest(replace(plan, episodes=repetitions))) as run:
        for number, record in zip(range(_REPORT_EPISODES), cycle(records), strict=False):
            repetition = number // len(records)
            run.append(
                replace(
                    record, seed=plan.seed + repetition, episode=plan.get_episode_number(record.episode, repetition)
                )
            )
    context = SpawnContext()
    receiver, sender = context.Pipe()
    process = context.Process(target=_time_report, args=(folder, sender))
    process.start()
    seconds, memory = receiver.recv()
    process.join()
    note = f"report of {_REPORT_EPISODES} episodes, {len(plan)} conditions, including loading and statistics"
    size = (folder / "report.html").stat().st_size / 1e6
    for name, value, unit, target, about in (
        ("report", seconds, "s", 10.0, note),
        ("report, memory", memory, "MiB", 1024.0, "peak memory of its process"),
        ("report, size", size, "MB", 3.0, "one file, without clips"),
    ):
        yield BenchmarkResult(name, value, None, unit, Target("at most", target, "ours"), note=about)


def _time_report(folder: Path, pipe: Any) -> None:
    from mygym_lite.harness.report import write_report

    started = perf_counter()
    write_report([RunFolder.open(folder)], folder)
    pipe.send((perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEBI))
