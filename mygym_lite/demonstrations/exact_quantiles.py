"""Quantiles of arrays that come episode by episode, equal to NumPy's over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mygym_lite.demonstrations.demonstration import Array

PROBABILITIES: Mapping[str, float] = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
_LEVELS = 256  # of a byte
Floats = NDArray[np.float64]


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
