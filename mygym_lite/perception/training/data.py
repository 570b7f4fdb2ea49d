"""Training data: labelled images as arrays, their concatenation, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import UsageError
from mygym_lite.perception.camera_encoding import CameraBatch
from mygym_lite.perception.crops import DOWNSAMPLING
from mygym_lite.perception.training.crop_data import ObjectCrops

MAX_OBJECTS = 16
"""Objects of an image that are used, the first visible ones."""


@dataclass(frozen=True)
class ObjectTargets:
    """Objects of n images; rows are zero-padded to MAX_OBJECTS."""

    classes: NDArray[np.uint8]
    """Class numbers (n, MAX_OBJECTS), from 1; 0 for padding."""
    image_points: NDArray[np.float32]
    """Positions (n, MAX_OBJECTS, 3) in the nominal camera: u, v, px, and log depth."""
    position: NDArray[np.float32]
    """Positions (n, MAX_OBJECTS, 3) in the robot's frame, m."""
    yaw: NDArray[np.float32]
    """Yaw (n, MAX_OBJECTS, 2), rad, relative to the nominal camera and to the robot; nan if undefined."""
    instance: NDArray[np.uint8]
    """Instance numbers (n, MAX_OBJECTS); an object has the same number in all images of a moment."""


@dataclass(frozen=True)
class LabelledImages:
    """Images of one split, in order of their numbers."""

    class_names: tuple[str, ...]
    """Object models of the classes, number 1 first."""
    rgb: NDArray[np.uint8]
    """Images (n, height, width, 3) that the detection network sees."""
    camera_batch: CameraBatch
    """Nominal cameras of these images."""
    cell_owners: NDArray[np.uint8]
    """Number of the object that owns each cell (n, rows, columns), from 1; 0 for background."""
    packed_masks: NDArray[np.uint8]
    """Mask of all objects (n, height * width / 8), as packed bits."""
    objects: ObjectTargets
    moments: NDArray[np.int64]
    """Number of the moment of each image (n,)."""
    cameras: tuple[str, ...]
    """Name of the camera of each image (n,)."""
    full: NDArray[np.uint8] | None = None
    """Images at full resolution, if the others are downsampled and these are kept."""
    crops: ObjectCrops | None = None
    """Patches around the objects at full resolution, if the others are downsampled."""

    @property
    def inputs(self) -> NDArray[np.uint8]:
        """Images that an estimator takes."""
        return self.rgb if self.full is None else self.full

    @property
    def input_cameras(self) -> CameraBatch:
        """Cameras of these images."""
        return self.camera_batch if self.full is None else self.camera_batch.scale(DOWNSAMPLING)

    def __len__(self) -> int:
        return len(self.rgb)


def concatenate(datasets: Sequence[LabelledImages], folders: Sequence[Path]) -> LabelledImages:
    """Concatenate the images of several datasets; the classes are those of all of them.

    Raises:
        UsageError: The datasets differ in image size.
    """
    first = datasets[0]
    for dataset, folder in zip(datasets, folders, strict=True):
        if dataset.rgb.shape[1:] != first.rgb.shape[1:]:
            size, other = (f"{images.rgb.shape[2]}x{images.rgb.shape[1]} px" for images in (dataset, first))
            raise UsageError(f"{folder}: its images have {size}; those of {folders[0]} have {other}")
    if len(datasets) == 1:
        return first
    class_names = tuple(sorted({name for dataset in datasets for name in dataset.class_names}))
    numbers = [_map_numbers(dataset, class_names) for dataset in datasets]
    offsets = np.cumsum([0, *(int(dataset.moments.max(initial=-1)) + 1 for dataset in datasets)])
    return LabelledImages(
        class_names=class_names,
        rgb=np.concatenate([dataset.rgb for dataset in datasets]),
        camera_batch=CameraBatch(*_concatenate_columns([dataset.camera_batch for dataset in datasets])),
        cell_owners=np.concatenate([dataset.cell_owners for dataset in datasets]),
        packed_masks=np.concatenate([dataset.packed_masks for dataset in datasets]),
        objects=ObjectTargets(
            *_concatenate_columns(
                [
                    _list_arrays(replace(data.objects, classes=table[data.objects.classes].astype(np.uint8)))
                    for data, table in zip(datasets, numbers, strict=True)
                ]
            )
        ),
        moments=np.concatenate([data.moments + offset for data, offset in zip(datasets, offsets, strict=False)]),
        cameras=tuple(camera for dataset in datasets for camera in dataset.cameras),
        full=None if first.full is None else np.concatenate([data.full for data in datasets if data.full is not None]),
        crops=None if first.crops is None else _concatenate_crops(datasets, numbers),
    )


def _map_numbers(dataset: LabelledImages, class_names: Sequence[str]) -> NDArray[np.int64]:
    """Return the class number among other classes by the number in a dataset; 0 stays 0."""
    return np.array([0, *(1 + class_names.index(name) for name in dataset.class_names)])


def _concatenate_crops(datasets: Sequence[LabelledImages], numbers: Sequence[NDArray[np.int64]]) -> ObjectCrops:
    offsets = np.cumsum([0, *(len(dataset) for dataset in datasets)])
    parts = [
        _list_arrays(replace(data.crops, classes=table[1 + data.crops.classes] - 1, images=data.crops.images + offset))
        for data, table, offset in zip(datasets, numbers, offsets, strict=False)
        if data.crops is not None
    ]
    return ObjectCrops(*_concatenate_columns(parts))


def _list_arrays(objects: ObjectTargets | ObjectCrops) -> tuple[NDArray[Any], ...]:
    return tuple(getattr(objects, field.name) for field in fields(objects))


def _concatenate_columns(rows: Sequence[Sequence[NDArray[Any]]]) -> Iterator[NDArray[Any]]:
    return (np.concatenate(column) for column in zip(*rows, strict=True))


def sample_batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield batches of a random permutation of images; an incomplete last batch is dropped."""
    order = rng.permutation(count)
    for first in range(0, count - size + 1, size):
        yield order[first : first + size]
