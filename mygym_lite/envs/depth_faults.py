"""How depth cameras err: noise that grows with distance, and blobs in which nothing is measured."""

from __future__ import annotations

import numpy as np

from mygym_lite.envs.image_stage import Image, ImageStage, quantiles, sixteen_bits
from mygym_lite.spec.streams import Rng

_AZURE = (0.5e-3, 1e-3, 0.5)  # deviation of its depth: 0.5 mm, and 1 mm more for each m beyond 0.5 m
_CELLS = 28  # an image is about so many blobs of lost depth high


class DepthNoise(ImageStage):
    """Noise of a time-of-flight camera, which grows with distance; where nothing is seen, nothing is seen."""

    kind = "depth"
    fields = ("sensing.depth_noise",)

    def spoilt(self, image: Image, name: str, step: int, size: float) -> Image:
        """With the noise of an Azure Kinect, so many times as strong, between 0 and the farthest that is seen."""
        least, slope, near = _AZURE
        noise = quantiles().take(sixteen_bits(self.stream(name), image.size)).reshape(image.shape)
        noise *= np.float32(size) * (np.float32(least) + np.float32(slope) * np.maximum(image - np.float32(near), 0))
        noise += image
        noise[image == 0.0] = 0.0
        return np.clip(noise, 0.0, np.float32(self.task.cameras[name.removesuffix("_depth")].far), out=noise)


class DepthHoles(ImageStage):
    """Blobs without depth, elsewhere in each image: the declared share of its pixels, to the pixel."""

    kind = "depth"
    fields = ("sensing.depth_holes",)

    def spoilt(self, image: Image, name: str, step: int, size: float) -> Image:
        """With zeros where a smooth random field is lowest."""
        count = round(size * image.size)
        if count == 0:
            return image
        height, width = image.shape
        field = blobs(height, width, self.stream(name))
        highest = np.partition(field.ravel(), count - 1)[count - 1]
        return np.where(field <= highest, np.float32(0.0), image)


def blobs(height: int, width: int, rng: Rng) -> Image:
    """A smooth random field: numbers on a grid that lies elsewhere each time, interpolated between."""
    import cv2

    cell = max(2, round(height / _CELLS))
    rows, columns = -(-height // cell) + 2, -(-width // cell) + 2
    down, right = (rng.random(2) * cell).astype(int) + cell // 2
    grid = rng.random((rows, columns), dtype=np.float32)
    field: Image = cv2.resize(grid, (columns * cell, rows * cell), interpolation=cv2.INTER_CUBIC)
    return field[down : down + height, right : right + width]
