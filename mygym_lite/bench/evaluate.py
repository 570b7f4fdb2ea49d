"""How fast whole runs are: what the harness adds to bare episodes, what workers bring, and what a page costs."""

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
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from mygym_lite.bench import BenchmarkResult
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
_SEED = 60000  # of nothing that is ever reported
_HIDDEN = (64, 64)
_EPISODES = 1000
_PAIRS = 24
_PAGE = 20_000  # episodes
_MEBI = 2**20


def run_benchmark() -> list[BenchmarkResult]:
    """All that `bench evaluate` measures."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        network = str(save_untrained_policy(place / "network"))
        plan = prepare_evaluation("expert", [_TASK], _SUITE, 1, seed=_SEED).plan
        one, records = _run(plan, 1)
        two, _ = _run(plan, 2)
        waiting, _ = _run(prepare_evaluation(network, [_TASK], _SUITE, 1, seed=_SEED).plan, 2)
        return [
            _thousand(f"{_EPISODES} episodes, solved", two, plan, "by the expert, who is slower than a small network"),
            _thousand(f"{_EPISODES} episodes, to the end", waiting, plan, "by an untrained network, all 8 s of each"),
            _two_workers(one, two, plan),
            _overhead(prepare_evaluation(network, [_TASK], _SUITE, 1, seed=_SEED).plan, place),
            *_page_figures(plan, records, place),
        ]


def save_untrained_policy(folder: Path) -> Path:
    """A small network from state whose weights nobody has learned."""
    rng = make_stream(0, "bench/network")
    with closing(TaskEnv(_TASK)) as env:
        inputs = sum(np.size(group) for group in env.reset(seed=0)[0].values())
        sizes = (inputs, *_HIDDEN, env.world.action_size)
        layers = [(rng.normal(0.0, wide**-0.5, (high, wide)), np.zeros(high)) for wide, high in pairwise(sizes)]
        return MlpPolicy.from_layers(env, layers, np.zeros(inputs), np.ones(inputs)).save(folder)


def _run(plan: EvaluationPlan, workers: int) -> tuple[float, list[EpisodeRecord]]:
    """Seconds between the first record and the last of a run, and the records: starting is not counted."""
    records: list[EpisodeRecord] = []
    times: list[float] = []

    def on_record(record: EpisodeRecord) -> None:
        times.append(perf_counter())
        records.append(record)

    run_episodes(EpisodeQueue(plan), on_record, workers=workers)
    return times[-1] - times[0], records


def _thousand(name: str, seconds: float, plan: EvaluationPlan, who: str) -> BenchmarkResult:
    return BenchmarkResult(
        name, seconds * _EPISODES / (len(plan) - 1), None, "s", 60.0, "at most", compared="ours",
        note=f"{_TASK} over {_SUITE}, two workers, from {len(plan)} episodes {who}",
    )  # fmt: skip


def _two_workers(one: float, two: float, plan: EvaluationPlan) -> BenchmarkResult:
    return BenchmarkResult(
        "two workers", len(plan) / two, len(plan) / one, "1/s", 1.8, "at least",
        note=f"{_TASK} over {_SUITE} by the expert, against one worker",
    )  # fmt: skip


def _overhead(plan: EvaluationPlan, place: Path) -> BenchmarkResult:
    """An episode with all that is measured, sent and stored, against the bare loop; each episode both ways in turn."""
    ours, theirs = [], []
    with (
        closing(EpisodeRunner(plan)) as stage,
        RunFolderWriter.create_or_resume(place / "overhead", build_manifest(plan)) as run,
    ):
        env = stage.get_env(0)
        policy = plan.policies[0].make(env)
        for number in islice(range(len(plan)), _PAIRS):
            started = perf_counter()
            run.append(pickle.loads(pickle.dumps(stage.run_job(number))))
            between = perf_counter()
            _bare(env, policy, plan, number)
            ours.append(between - started)
            theirs.append(perf_counter() - between)
    return BenchmarkResult(
        "harness", 1e3 * median(ours[1:]), 1e3 * median(theirs[1:]), "ms", 1.05, "at most",
        note=f"an episode of {_TASK}, measured, sent and stored, against the bare loop of environment and network",
    )  # fmt: skip


def _bare(env: TaskEnv, policy: Policy, plan: EvaluationPlan, number: int) -> None:
    spec = plan.make_episode_spec(number)
    for _ in iterate_steps(env, policy, spec.seed, spec.condition.get_variations(spec.seed)):
        pass


def _page_figures(plan: EvaluationPlan, records: list[EpisodeRecord], place: Path) -> Iterator[BenchmarkResult]:
    """A page of many episodes, made in a process of its own, whose memory is its own too."""
    folder = place / "page"
    turns = -(-_PAGE // len(plan))
    with RunFolderWriter.create_or_resume(folder, build_manifest(replace(plan, episodes=turns))) as run:
        for number, record in zip(range(_PAGE), cycle(records), strict=False):
            turn = number // len(records)
            run.append(replace(record, seed=plan.seed + turn, episode=plan.get_episode_number(record.episode, turn)))
    context = SpawnContext()
    near, far = context.Pipe()
    process = context.Process(target=_write_page, args=(folder, far))
    process.start()
    seconds, memory = near.recv()
    process.join()
    note = f"report of {_PAGE} episodes, {len(plan)} conditions, loading and statistics included"
    yield BenchmarkResult("report", seconds, None, "s", 10.0, "at most", compared="ours", note=note)
    yield BenchmarkResult(
        "report, memory", memory, None, "MiB", 1024.0, "at most", compared="ours", note="its process at the most"
    )
    size = (folder / "report.html").stat().st_size / 1e6
    yield BenchmarkResult(
        "report, size", size, None, "MB", 3.0, "at most", compared="ours", note="one file, without clips"
    )


def _write_page(folder: Path, pipe: Any) -> None:
    from mygym_lite.harness.report import write_report

    started = perf_counter()
    write_report([RunFolder.open(folder)], folder)
    pipe.send((perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEBI))
