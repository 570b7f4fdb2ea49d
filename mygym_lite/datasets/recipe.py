"""What a dataset shows, and which scene and moment each of its frames is of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mygym_lite.config.objects import list_objects
from mygym_lite.config.placement import list_distractor_models
from mygym_lite.config.sampling import get_start_variations
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.datasets.frame import SPLITS, ClassList, Split
from mygym_lite.datasets.labels import Thresholds, list_labelled_objects
from mygym_lite.rng import make_stream

MOMENTS_PER_SCENE = 8
OBJECT_BANK = "train"
_SEEDS = 2**32
_ROUND = 10  # scenes of which one is for validation and one for testing


class FrameSpec(NamedTuple):
    """A frame before it is made."""

    number: int
    moment: int
    camera: str


@dataclass(frozen=True)
class DatasetRecipe:
    """Everything that decides the frames of a dataset, apart from how many there are."""

    task: Task
    variations: tuple[Variation, ...]
    cameras: tuple[str, ...]
    size: tuple[int, int]
    seed: int = 0
    thresholds: Thresholds = Thresholds()  # noqa: RUF009

    @property
    def frames_per_scene(self) -> int:
        """Frames of a scene that is complete."""
        return MOMENTS_PER_SCENE * len(self.cameras)

    def count_scenes(self, images: int) -> int:
        """How many scenes so many images are of."""
        return -(-images // self.frames_per_scene)

    def list_frames(self, scene: int, images: int) -> Iterator[FrameSpec]:
        """The frames of a scene, but for those beyond the last image."""
        first = scene * self.frames_per_scene
        for number in range(first, min(images, first + self.frames_per_scene)):
            moment, place = divmod(number - first, len(self.cameras))
            yield FrameSpec(number, moment, self.cameras[place])

    def derive_scene_seed(self, scene: int) -> int:
        """From which everything in a scene is drawn; of no episode that anybody would ask for by a small number."""
        return int(make_stream(self.seed, f"dataset/scene/{scene}").integers(_SEEDS))

    def is_settled(self, scene: int) -> bool:
        """Whether a scene is of objects that were dropped, rather than of an episode of the expert."""
        return bool(make_stream(self.seed, f"dataset/kind/{scene}").random() < 0.5)

    def assign_split(self, scene: int) -> Split:
        """Eight scenes of ten are for training, the first among them, and one each for validation and testing."""
        block, place = divmod(scene, _ROUND)
        rng = make_stream(self.seed, f"dataset/split/{block}")
        val, test = (1 + rng.choice(_ROUND - 1, 2, replace=False)).tolist()
        return SPLITS[1] if place == val else SPLITS[2] if place == test else SPLITS[0]

    @cached_property
    def classes(self) -> ClassList:
        """Every model that a scene may hold."""
        chosen = [
            model
            for v in (*get_start_variations(self.task), *self.variations)
            if v.path.startswith("objects.") and v.path.endswith(".model")
            for model in v.compute_extremes("")
        ]
        drawn = list_distractor_models(self.task.distractors) if self.task.distractors else []
        own = [thing.model for thing in list_labelled_objects(self.task).values()]
        return ClassList.from_models([*own, *chosen, *drawn, *list_objects(OBJECT_BANK)])
