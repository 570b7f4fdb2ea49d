"""Pictures and what is in them, as arrays to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import UsageError
from mygym_lite.perception.optics import Optics

MOST = 16
"""Objects of a picture that are learned from, the first ones that are seen."""


@dataclass(frozen=True)
class Things:
    """The objects of n pictures; the rows of a picture that has fewer of them than MOST are zero."""

    classes: NDArray[np.uint8]
    """(n, MOST), from 1; 0 where there is none."""
    seen: NDArray[np.float32]
    """(n, MOST, 3): u, v, px, and log depth in the camera that is believed in."""
    position: NDArray[np.float32]
    """(n, MOST, 3), m, in the frame of the robot."""
    yaw: NDArray[np.float32]
    """(n, MOST, 2), rad: against the camera that is believed in, and against the robot; nan where there is none."""
    instance: NDArray[np.uint8]
    """(n, MOST): the same object has the same number in all pictures of a moment."""


@dataclass(frozen=True)
class Examples:
    """The pictures of one split, in the order of their numbers."""

    names: tuple[str, ...]
    """Of the classes, the first of which is number 1."""
    rgb: NDArray[np.uint8]
    """(n, height, width, 3)."""
    optics: Optics
    owners: NDArray[np.uint8]
    """(n, rows, columns): whose each cell is, 1 for the first of the things; 0 for nobody's."""
    masks: NDArray[np.uint8]
    """(n, height * width / 8): packed bits of whether a pixel is of any object."""
    things: Things
    moments: NDArray[np.int64]
    """(n,): pictures of one moment have one number."""
    cameras: tuple[str, ...]
    """(n,)."""

    def __len__(self) -> int:
        return len(self.rgb)


def joined(several: Sequence[Examples], folders: Sequence[Path]) -> Examples:
    """The pictures of several datasets as one.

    Raises:
        UsageError: They differ in size or classes.
    """
    first = several[0]
    for one, folder in zip(several, folders, strict=True):
        if one.names != first.names:
            raise UsageError(f"{folder}: its classes are {', '.join(one.names)}; "
                             f"those of {folders[0]} are {', '.join(first.names)}")  # fmt: skip
        if one.rgb.shape[1:] != first.rgb.shape[1:]:
            raise UsageError(f"{folder}: its pictures have {one.rgb.shape[2]}x{one.rgb.shape[1]} px; "
                             f"those of {folders[0]} have {first.rgb.shape[2]}x{first.rgb.shape[1]}")  # fmt: skip
    if len(several) == 1:
        return first
    begins = np.cumsum([0, *(int(one.moments.max(initial=-1)) + 1 for one in several)])
    return Examples(
        first.names, np.concatenate([one.rgb for one in several]),
        Optics(*(np.concatenate(part) for part in zip(*(one.optics for one in several), strict=True))),
        np.concatenate([one.owners for one in several]), np.concatenate([one.masks for one in several]),
        Things(*(np.concatenate(part) for part in zip(*(_parts(one.things) for one in several), strict=True))),
        np.concatenate([one.moments + begin for one, begin in zip(several, begins, strict=False)]),
        tuple(camera for one in several for camera in one.cameras),
    )  # fmt: skip


def _parts(things: Things) -> tuple[NDArray[Any], ...]:
    return tuple(getattr(things, field.name) for field in fields(things))


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """All pictures in some order, so many at a time; what is left over comes another time."""
    order = rng.permutation(count)
    for first in range(0, count - size + 1, size):
        yield order[first : first + size]
