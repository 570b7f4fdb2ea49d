"""Makes any shard of a dataset: the frames of a scene, with their files and the record of them."""

from __future__ import annotations

from typing import Any

from mygym_lite.datasets.formats.writers import WRITERS, write_picture
from mygym_lite.datasets.frame import Frame
from mygym_lite.datasets.generate import preview
from mygym_lite.datasets.generate.manifest import DATASET
from mygym_lite.datasets.generate.plan import DatasetPlan
from mygym_lite.datasets.generate.shard import FOLDER, Shard, counted
from mygym_lite.datasets.scenes.frames import Scenes
from mygym_lite.errors import UsageError
from mygym_lite.experts.expert import Expert, skill_for
from mygym_lite.files import present


class Work:
    """One process's share.

    Args:
        plan: Of the dataset, whose folder has to be in sight.
    """

    def __init__(self, plan: DatasetPlan) -> None:
        task = plan.recipe.task
        self._plan = plan
        self._shown = preview.shown(plan.images)
        self._scenes = Scenes(plan.recipe, None if skill_for(task) is None else Expert)

    def play(self, number: int) -> int:
        """Make a shard, and return of how many images it is."""
        if not DATASET.is_there(self._plan.folder):
            raise UsageError(f"{self._plan.folder}: is not seen by a worker; choose a folder that all nodes share")
        with present(self._plan.folder / FOLDER):
            return self._made(number)

    def _made(self, number: int) -> int:
        shard = Shard(number, [], {name: [] for name in self._plan.formats})
        for frame in self._scenes.frames(number, self._plan.images):
            shard.frames.append(counted(frame))
            write_picture(self._plan.folder, self._plan.formats, frame)
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
