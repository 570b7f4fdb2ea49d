"""How fast datasets are made, and whether that takes more and more memory."""

from __future__ import annotations

import resource
import tempfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from mygym_lite.bench import BenchmarkResult
from mygym_lite.datasets.generate.generate import run_generation
from mygym_lite.datasets.generate.manifest import DATASET_FOLDER, build_manifest
from mygym_lite.datasets.generate.plan import DatasetPlan, plan_dataset
from mygym_lite.datasets.generate.worker import ShardWorker

_TASK, _FORMATS = "grasp", ("coco", "bop")
_IMAGES = 2000
_WORKERS = 2
_MEBI = 2**20


def run_benchmark() -> list[BenchmarkResult]:
    """All that `bench dataset` measures."""
    with tempfile.TemporaryDirectory() as folder:
        return [_rate(_plan(Path(folder, "rate"))), _growth(_plan(Path(folder, "memory")))]


def _plan(folder: Path) -> DatasetPlan:
    return plan_dataset(_TASK, folder, _IMAGES, _FORMATS)


def _rate(plan: DatasetPlan) -> BenchmarkResult:
    """From the first shard of each worker to the last: starting is not counted, merging is."""
    ticks: list[tuple[float, int]] = []
    run_generation(plan, _WORKERS, progress=lambda _noun, done, _total, _detail: ticks.append((perf_counter(), done)))
    (start, before), end = ticks[_WORKERS], perf_counter()
    return BenchmarkResult(
        "images", (plan.images - before) / (end - start), None, "1/s", 150.0, "at least", compared="ours",
        note=f"{_TASK}, 256 px, {' + '.join(_FORMATS)}, randomization full, {_WORKERS} workers",
    )  # fmt: skip


def _growth(plan: DatasetPlan) -> BenchmarkResult:
    """What one worker's memory grows by while it makes the second half of a dataset."""
    with DATASET_FOLDER.open(plan.folder, build_manifest(plan)), closing(ShardWorker(plan)) as work:
        peaks = []
        for first, last in pairwise((0, plan.shard_count // 2, plan.shard_count)):
            for number in range(first, last):
                work.run_job(number)
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEBI)
    return BenchmarkResult(
        "memory", peaks[1] - peaks[0], None, "MiB", 20.0, "at most", compared="ours",
        note=f"growth of a process over the second half of {plan.images} images, from {peaks[0]:.0f} MiB",
    )  # fmt: skip
