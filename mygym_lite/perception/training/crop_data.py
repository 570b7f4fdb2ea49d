"""Training data of the refinement network: patches around objects, and the targets of crops of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import Quaternion, rotation_from_quaternion, rotation_from_vector
from mygym_lite.perception.camera_encoding import Array, CameraBatch
from mygym_lite.perception.crops import CROP_SIZE, compute_crop_box, extract_crop
from mygym_lite.perception.orientation import MAX_ORIENTATIONS, list_orientations

PATCH_SIZE = 60
"""Width and height of a patch, px; training takes crops of it at random offsets."""
SCALES = (0.85, 1.2)
"""Range of the random scale of a patch, so that training covers inaccurate boxes."""


class CropObject(NamedTuple):
    """An object in an image, as annotated."""

    image: int
    """Row of the image."""
    number: int
    """Number of its class, from 1."""
    model: str
    position: tuple[float, float, float]
    """Position in the robot's frame, m."""
    rotation: Quaternion
    """Rotation in the robot's frame."""


@dataclass(frozen=True)
class ObjectCrops:
    """Patches around n objects."""

    patches: NDArray[np.uint8]
    """Patches (n, PATCH_SIZE, PATCH_SIZE, 3)."""
    boxes: NDArray[np.float32]
    """Squares (n, 3) that the patches show: centre u, v and edge, px at full resolution."""
    images: NDArray[np.int64]
    """Row of the image of each patch (n,)."""
    numbers: NDArray[np.int64]
    """Number of each object in its image (n,), from 1."""
    classes: NDArray[np.int64]
    """Class of each object (n,), from 0."""
    position: NDArray[np.float32]
    """Position of each object in the robot's frame (n, 3), m."""
    orientations: NDArray[np.float32]
    """Equivalent orientations (n, MAX_ORIENTATIONS, 4) in the robot's frame, turned by the heading of the camera.

    Each is the direction of the z axis, and the yaw about it, rad; nan if undefined.
    """
    features: NDArray[np.float32]
    """Mean features of the cells of each object (n, channels); no channels before they are computed."""

    def __len__(self) -> int:
        return len(self.patches)


def build_object_crops(
    images: NDArray[np.uint8],
    cell_owners: NDArray[np.uint8],
    camera_batch: CameraBatch,
    objects: Sequence[tuple[int, CropObject]],
    seed: int,
) -> ObjectCrops:
    """Extract the patches of all objects that own a cell.

    Args:
        images: Images at full resolution (n, height, width, 3).
        cell_owners: Number of the object that owns each cell (n, rows, columns), from 1.
        camera_batch: Nominal cameras of the images.
        objects: Number of each object in its image, from 1, and the object.
        seed: Seed of the scales.
    """
    rng = np.random.default_rng(seed)
    headings = camera_batch.headings
    rows = [
        (_extract_patch(images[thing.image], cells, float(rng.uniform(*SCALES))), thing, number)
        for number, thing in objects
        if (cells := cell_owners[thing.image] == number).any()
    ]
    return ObjectCrops(
        patches=np.array([patch for (patch, _), *_ in rows], np.uint8).reshape(-1, PATCH_SIZE, PATCH_SIZE, 3),
        boxes=np.array([box for (_, box), *_ in rows], np.float32).reshape(-1, 3),
        images=np.array([thing.image for _, thing, _ in rows], np.int64),
        numbers=np.array([number for *_, number in rows], np.int64),
        classes=np.array([thing.number - 1 for _, thing, _ in rows], np.int64),
        position=np.array([thing.position for _, thing, _ in rows], np.float32).reshape(-1, 3),
        orientations=np.array(
            [_encode_orientations(thing, float(headings[thing.image])) for _, thing, _ in rows], np.float32
        ).reshape(-1, MAX_ORIENTATIONS, 4),
        features=np.zeros((len(rows), 0), np.float32),
    )


def _extract_patch(image: NDArray[np.uint8], cells: NDArray[np.bool_], scale: float) -> tuple[NDArray[np.uint8], Array]:
    box = compute_crop_box(cells) * np.array([1.0, 1.0, scale * PATCH_SIZE / CROP_SIZE])
    return extract_crop(image, box, PATCH_SIZE), box


def _encode_orientations(thing: CropObject, heading: float) -> Array:
    """Encode the equivalent orientations of an object relative to the heading of a camera."""
    encoded = np.full((MAX_ORIENTATIONS, 4), np.nan)
    rotation = rotation_from_vector((0.0, 0.0, -heading)) @ rotation_from_quaternion(thing.rotation)
    for row, (axis, yaw) in enumerate(list_orientations(thing.model, rotation)):
        encoded[row] = (*axis, yaw)
    return encoded


class CropBatch(NamedTuple):
    """Crops of a batch, with their targets."""

    crops: NDArray[np.uint8]
    """Crops (n, CROP_SIZE, CROP_SIZE, 3)."""
    features: NDArray[np.float32]
    """Encoded views, and mean features of the cells (n, CROP_FEATURES + channels)."""
    classes: NDArray[np.int64]
    orientations: NDArray[np.float32]
    offset: NDArray[np.float32]
    """Offset of each object's origin from the centre of its crop (n, 2), in edges of the crop."""
    log_depth: NDArray[np.float32]
    """Log depth of each object relative to the ground in the centre of its crop (n,)."""


def sample_crops(
    data: ObjectCrops, camera_batch: CameraBatch, rows: NDArray[np.int64], rng: np.random.Generator | None
) -> CropBatch:
    """Take crops of patches at random offsets, or in the middle without a random generator.

    Args:
        data: Patches.
        camera_batch: Nominal cameras of the images, at full resolution.
        rows: Indices of the patches.
        rng: Random generator of the offsets.
    """
    slack = PATCH_SIZE - CROP_SIZE
    shift = (
        np.full((len(rows), 2), slack // 2) if rng is None else rng.integers(slack, size=(len(rows), 2), endpoint=True)
    )
    pixels = shift[:, :, None] + np.arange(CROP_SIZE)
    crops = data.patches[rows[:, None, None], pixels[:, 1, :, None], pixels[:, 0, None, :]]
    boxes = data.boxes[rows].astype(np.float64)
    scale = boxes[:, 2:] / PATCH_SIZE
    centers = boxes[:, :2] + (shift - slack / 2) * scale
    boxes = np.concatenate([centers, CROP_SIZE * scale], 1)
    cameras = camera_batch.take(data.images[rows])
    features = np.concatenate([cameras.compute_crop_features(boxes), data.features[rows]], 1)
    points = cameras.project(data.position[rows].astype(np.float64)[:, None])[:, 0]
    return CropBatch(
        crops=crops,
        features=features,
        classes=data.classes[rows],
        orientations=data.orientations[rows],
        offset=((points[:, :2] - centers) / boxes[:, 2:]).astype(np.float32),
        log_depth=(points[:, 2] - cameras.compute_ground_log_depth(centers)).astype(np.float32),
    )
