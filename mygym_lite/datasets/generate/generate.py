"""Datasets: pictures of a task's scenes with everything that is known about them, in the formats that people use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mygym_lite.config.task import Task
from mygym_lite.datasets.formats.writers import WRITERS
from mygym_lite.datasets.generate.manifest import DATASET_FOLDER, IDENTITY_KEYS, build_manifest, complete_manifest
from mygym_lite.datasets.generate.plan import DatasetPlan, plan_dataset
from mygym_lite.datasets.generate.preview import write_preview
from mygym_lite.datasets.generate.shard import Record, Shard, locate_shard, read_shard
from mygym_lite.datasets.generate.worker import ShardWorker
from mygym_lite.errors import UsageError
from mygym_lite.jobs.backends import open_backend
from mygym_lite.jobs.scheduler import Heartbeat, Scheduler

Progress = Callable[[int, int], None]
"""Is told how many images there are, and how many there will be."""


def no_progress(_done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Dataset:
    """A dataset that is made."""

    folder: Path
    manifest: dict[str, Any]


class ShardQueue:
    """The shards that are still to be made."""

    def __init__(self, plan: DatasetPlan) -> None:
        self.remaining = deque(
            number for number in range(plan.shard_count) if not locate_shard(plan.folder, number).exists()
        )

    def pop(self) -> int | None:
        """The next one."""
        return self.remaining.popleft() if self.remaining else None

    def mark_done(self, result: int) -> None:
        """What is made is seen from its files."""


def make_dataset(
    task: str | Path | Task, out: str | Path, images: int, formats: Sequence[str] = ("coco",), *,
    size: tuple[int, int] = (256, 256), seed: int = 0, randomization: str | Path = "full",
    cameras: Sequence[str] | None = None, settings: Sequence[str] = (), workers: int | None = None,
    ray: str | None = None, progress: Progress = no_progress,
) -> Dataset:  # fmt: skip
    """Make a dataset: objects that were dropped, and an expert at work, through several cameras.

    The work is done by other processes, so a script calls this under ``if __name__ == "__main__":``. Called again with
    the same arguments it goes on where it was ended, however that was, and comes to the same bytes.

    Args:
        task: A shipped task's name, the path of a task file, or a task.
        out: Folder of the dataset.
        images: How many.
        formats: ``coco``, ``bop``, ``yolo``.
        size: Width and height of an image, px.
        seed: Of the dataset: another one gives other scenes.
        randomization: A preset's name, the path of one, or ``none``.
        cameras: Some of the task's cameras; all of them if left out.
        settings: Fixed changes to the task, each as ``path=value``.
        workers: Processes, as many as there are cores if left out.
        ray: Address of a Ray cluster instead, or ``auto``; its nodes have to share the folder.
        progress: Is told how it goes on.
    """
    plan = plan_dataset(task, out, images, formats, size, seed, randomization, cameras, settings)
    return run_generation(plan, workers, ray, progress)


def run_generation(
    plan: DatasetPlan, workers: int | None = None, ray: str | None = None, progress: Progress = no_progress
) -> Dataset:
    """Make what is missing of a dataset, then write what sums it up."""
    with DATASET_FOLDER.open(plan.folder, build_manifest(plan), IDENTITY_KEYS) as card:
        missing = ShardQueue(plan)
        done = plan.images - sum(len(list(plan.recipe.list_frames(n, plan.images))) for n in missing.remaining)
        progress(done, plan.images)
        if missing.remaining:
            with (
                open_backend(partial(_workshop, plan), workers, ray) as players,
                closing(Scheduler[int](missing, players, _give_up).run()) as counts,
            ):
                for count in counts:
                    done += count
                    progress(done, plan.images)
        return _summed_up(plan, card)


def _workshop(plan: DatasetPlan, _tell: Heartbeat) -> ShardWorker:
    return ShardWorker(plan)


def _give_up(number: int, how: str) -> NoReturn:
    raise UsageError(f"shard {number}: {how}; the same command goes on with the others' work kept")


def _summed_up(plan: DatasetPlan, card: dict[str, Any]) -> Dataset:
    """Write annotations, card and preview from the shards."""
    for name in plan.formats:
        WRITERS[name].merge(plan.folder / name, (r for shard in _shards(plan) for r in shard.formats[name]), card)
    card = complete_manifest(card, _frames(plan))
    write_preview(plan.folder, plan.images)
    DATASET_FOLDER.write_manifest(plan.folder, card)
    return Dataset(plan.folder, card)


def _shards(plan: DatasetPlan) -> Iterator[Shard]:
    return (read_shard(plan.folder, number) for number in range(plan.shard_count))


def _frames(plan: DatasetPlan) -> Iterator[Record]:
    return (frame for shard in _shards(plan) for frame in shard.frames)
