"""A fault of images, and where its random numbers come from.

Numbers are drawn for each image by its name, so that none depends on what else is observed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.schedule import Course
from mygym_lite.envs.stages import branch
from mygym_lite.envs.studio import Images
from mygym_lite.spec.streams import Rng
from mygym_lite.spec.task import Task

Image = NDArray[Any]


class ImageStage(ABC):
    """A fault of all images of one kind."""

    kind = "rgb"
    fields: tuple[str, ...]

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self.task, self.size = task, Course(task, self.fields[0], rng)
        self._rng = rng
        self._streams: dict[str, Rng] = {}

    def apply(self, value: Images, step: int) -> Images:
        """The images as the cameras deliver them."""
        size = self.size.at(step)
        if size == 0.0:
            return value
        return {
            name: self.spoilt(image, name, step, size) if name.endswith(f"_{self.kind}") else image
            for name, image in value.items()
        }

    def stream(self, name: str) -> Rng:
        """The random stream of one image."""
        if name not in self._streams:
            self._streams[name] = branch(self._rng, name)
        return self._streams[name]

    @abstractmethod
    def spoilt(self, image: Image, name: str, step: int, size: float) -> Image:
        """One image with a fault of this size, which is not 0."""


def sixteen_bits(rng: Rng, count: int) -> NDArray[np.uint16]:
    """Random numbers from 0 to 65535, several times as cheap as Gaussian ones; a table makes those of them."""
    raw: NDArray[np.uint64] = rng.bit_generator.random_raw(-(-count // 4))
    return raw.view(np.uint16)[:count]


@lru_cache(maxsize=1)
def quantiles() -> NDArray[np.float32]:
    """The Gaussian's quantiles at 65536 even steps; its tails end at 4.3 deviations."""
    from scipy.special import ndtri

    found: NDArray[np.float32] = ndtri((np.arange(65536) + 0.5) / 65536).astype(np.float32)
    return found
