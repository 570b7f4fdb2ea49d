"""One labelled image, the input of every format writer."""

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
from mygym_lite.datasets.optical_flow import Flow
from mygym_lite.datasets.scene_model import SceneModel
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.render.camera import View

Array = NDArray[np.float64]
Box = tuple[int, int, int, int]
"""Left edge, top edge, width and height, px."""
Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
KEYPOINTS = ("centre", *(f"x{x}_y{y}_z{z}" for x, y, z in product((0, 1), repeat=3)))
"""Centre and corners of a model's bounding box; 0 is the lower end along an axis of the model, 1 the upper."""


@dataclass(frozen=True, eq=False)
class ObjectLabel:
    """Ground truth of one object in one frame."""

    instance: int
    """Number of the object in the frame's mask, counted from 1."""
    name: str
    """Name in the scene: ``target``, ``distractor_0``."""
    model: str
    """Object model, which is the class: ``cube``."""
    rotation: Array
    """Rotation (3, 3) from the model to the camera (x right, y down, z forward)."""
    translation: Array
    """Origin of the model in the camera's frame (3,), m."""
    pose_in_robot: Pose
    """Pose in the frame of the robot's base, which is the world's."""
    size: float
    """Scale of the model's lengths."""
    whole_mask: NDArray[np.bool_]
    """Amodal mask (height, width): the silhouette without occluders."""
    px_all: int
    """Pixels of the amodal silhouette, including those outside the image."""
    px_visible: int
    visible_fraction: float
    """``px_visible / px_all``."""
    truncated: bool
    """True if part of the silhouette lies outside the image."""
    box_visible: Box | None
    """Bounding box of the visible pixels; None if there are none."""
    box_whole: Box
    """Bounding box of the amodal silhouette; may extend beyond the image."""
    keypoints: Array
    """Keypoints (9, 3), see KEYPOINTS: u, v in px, and 0 if outside the image, 1 if occluded, 2 if visible."""
    small: bool
    """True if fewer pixels are visible than the dataset's threshold."""
    hidden: bool
    """True if a smaller fraction is visible than the dataset's threshold."""


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """Place of a frame in a video: the images of one camera in one scene, step by step."""

    index: int
    """Number of the frame in its video, counted from 0."""
    frame_rate: float
    """Hz."""
    flow: Flow | None
    """Flow to the next frame; None for the last one."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One image with its labels; the centre of the pixel in column i, row j is u = i + 0.5, v = j + 0.5."""

    number: int
    scene: int
    """Number of the scene; the frames of a scene share one world and one split."""
    camera: str
    split: Split
    rgb: NDArray[np.uint8]
    """(height, width, 3)."""
    depth: NDArray[np.float32]
    """(height, width), m along the optical axis; 0 for the background."""
    mask: NDArray[np.int32]
    """(height, width): instance numbers; 0 for everything unlabelled, such as robot and table."""
    objects: tuple[ObjectLabel, ...]
    """Objects by instance number, all whose amodal silhouette reaches into the image."""
    intrinsics: Array
    """(3, 3), px."""
    world_to_camera: Array
    """(4, 4), m."""
    nominal_view: View
    """Nominal camera, as the robot assumes it: at its declared pose, or carried by the measured joints."""
    joints: tuple[float, ...]
    """Joint angles of the robot's arms, rad."""
    seed: int
    """Seed of the scene."""
    variation: dict[str, Any]
    """Value of every varied path in this frame, as plain JSON data."""
    scene_model: SceneModel
    """Bodies of the scene at their poses."""
    video: VideoFrame | None = None
    """Place in a video; None in a dataset of single images."""

    @cached_property
    def png(self) -> bytes:
        """The image as a PNG file, shared by several formats."""
        return encode_colors(self.rgb)


@dataclass(frozen=True)
class ClassList:
    """Class names: object models in sorted order, numbered from 1."""

    names: tuple[str, ...]

    @classmethod
    def from_models(cls, models: Iterable[str]) -> ClassList:
        """Sort models and drop duplicates."""
        return cls(tuple(sorted(set(models))))

    def get_number(self, model: str) -> int:
        """Return the number of a class, counted from 1."""
        try:
            return self._numbers[model]
        except KeyError:
            raise ConfigError(f"classes: no '{model}'{suggest(model, self.names)}") from None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names, start=1)}
