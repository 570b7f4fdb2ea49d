"""Makes any shard of a dataset: the frames of a scene, with their files and the record of them."""

from __future__ import annotations

from typing import Any

from mygym_lite.datasets.formats.writers import WRITERS, write_image
from mygym_lite.datasets.frame import Frame
from mygym_lite.datasets.generate import preview
from mygym_lite.datasets.generate.manifest import DATASET_FOLDER
from mygym_lite.datasets.generate.plan import DatasetPlan
from mygym_lite.datasets.generate.shard import SHARDS_FOLDER, Shard, summarize_frame
from mygym_lite.datasets.scenes.frames import FrameGenerator
from mygym_lite.errors import UsageError
from mygym_lite.experts.expert import Expert, select_skill
from mygym_lite.files import hold_shared_lock


class ShardWorker:
    """One process's share.

    Args:
        plan: Of the dataset, whose folder has to be in sight.
    """

    def __init__(self, plan: DatasetPlan) -> None:
        task = plan.recipe.task
        self._plan = plan
        self._shown = preview.select_preview_frames(plan.images)
        self._scenes = FrameGenerator(plan.recipe, None if select_skill(task) is None else Expert.from_env)

    def run_job(self, number: int) -> int:
        """Make a shard, and return of how many images it is."""
        if not DATASET_FOLDER.exists(self._plan.folder):
            raise UsageError(f"{self._plan.folder}: is not seen by a worker; choose a folder that all nodes share")
        with hold_shared_lock(self._plan.folder / SHARDS_FOLDER):
            return self._made(number)

    def _made(self, number: int) -> int:
        shard = Shard(number, [], {name: [] for name in self._plan.formats})
        for frame in self._scenes.generate(number, self._plan.images):
            shard.frames.append(summarize_frame(frame))
            write_image(self._plan.folder, self._plan.formats, frame)
            for name, records in shard.formats.items():
                records.append(self._written(name, frame))
            if frame.number in self._shown:
                preview.write_tile(self._plan.folder, frame, self._plan.recipe.classes)
        shard.write(self._plan.folder)
        return len(shard.frames)

    def _written(self, name: str, frame: Frame) -> dict[str, Any]:
        return WRITERS[name].write_frame(self._plan.folder / name, frame, self._plan.recipe.classes)

    def close(self) -> None:
        """Let the physics engines go."""
        self._scenes.close()
