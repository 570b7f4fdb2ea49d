"""Worker that generates shards: the frames of a scene, with their files and annotations."""

from __future__ import annotations

from mygym_lite.datasets.formats.writers import WRITERS, write_image
from mygym_lite.datasets.generate import preview
from mygym_lite.datasets.generate.manifest import DATASET_FOLDER
from mygym_lite.datasets.generate.plan import DatasetPlan
from mygym_lite.datasets.generate.shard import Shard, summarize_frame
from mygym_lite.datasets.scenes.frames import FrameGenerator
from mygym_lite.experts.composition import can_solve
from mygym_lite.experts.expert import Expert
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat


class ShardWorker:
    """Generates any shard of a dataset.

    Args:
        plan: Plan of the dataset, whose folder has to be visible here.
    """

    def __init__(self, plan: DatasetPlan, _heartbeat: Heartbeat = no_heartbeat) -> None:
        task = plan.recipe.task
        self._plan = plan
        self._preview_frames = preview.select_preview_frames(plan.images)
        self._frames = FrameGenerator(plan.recipe, Expert.from_env if can_solve(task) else None)

    def run_job(self, number: int) -> int:
        """Generate a shard, and return the number of its images."""
        with DATASET_FOLDER.hold(self._plan.folder):
            return self._generate(number)

    def _generate(self, number: int) -> int:
        folder, classes = self._plan.folder, self._plan.recipe.classes
        shard = Shard(number, [], {name: [] for name in self._plan.formats})
        for frame in self._frames.generate(number, self._plan.images):
            shard.frames.append(summarize_frame(frame))
            write_image(folder, self._plan.formats, frame)
            for name, records in shard.formats.items():
                records.append(WRITERS[name].write_frame(folder / name, frame, classes))
            if frame.number in self._preview_frames:
                preview.write_tile(folder, frame, classes)
        shard.write(folder)
        return len(shard.frames)

    def close(self) -> None:
        """Close the physics engines."""
        self._frames.close()
