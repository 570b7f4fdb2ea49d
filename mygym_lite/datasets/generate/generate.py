"""Vision datasets: labelled images of a task's scenes, in the field's formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mygym_lite.config.task import Task
from mygym_lite.datasets.formats.writers import FLOW, WRITERS
from mygym_lite.datasets.generate.flow_preview import write_flow_preview
from mygym_lite.datasets.generate.manifest import DATASET_FOLDER, build_manifest, complete_manifest
from mygym_lite.datasets.generate.plan import DatasetPlan, plan_dataset
from mygym_lite.datasets.generate.preview import write_preview
from mygym_lite.datasets.generate.shard import Shard, locate_shard, read_shard
from mygym_lite.datasets.generate.worker import ShardWorker
from mygym_lite.datasets.recipe import DEFAULT_OBJECTS
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.run import run_jobs


@dataclass(frozen=True)
class Dataset:
    """A complete dataset."""

    folder: Path
    manifest: Manifest


class ShardQueue(FixedQueue):
    """The missing shards of a dataset; counts images.

    Args:
        plan: Plan of the dataset.
    """

    def __init__(self, plan: DatasetPlan) -> None:
        missing = [n for n in range(plan.shard_count) if not locate_shard(plan.folder, n).exists()]
        done = plan.images - sum(len(list(plan.recipe.list_frames(n, plan.images))) for n in missing)
        super().__init__(missing, done, plan.images)

    def mark_done(self, result: object) -> None:
        """Count the images of a shard."""
        assert isinstance(result, int)
        self.done += result


def make_dataset(
    task: str | Path | Task,
    out: str | Path,
    images: int,
    formats: Sequence[str] = ("coco",),
    *,
    size: tuple[int, int] = (256, 256),
    seed: int = 0,
    randomization: str | Path = "full",
    cameras: Sequence[str] | None = None,
    settings: Sequence[str] = (),
    moments: int | None = None,
    objects: Sequence[str] = DEFAULT_OBJECTS,
    video: bool = False,
    workers: int | None = None,
    ray: str | None = None,
    progress: Progress = no_progress,
) -> Dataset:
    """Generate a dataset of settled objects and of an expert at work, through several cameras.

    Other processes do the work, so a script calls this under ``if __name__ == "__main__":``. Called again with the
    same arguments, an interrupted command continues, and arrives at the same bytes.

    Args:
        task: Name of a shipped task, path of a task file, or a task.
        out: Folder of the dataset.
        images: Number of images.
        formats: Some of ``coco``, ``bop``, ``yolo``, ``gltf``, ``flow``.
        size: Width and height of an image, px.
        seed: Seed of the scenes.
        randomization: Name of a preset, path of one, or ``none``.
        cameras: Some of the task's cameras; all of them if left out.
        settings: Fixed changes to the task, each as ``path=value``.
        moments: Moments of each scene, each rendered through all cameras; 1 to 8 if left out, so that a small
            dataset has a hundred scenes if it can.
        objects: Object models, or banks of them, that scenes of dropped objects add to those of the task.
        video: Make the moments of each scene successive steps with one appearance; 16 if ``moments`` is left out.
        workers: Number of processes; one for each core if left out.
        ray: Address of a Ray cluster to use instead, or ``auto``; its nodes have to share the folder.
        progress: Callback for progress.
    """
    plan = plan_dataset(
        task,
        out,
        images,
        formats,
        size=size,
        seed=seed,
        randomization=randomization,
        cameras=cameras,
        settings=settings,
        moments=moments,
        objects=objects,
        video=video,
    )
    with DATASET_FOLDER.open(plan.folder, build_manifest(plan)) as manifest:
        worker = partial(ShardWorker, plan)
        run_jobs(ShardQueue(plan), worker, noun="shard", counted="images", workers=workers, ray=ray, progress=progress)
        for name in plan.formats:
            records = (record for shard in _read_shards(plan) for record in shard.formats[name])
            WRITERS[name].merge(plan.folder / name, records, manifest)
        manifest = complete_manifest(manifest, (frame for shard in _read_shards(plan) for frame in shard.frames))
        write_preview(plan.folder, plan.images)
        if FLOW in plan.formats:
            write_flow_preview(plan.folder / FLOW)
        DATASET_FOLDER.write_manifest(plan.folder, manifest)
        return Dataset(plan.folder, manifest)


def _read_shards(plan: DatasetPlan) -> Iterator[Shard]:
    return (read_shard(plan.folder, number) for number in range(plan.shard_count))
