"""Faults of cameras: blur, motion blur and noise. Masks, links and normals are labels and stay exact."""

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
    """Fault of all images of one kind."""

    kind = "rgb"
    fields: tuple[str, ...]

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self.task, self.magnitude = task, ScheduledValue(task, self.fields[0], rng)
        self._rng = rng
        self._streams: dict[str, Rng] = {}

    def apply(self, value: Images, step: int) -> Images:
        """Corrupt the images of this kind."""
        magnitude = self.magnitude.at(step)
        if magnitude == 0.0:
            return value
        return {
            name: self.corrupt(image, name, step, magnitude) if name.endswith(f"_{self.kind}") else image
            for name, image in value.items()
        }

    def get_stream(self, name: str) -> Rng:
        """Return the random stream of one image name."""
        if name not in self._streams:
            self._streams[name] = spawn_stream(self._rng, name)
        return self._streams[name]

    @abstractmethod
    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """Corrupt one image, by a magnitude that is not 0."""


def draw_uint16(rng: Rng, count: int) -> NDArray[np.uint16]:
    """Draw integers from 0 to 65535, several times as cheap as Gaussian numbers, which a table makes of them."""
    raw: NDArray[np.uint64] = rng.bit_generator.random_raw(-(-count // 4))
    return raw.view(np.uint16)[:count]


@lru_cache(maxsize=1)
def build_gaussian_table() -> NDArray[np.float32]:
    """Build the Gaussian quantiles at 65536 even steps; the tails end at 4.3 standard deviations."""
    from scipy.special import ndtri

    table: NDArray[np.float32] = ndtri((np.arange(65536) + 0.5) / 65536).astype(np.float32)
    return table


_BLUR_TAIL = 4.0  # standard deviations at which a blur ends
_WHITE = 255


class Blur(ImageFault):
    """Defocus blur."""

    fields = ("sensing.blur",)

    def corrupt(self, image: Image, _name: str, _step: int, magnitude: float) -> Image:
        """Blur by a Gaussian with a standard deviation in px."""
        import cv2

        # floating point is several times as fast as 8 bits, and does not round the weights
        weights = cv2.getGaussianKernel(2 * int(np.ceil(_BLUR_TAIL * magnitude)) + 1, magnitude, cv2.CV_32F)
        blurred: Image = cv2.convertScaleAbs(cv2.sepFilter2D(image, cv2.CV_32F, weights, weights))
        return blurred


class MotionBlur(ImageFault):
    """Motion blur of a shaking camera, along a random direction for each image."""

    fields = ("sensing.motion_blur",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        super().reset(task, rng)
        self._spread = ScheduledValue(task, "sensing.motion_blur_spread", rng)
        self._angles: dict[str, Draws] = {}

    def corrupt(self, image: Image, name: str, step: int, magnitude: float) -> Image:
        """Blur along a line of this length, px."""
        import cv2

        if name not in self._angles:
            self._angles[name] = Draws(self.get_stream(name).random, 1)
        angle = np.pi * self._angles[name].at(step)[0]
        blurred: Image = cv2.filter2D(image, -1, build_motion_kernel(magnitude, self._spread.at(step), angle))
        return blurred


def build_motion_kernel(length: float, spread: float, angle: float) -> Image:
    """Build the kernel of a motion blur: uniform along its length, px, or with a Gaussian falloff of ``spread``, px."""
    import cv2

    half = int(np.ceil(0.5 * length)) + 1
    distance = np.abs(np.arange(-half, half + 1))
    weights = np.clip(0.5 * length + 0.5 - distance, 0.0, 1.0)  # the outermost pixels are partly covered
    if spread > 0.0:
        weights *= np.exp(-0.5 * (distance / spread) ** 2)
    horizontal = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    horizontal[half] = weights
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.array([[c, -s, half - half * (c - s)], [s, c, half - half * (s + c)]])
    rotated = cv2.warpAffine(horizontal, rotation, horizontal.shape)
    kernel: Image = rotated / rotated.sum()
    return kernel


class ImageNoise(ImageFault):
    """Gaussian sensor noise, independent for each pixel and channel, clipped at black and white."""

    fields = ("sensing.image_noise",)

    def corrupt(self, image: Image, name: str, _step: int, magnitude: float) -> Image:
        """Add Gaussian noise."""
        import cv2

        noise = _build_grey_noise(magnitude).take(draw_uint16(self.get_stream(name), image.size))
        noisy: Image = cv2.add(image, noise.reshape(image.shape), dtype=cv2.CV_8U)
        return noisy


@lru_cache(maxsize=8)
def _build_grey_noise(deviation: float) -> NDArray[np.int16]:
    """Build a table of Gaussian noise in whole grey levels, by 16 random bits."""
    levels: NDArray[np.int16] = np.rint(_WHITE * deviation * build_gaussian_table()).astype(np.int16)
    return levels


_AZURE_KINECT = (0.5e-3, 1e-3, 0.5)  # standard deviation of depth: 0.5 mm, plus 1 mm per m beyond 0.5 m
_HOLES_PER_HEIGHT = 28  # approximate number of holes over the height of an image


class DepthNoise(ImageFault):
    """Gaussian noise of a time-of-flight camera, which grows with distance; pixels without depth stay so."""

    kind = "depth"
    fields = ("sensing.depth_noise",)

    def corrupt(self, image: Image, name: str, _step: int, magnitude: float) -> Image:
        """Add a multiple of the noise of an Azure Kinect, clipped to the range of the camera."""
        base, slope, near = _AZURE_KINECT
        noise = build_gaussian_table().take(draw_uint16(self.get_stream(name), image.size)).reshape(image.shape)
        noise *= np.float32(magnitude) * (
            np.float32(base) + np.float32(slope) * np.maximum(image - np.float32(near), 0)
        )
        noise += image
        noise[image == 0.0] = 0.0
        return np.clip(noise, 0.0, np.float32(self.task.cameras[name.removesuffix("_depth")].far), out=noise)


class DepthHoles(ImageFault):
    """Holes in depth at random positions, which cover exactly the declared share of the pixels."""

    kind = "depth"
    fields = ("sensing.depth_holes",)

    def corrupt(self, image: Image, name: str, _step: int, magnitude: float) -> Image:
        """Set depth to zero where a smooth random field is lowest."""
        count = round(magnitude * image.size)
        if count == 0:
            return image
        height, width = image.shape
        field = draw_smooth_field(height, width, self.get_stream(name))
        threshold = np.partition(field.ravel(), count - 1)[count - 1]
        return np.where(field <= threshold, np.float32(0.0), image)


def draw_smooth_field(height: int, width: int, rng: Rng) -> Image:
    """Draw a smooth random field: interpolated random numbers on a randomly shifted grid."""
    import cv2

    cell = max(2, round(height / _HOLES_PER_HEIGHT))
    rows, columns = -(-height // cell) + 2, -(-width // cell) + 2
    down, right = (rng.random(2) * cell).astype(int) + cell // 2
    grid = rng.random((rows, columns), dtype=np.float32)
    field: Image = cv2.resize(grid, (columns * cell, rows * cell), interpolation=cv2.INTER_CUBIC)
    return field[down : down + height, right : right + width]
