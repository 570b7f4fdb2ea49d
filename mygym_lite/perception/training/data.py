"""Training data: labelled images as arrays, their concatenation, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import UsageError
from mygym_lite.perception.camera_encoding import CameraBatch

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
    """Images (n, height, width, 3)."""
    camera_batch: CameraBatch
    cell_owners: NDArray[np.uint8]
    """Number of the object that owns each cell (n, rows, columns), from 1; 0 for background."""
    packed_masks: NDArray[np.uint8]
    """Mask of all objects (n, height * width / 8), as packed bits."""
    objects: ObjectTargets
    moments: NDArray[np.int64]
    """Number of the moment of each image (n,)."""
    cameras: tuple[str, ...]
    """Name of the camera of each image (n,)."""

    def __len__(self) -> int:
        return len(self.rgb)


def concatenate(datasets: Sequence[LabelledImages], folders: Sequence[Path]) -> LabelledImages:
    """Concatenate the images of several datasets.

    Raises:
        UsageError: The datasets differ in image size or classes.
    """
    first = datasets[0]
    for dataset, folder in zip(datasets, folders, strict=True):
        if dataset.class_names != first.class_names:
            names, others = ", ".join(dataset.class_names), ", ".join(first.class_names)
            raise UsageError(f"{folder}: its classes are {names}; those of {folders[0]} are {others}")
        if dataset.rgb.shape[1:] != first.rgb.shape[1:]:
            size, other = (f"{images.rgb.shape[2]}x{images.rgb.shape[1]} px" for images in (dataset, first))
            raise UsageError(f"{folder}: its images have {size}; those of {folders[0]} have {other}")
    if len(datasets) == 1:
        return first
    offsets = np.cumsum([0, *(int(dataset.moments.max(initial=-1)) + 1 for dataset in datasets)])
    return LabelledImages(
        class_names=first.class_names,
        rgb=np.concatenate([dataset.rgb for dataset in datasets]),
        camera_batch=CameraBatch(*_concatenate_columns([dataset.camera_batch for dataset in datasets])),
        cell_owners=np.concatenate([dataset.cell_owners for dataset in datasets]),
        packed_masks=np.concatenate([dataset.packed_masks for dataset in datasets]),
        objects=ObjectTargets(*_concatenate_columns([_list_arrays(dataset.objects) for dataset in datasets])),
        moments=np.concatenate([data.moments + offset for data, offset in zip(datasets, offsets, strict=False)]),
        cameras=tuple(camera for dataset in datasets for camera in dataset.cameras),
    )


def _list_arrays(objects: ObjectTargets) -> tuple[NDArray[Any], ...]:
    return tuple(getattr(objects, field.name) for field in fields(objects))


def _concatenate_columns(rows: Sequence[Sequence[NDArray[Any]]]) -> Iterator[NDArray[Any]]:
    return (np.concatenate(column) for column in zip(*rows, strict=True))


def sample_batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield batches of a random permutation of images; an incomplete last batch is dropped."""
    order = rng.permutation(count)
    for first in range(0, count - size + 1, size):
        yield order[first : first + size]
