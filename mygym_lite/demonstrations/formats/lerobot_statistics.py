"""LeRobot's statistics: mean, deviation, extremes, quantiles and number of frames of each feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.demonstrations.demonstration import Array
from mygym_lite.demonstrations.running_statistics import RunningStatistics

_IMAGE_AXES = 4  # frame, height, width, channel
PROBABILITIES: Mapping[str, float] = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
_LEVELS = 256  # of a byte
Floats = NDArray[np.float64]


class FeatureStatistics:
    """Statistics of every feature, over one episode or many."""

    def __init__(self) -> None:
        self._features: dict[str, _Feature] = {}

    def add(self, features: Mapping[str, Array]) -> None:
        """Add the frames of an episode, by feature."""
        for name, frames in features.items():
            if name not in self._features:
                self._features[name] = _Feature(frames.ndim == _IMAGE_AXES)
            self._features[name].add(frames)

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Convert to tables by feature and statistic; of images, colours from 0 to 1, nested as LeRobot does."""
        return {name: feature.as_json() for name, feature in self._features.items()}


class _Feature:
    """Statistics of one feature."""

    def __init__(self, images: bool) -> None:
        self._images = images
        self._statistics = RunningStatistics()
        self._quantiles: Quantiles | ColorQuantiles = ColorQuantiles() if images else Quantiles()
        self._frames = 0

    def add(self, frames: Array) -> None:
        self._statistics.add(frames)
        self._quantiles.add(frames)
        self._frames += len(frames)

    def as_json(self) -> dict[str, Any]:
        statistics, scale = self._statistics, 1.0 / 255.0 if self._images else 1.0
        extremes = {"min": statistics.low, "max": statistics.high}
        arrays = {"mean": statistics.mean, "std": statistics.std, **extremes, **self._quantiles.compute()}
        shape = (-1, 1, 1) if self._images else (-1,)
        tables: dict[str, Any] = {name: (scale * array).reshape(shape).tolist() for name, array in arrays.items()}
        return tables | {"count": [self._frames]}


@dataclass
class Quantiles:
    """Quantiles of each column of rows of numbers; the rows are kept."""

    pieces: list[Array] = field(default_factory=list)

    def add(self, rows: Array) -> None:
        """Add rows."""
        self.pieces.append(rows.reshape(len(rows), -1))

    def compute(self) -> dict[str, Floats]:
        """Compute the quantiles by name, one number for each column."""
        rows = np.concatenate(self.pieces).astype(np.float64)
        return dict(zip(PROBABILITIES, np.quantile(rows, list(PROBABILITIES.values()), axis=0), strict=True))


@dataclass
class ColorQuantiles:
    """Quantiles of each colour channel over all pixels of 8-bit images; only histograms are kept."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, _LEVELS), np.int64))

    def add(self, images: Array) -> None:
        """Add images, (n, height, width, channels)."""
        colors = np.moveaxis(images, -1, 0).reshape(images.shape[-1], -1)
        counts = np.stack([np.bincount(color, minlength=_LEVELS) for color in colors])
        self.counts = self.counts + counts if len(self.counts) else counts

    def compute(self) -> dict[str, Floats]:
        """Compute the quantiles by name, one number for each channel."""
        return {
            name: np.array([_compute_quantile(row, level) for row in self.counts])
            for name, level in PROBABILITIES.items()
        }


def _compute_quantile(counts: NDArray[np.int64], level: float) -> float:
    """Interpolate between the two values around a quantile of a histogram."""
    ends = np.cumsum(counts)
    rank = level * (int(ends[-1]) - 1)
    below, above = np.searchsorted(ends, [np.floor(rank), np.ceil(rank)], side="right")
    return float(below + (above - below) * (rank - np.floor(rank)))
