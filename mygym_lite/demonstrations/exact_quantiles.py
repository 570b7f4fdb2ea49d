"""Quantiles of arrays that come episode by episode, exactly as NumPy's of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mygym_lite.demonstrations.demonstration import Array

PROBABILITIES: Mapping[str, float] = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
_VALUES = 256  # of a pixel
Floats = NDArray[np.float64]


@dataclass
class Quantiles:
    """Quantiles of each column of rows of numbers; the rows are kept."""

    pieces: list[Array] = field(default_factory=list)

    def add(self, rows: Array) -> None:
        """Take in more rows."""
        self.pieces.append(rows.reshape(len(rows), -1))

    def compute(self) -> dict[str, Floats]:
        """By name, a number a column."""
        whole = np.concatenate(self.pieces).astype(np.float64)
        return dict(zip(PROBABILITIES, np.quantile(whole, list(PROBABILITIES.values()), axis=0), strict=True))


@dataclass
class ColorQuantiles:
    """Quantiles of each colour over all pixels of pictures of bytes; only their histograms are kept."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, _VALUES), np.int64))

    def add(self, images: Array) -> None:
        """Take in more pictures, (n, height, width, colours)."""
        colors = np.moveaxis(images, -1, 0).reshape(images.shape[-1], -1)
        counts = np.stack([np.bincount(color, minlength=_VALUES) for color in colors])
        self.counts = self.counts + counts if len(self.counts) else counts

    def compute(self) -> dict[str, Floats]:
        """By name, a number a colour."""
        return {name: np.array([_quantile(row, level) for row in self.counts]) for name, level in PROBABILITIES.items()}


def _quantile(counts: NDArray[np.int64], level: float) -> float:
    """Interpolate between the two values beside a quantile, in the order that a histogram stands for."""
    ends = np.cumsum(counts)
    place = level * (int(ends[-1]) - 1)
    below, above = np.searchsorted(ends, [np.floor(place), np.ceil(place)], side="right")
    return float(below + (above - below) * (place - np.floor(place)))
