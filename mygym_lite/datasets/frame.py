"""One labelled picture: what every format is written from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import Pose
from mygym_lite.datasets.formats.png import encode_colors
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.render.camera import View

Array = NDArray[np.float64]
Box = tuple[int, int, int, int]
"""Left and upper edge, width and height, px."""
Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
KEYPOINTS = ("centre", *(f"x{x}_y{y}_z{z}" for x, y, z in product((0, 1), repeat=3)))
"""The centre of a model's bounding box and its corners; 0 is the lower end along an axis of the model, 1 the upper."""


@dataclass(frozen=True, eq=False)
class ObjectLabel:
    """One object in one frame."""

    instance: int
    """From 1 in each frame; the value in the frame's mask."""
    name: str
    """In the scene: ``target``, ``distractor_0``."""
    model: str
    """Object model, which is the class: ``cube``."""
    rotation: Array
    """(3, 3), from the model to the camera (x right, y down, z forward)."""
    translation: Array
    """(3,), m, the same."""
    pose_in_robot: Pose
    """In the frame of the robot's base, which is the world's."""
    size: float
    """Scale of the model's lengths."""
    whole_mask: NDArray[np.bool_]
    """(height, width), as if nothing stood before it."""
    px_all: int
    """Pixels of the whole silhouette, those outside of the image too."""
    px_visible: int
    visible_fraction: float
    """``px_visible / px_all``."""
    truncated: bool
    """Part of it lies outside the image."""
    box_visible: Box | None
    """Around the visible pixels; None if there is none."""
    box_whole: Box
    """Around the whole silhouette; may leave the image."""
    keypoints: Array
    """(9, 3): u, v in px, and 0 if outside the image or behind the camera, 1 if hidden, 2 if seen; see KEYPOINTS."""
    small: bool
    """Fewer visible pixels than the dataset's threshold."""
    hidden: bool
    """Less visible than the dataset's threshold."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture, with its labels. Pixel (column i, row j) has its centre at u = i + 0.5, v = j + 0.5."""

    number: int
    scene: int
    """Frames of one scene share one world; all of them are in one split."""
    camera: str
    split: Split
    rgb: NDArray[np.uint8]
    """(height, width, 3)."""
    depth: NDArray[np.float32]
    """(height, width), m along the optical axis; 0 where there is nothing."""
    mask: NDArray[np.int32]
    """(height, width): numbers of instances, 0 for robot, table and all else."""
    objects: tuple[ObjectLabel, ...]
    """By number; those of which some pixel of the whole silhouette lies in the image."""
    intrinsics: Array
    """(3, 3), px."""
    world_to_camera: Array
    """(4, 4), m."""
    nominal_view: View
    """Where the robot takes the camera to be: where it was declared to stand, or where the measured joints carry it."""
    joints: tuple[float, ...]
    """Of the robot's arms, rad."""
    seed: int
    """Of the scene."""
    variation: dict[str, Any]
    """The values of this moment at every path that varies, as JSON has them."""

    @cached_property
    def png(self) -> bytes:
        """The picture as a file, which several formats hold."""
        return encode_colors(self.rgb)


@dataclass(frozen=True)
class ClassList:
    """Object models by name; the number of a class is its place in sorted order, from 1."""

    names: tuple[str, ...]

    @classmethod
    def from_models(cls, models: Iterable[str]) -> ClassList:
        """Those models, each once, in order."""
        return cls(tuple(sorted(set(models))))

    def get_number(self, model: str) -> int:
        """What formats that count from 1 call this class."""
        try:
            return self._numbers[model]
        except KeyError:
            raise ConfigError(f"classes: no '{model}'{suggest(model, self.names)}") from None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names, start=1)}
