"""Speed of dataset generation, and growth of its memory."""

from __future__ import annotations

import resource
import tempfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from mygym_lite.bench import BenchmarkResult, Target
from mygym_lite.datasets.generate.generate import make_dataset
from mygym_lite.datasets.generate.manifest import DATASET_FOLDER, build_manifest
from mygym_lite.datasets.generate.plan import DatasetPlan, plan_dataset
from mygym_lite.datasets.generate.worker import ShardWorker
from mygym_lite.datasets.recipe import MAX_MOMENTS

_TASK, _FORMATS = "grasp", ("coco", "bop")
_IMAGES = 2000
_WORKERS = 2
_MEBI = 2**20


def run_benchmark() -> list[BenchmarkResult]:
    """Run the benchmarks of `bench dataset`."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            _measure_rate(Path(folder, "rate")),
            _measure_memory_growth(plan_dataset(_TASK, Path(folder, "memory"), _IMAGES, _FORMATS, moments=MAX_MOMENTS)),
        ]


def _measure_rate(folder: Path) -> BenchmarkResult:
    """Measure images per second, from the first shard of each worker; startup is excluded, merging included."""
    ticks: list[tuple[float, int]] = []

    def note_tick(_noun: str, done: int, _total: int, _detail: str) -> None:
        ticks.append((perf_counter(), done))

    make_dataset(_TASK, folder, _IMAGES, _FORMATS, moments=MAX_MOMENTS, workers=_WORKERS, progress=note_tick)
    (start, before), end = ticks[_WORKERS], perf_counter()
    return BenchmarkResult(
        "images",
        (_IMAGES - before) / (end - start),
        None,
        "1/s",
        Target("at least", 150.0, "ours"),
        note=f"{_TASK}, 256 px, {' + '.join(_FORMATS)}, full, {MAX_MOMENTS} moments a scene, {_WORKERS} workers",
    )


def _measure_memory_growth(plan: DatasetPlan) -> BenchmarkResult:
    """Measure the memory growth of a worker over the second half of a dataset."""
    with DATASET_FOLDER.open(plan.folder, build_manifest(plan)), closing(ShardWorker(plan)) as worker:
        peaks = []
        for first, last in pairwise((0, plan.shard_count // 2, plan.shard_count)):
            for number in range(first, last):
                worker.run_job(number)
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEBI)
    return BenchmarkResult(
        "memory",
        peaks[1] - peaks[0],
        None,
        "MiB",
        Target("at most", 20.0, "ours"),
        note=f"growth of a process over the second half of {plan.images} images, from {peaks[0]:.0f} MiB",
    )
