"""Recipe of a dataset: its task, cameras and randomization, and the scene and moment of each frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mygym_lite.config.field_path import is_model_path
from mygym_lite.config.objects import expand_banks
from mygym_lite.config.sampling import list_start_distributions
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.datasets.frame import SPLITS, ClassList, Split
from mygym_lite.datasets.labels import Thresholds, list_labelled_objects
from mygym_lite.rng import make_stream

MAX_MOMENTS = 8
"""Moments of a scene in a large dataset."""
VIDEO_MOMENTS = 16
"""Frames of a video by default."""
_SCENES = 100  # from which a scene has more than one moment
DEFAULT_OBJECTS = ("train",)
"""Objects that are added to those of the task: models, or banks of them."""
_SEEDS = 2**32
_SPLIT_BLOCK = 10  # scenes, of which one is for validation and one for testing


def choose_moments(images: int, cameras: int, video: bool = False) -> int:
    """Choose the moments of each scene: few in a small dataset, so that it has a hundred scenes if it can."""
    if video:
        return VIDEO_MOMENTS
    return min(MAX_MOMENTS, max(1, images // (_SCENES * cameras)))


class FrameSpec(NamedTuple):
    """Address of one frame."""

    number: int
    moment: int
    camera: str


@dataclass(frozen=True)
class DatasetRecipe:
    """Inputs that determine the frames of a dataset, apart from their number."""

    task: Task
    variations: tuple[Variation, ...]
    cameras: tuple[str, ...]
    size: tuple[int, int]
    seed: int = 0
    thresholds: Thresholds = Thresholds()  # noqa: RUF009
    moments: int = MAX_MOMENTS
    """Moments of a scene, each rendered through all cameras."""
    objects: tuple[str, ...] = DEFAULT_OBJECTS
    """Objects that scenes of dropped objects add to those of the task: models, or banks of them."""
    video: bool = False
    """Whether the moments of a scene are successive steps, with one appearance."""

    @property
    def frames_per_scene(self) -> int:
        """Number of frames in a complete scene."""
        return self.moments * len(self.cameras)

    def count_scenes(self, images: int) -> int:
        """Return the number of scenes needed for a number of images."""
        return -(-images // self.frames_per_scene)

    def list_frames(self, scene: int, images: int) -> Iterator[FrameSpec]:
        """Yield the frames of a scene that lie within the number of images."""
        first = scene * self.frames_per_scene
        for number in range(first, min(images, first + self.frames_per_scene)):
            moment, camera = divmod(number - first, len(self.cameras))
            yield FrameSpec(number, moment, self.cameras[camera])

    def derive_scene_seed(self, scene: int) -> int:
        """Return the seed of everything in a scene; large, so that it is not the seed of an evaluated episode."""
        return int(make_stream(self.seed, f"dataset/scene/{scene}").integers(_SEEDS))

    def is_settled(self, scene: int) -> bool:
        """Return True for a scene of dropped objects, False for one from an expert episode."""
        return bool(make_stream(self.seed, f"dataset/kind/{scene}").random() < 0.5)

    def assign_split(self, scene: int) -> Split:
        """Assign eight of ten scenes, including the first, to training, and one each to validation and testing."""
        block, index = divmod(scene, _SPLIT_BLOCK)
        rng = make_stream(self.seed, f"dataset/split/{block}")
        val, test = (1 + rng.choice(_SPLIT_BLOCK - 1, 2, replace=False)).tolist()
        return SPLITS[1] if index == val else SPLITS[2] if index == test else SPLITS[0]

    @cached_property
    def added_models(self) -> list[str]:
        """Object models that are added to those of the task."""
        return list(dict.fromkeys(expand_banks(self.objects)))

    @cached_property
    def classes(self) -> ClassList:
        """Every object model that a scene may hold."""
        varied = [
            model
            for v in (*list_start_distributions(self.task), *self.variations)
            if v.path.startswith("objects.") and is_model_path(v.path)
            for model in v.compute_extremes("")
        ]
        distractors = expand_banks(self.task.distractors.models) if self.task.distractors else []
        declared = [config.geometry for config in list_labelled_objects(self.task).values()]
        return ClassList.from_models([*declared, *varied, *distractors, *self.added_models])
