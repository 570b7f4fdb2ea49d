"""How cameras err: images are out of focus, smeared and noisy. Masks, links and normals are the truth and stay so."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.image_stage import Image, ImageStage, quantiles, sixteen_bits
from mygym_lite.envs.schedule import Course
from mygym_lite.envs.stages import Draws
from mygym_lite.spec.streams import Rng
from mygym_lite.spec.task import Task

_TAIL = 4.0  # deviations at which a blur ends
_FULL = 255


class Blur(ImageStage):
    """A lens out of focus."""

    fields = ("sensing.blur",)

    def spoilt(self, image: Image, name: str, step: int, size: float) -> Image:
        """Blurred by a Gaussian."""
        import cv2

        # in floating point it is several times as fast as in 8 bits, and the weights are not rounded
        weights = cv2.getGaussianKernel(2 * int(np.ceil(_TAIL * size)) + 1, size, cv2.CV_32F)
        blurred: Image = cv2.convertScaleAbs(cv2.sepFilter2D(image, cv2.CV_32F, weights, weights))
        return blurred


class MotionBlur(ImageStage):
    """A camera that shakes: each image is smeared to both sides along a direction of its own."""

    fields = ("sensing.motion_blur",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        super().reset(task, rng)
        self._spread = Course(task, "sensing.motion_blur_spread", rng)
        self._angles: dict[str, Draws] = {}

    def spoilt(self, image: Image, name: str, step: int, size: float) -> Image:
        """Smeared over a length."""
        import cv2

        if name not in self._angles:
            self._angles[name] = Draws(self.stream(name).random, 1)
        angle = np.pi * self._angles[name].at(step)[0]
        smeared: Image = cv2.filter2D(image, -1, smear(size, self._spread.at(step), angle))
        return smeared


def smear(length: float, spread: float, angle: float) -> Image:
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


class ImageNoise(ImageStage):
    """Noise of the sensor, in each pixel and colour on its own; values are cut at black and white."""

    fields = ("sensing.image_noise",)

    def spoilt(self, image: Image, name: str, step: int, size: float) -> Image:
        """With Gaussian noise."""
        import cv2

        noise = _grey_levels(size).take(sixteen_bits(self.stream(name), image.size))
        noisy: Image = cv2.add(image, noise.reshape(image.shape), dtype=cv2.CV_8U)
        return noisy


@lru_cache(maxsize=8)
def _grey_levels(deviation: float) -> NDArray[np.int16]:
    """Gaussian noise in whole grey levels, from 16 random bits."""
    levels: NDArray[np.int16] = np.rint(_FULL * deviation * quantiles()).astype(np.int16)
    return levels
