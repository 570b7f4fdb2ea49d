"""What a dataset shows, and which scene and moment each of its frames is of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mygym_lite.config.objects import object_names
from mygym_lite.config.placement import distractor_models
from mygym_lite.config.sampling import start_of
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.datasets.frame import SPLITS, Classes, Split
from mygym_lite.datasets.labels import Thresholds, labelled
from mygym_lite.rng import stream

MOMENTS = 8
BANK = "train"
_SEEDS = 2**32
_ROUND = 10  # scenes of which one is for validation and one for testing


class Shot(NamedTuple):
    """A frame before it is made."""

    number: int
    moment: int
    camera: str


@dataclass(frozen=True)
class Recipe:
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
        return MOMENTS * len(self.cameras)

    def scenes(self, images: int) -> int:
        """How many scenes so many images are of."""
        return -(-images // self.frames_per_scene)

    def shots(self, scene: int, images: int) -> Iterator[Shot]:
        """The frames of a scene, but for those beyond the last image."""
        first = scene * self.frames_per_scene
        for number in range(first, min(images, first + self.frames_per_scene)):
            moment, place = divmod(number - first, len(self.cameras))
            yield Shot(number, moment, self.cameras[place])

    def scene_seed(self, scene: int) -> int:
        """From which everything in a scene is drawn; of no episode that anybody would ask for by a small number."""
        return int(stream(self.seed, f"dataset/scene/{scene}").integers(_SEEDS))

    def is_dropped(self, scene: int) -> bool:
        """Whether a scene is of objects that were dropped, rather than of an episode of the expert."""
        return bool(stream(self.seed, f"dataset/kind/{scene}").random() < 0.5)

    def split(self, scene: int) -> Split:
        """Eight scenes of ten are for training, the first among them, and one each for validation and testing."""
        block, place = divmod(scene, _ROUND)
        rng = stream(self.seed, f"dataset/split/{block}")
        val, test = (1 + rng.choice(_ROUND - 1, 2, replace=False)).tolist()
        return SPLITS[1] if place == val else SPLITS[2] if place == test else SPLITS[0]

    @cached_property
    def classes(self) -> Classes:
        """Every model that a scene may hold."""
        chosen = [
            model
            for v in (*start_of(self.task), *self.variations)
            if v.path.startswith("objects.") and v.path.endswith(".model")
            for model in v.extremes("")
        ]
        drawn = distractor_models(self.task.distractors) if self.task.distractors else []
        own = [thing.model for thing in labelled(self.task).values()]
        return Classes.of([*own, *chosen, *drawn, *object_names(BANK)])
