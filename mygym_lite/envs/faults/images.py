"""How cameras err: images are out of focus, smeared and noisy. Masks, links and normals are the truth and stay so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.envs.faults.base import Draws, spawn_stream
from mygym_lite.envs.faults.schedule import ScheduledValue
from mygym_lite.envs.renderers import Images
from mygym_lite.rng import Rng

Image = NDArray[Any]


class ImageFault(ABC):
    """A fault of all images of one kind."""

    kind = "rgb"
    fields: tuple[str, ...]

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self.task, self.magnitude = task, ScheduledValue(task, self.fields[0], rng)
        self._rng = rng
        self._streams: dict[str, Rng] = {}

    def apply(self, value: Images, step: int) -> Images:
        """The images as the cameras deliver them."""
        size = self.magnitude.at(step)
        if size == 0.0:
            return value
        return {
            name: self.corrupt(image, name, step, size) if name.endswith(f"_{self.kind}") else image
            for name, image in value.items()
        }

    def get_stream(self, name: str) -> Rng:
        """The random stream of one image."""
        if name not in self._streams:
            self._streams[name] = spawn_stream(self._rng, name)
        return self._streams[name]

    @abstractmethod
    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """One image with a fault of this size, which is not 0."""


def draw_uint16(rng: Rng, count: int) -> NDArray[np.uint16]:
    """Random numbers from 0 to 65535, several times as cheap as Gaussian ones; a table makes those of them."""
    raw: NDArray[np.uint64] = rng.bit_generator.random_raw(-(-count // 4))
    return raw.view(np.uint16)[:count]


@lru_cache(maxsize=1)
def build_gaussian_table() -> NDArray[np.float32]:
    """The Gaussian's quantiles at 65536 even steps; its tails end at 4.3 deviations."""
    from scipy.special import ndtri

    found: NDArray[np.float32] = ndtri((np.arange(65536) + 0.5) / 65536).astype(np.float32)
    return found


_TAIL = 4.0  # deviations at which a blur ends
_FULL = 255


class Blur(ImageFault):
    """A lens out of focus."""

    fields = ("sensing.blur",)

    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """Blurred by a Gaussian."""
        import cv2

        # in floating point it is several times as fast as in 8 bits, and the weights are not rounded
        weights = cv2.getGaussianKernel(2 * int(np.ceil(_TAIL * magnitude)) + 1, magnitude, cv2.CV_32F)
        blurred: Image = cv2.convertScaleAbs(cv2.sepFilter2D(image, cv2.CV_32F, weights, weights))
        return blurred


class MotionBlur(ImageFault):
    """A camera that shakes: each image is smeared to both sides along a direction of its own."""

    fields = ("sensing.motion_blur",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        super().reset(task, rng)
        self._spread = ScheduledValue(task, "sensing.motion_blur_spread", rng)
        self._angles: dict[str, Draws] = {}

    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """Smeared over a length."""
        import cv2

        if name not in self._angles:
            self._angles[name] = Draws(self.get_stream(name).random, 1)
        angle = np.pi * self._angles[name].at(step)[0]
        smeared: Image = cv2.filter2D(image, -1, build_motion_kernel(magnitude, self._spread.at(step), angle))
        return smeared


def build_motion_kernel(length: float, spread: float, angle: float) -> Image:
    """The weights of a smear, px, around its middle: even along its length, or falling off as a Gaussian."""
    import cv2

    half = int(np.ceil(0.5 * length)) + 1
    away = np.abs(np.arange(-half, half + 1))
    weights = np.clip(0.5 * length + 0.5 - away, 0.0, 1.0)  # the outermost pixels are covered in part
    if spread > 0.0:
        weights *= np.exp(-0.5 * (away / spread) ** 2)
    level = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    level[half] = weights
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, half - half * (c - s)], [s, c, half - half * (s + c)]])
    turned = cv2.warpAffine(level, turn, level.shape)
    even: Image = turned / turned.sum()
    return even


class ImageNoise(ImageFault):
    """Noise of the sensor, in each pixel and colour on its own; values are cut at black and white."""

    fields = ("sensing.image_noise",)

    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """With Gaussian noise."""
        import cv2

        noise = _grey_levels(magnitude).take(draw_uint16(self.get_stream(name), image.size))
        noisy: Image = cv2.add(image, noise.reshape(image.shape), dtype=cv2.CV_8U)
        return noisy


@lru_cache(maxsize=8)
def _grey_levels(deviation: float) -> NDArray[np.int16]:
    """Gaussian noise in whole grey levels, from 16 random bits."""
    levels: NDArray[np.int16] = np.rint(_FULL * deviation * build_gaussian_table()).astype(np.int16)
    return levels


_AZURE = (0.5e-3, 1e-3, 0.5)  # deviation of its depth: 0.5 mm, and 1 mm more for each m beyond 0.5 m
_CELLS = 28  # an image is about so many blobs of lost depth high


class DepthNoise(ImageFault):
    """Noise of a time-of-flight camera, which grows with distance; where nothing is seen, nothing is seen."""

    kind = "depth"
    fields = ("sensing.depth_noise",)

    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """With the noise of an Azure Kinect, so many times as strong, between 0 and the farthest that is seen."""
        least, slope, near = _AZURE
        noise = build_gaussian_table().take(draw_uint16(self.get_stream(name), image.size)).reshape(image.shape)
        noise *= np.float32(magnitude) * (
            np.float32(least) + np.float32(slope) * np.maximum(image - np.float32(near), 0)
        )
        noise += image
        noise[image == 0.0] = 0.0
        return np.clip(noise, 0.0, np.float32(self.task.cameras[name.removesuffix("_depth")].far), out=noise)


class DepthHoles(ImageFault):
    """Blobs without depth, elsewhere in each image: the declared share of its pixels, to the pixel."""

    kind = "depth"
    fields = ("sensing.depth_holes",)

    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """With zeros where a smooth random field is lowest."""
        count = round(magnitude * image.size)
        if count == 0:
            return image
        height, width = image.shape
        field = draw_smooth_field(height, width, self.get_stream(name))
        highest = np.partition(field.ravel(), count - 1)[count - 1]
        return np.where(field <= highest, np.float32(0.0), image)


def draw_smooth_field(height: int, width: int, rng: Rng) -> Image:
    """A smooth random field: numbers on a grid that lies elsewhere each time, interpolated between."""
    import cv2

    cell = max(2, round(height / _CELLS))
    rows, columns = -(-height // cell) + 2, -(-width // cell) + 2
    down, right = (rng.random(2) * cell).astype(int) + cell // 2
    grid = rng.random((rows, columns), dtype=np.float32)
    field: Image = cv2.resize(grid, (columns * cell, rows * cell), interpolation=cv2.INTER_CUBIC)
    return field[down : down + height, right : right + width]
