"""How numbers are spread, summed up piece by piece: mean, deviation and extremes of each component."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_VECTORS, _COLORS = 2, 4  # axes of rows of numbers, and of pictures with colours


@dataclass
class RunningStatistics:
    """Of one array over many episodes; of an image, of each colour over all pixels."""

    count: int = 0
    mean: Floats = field(default_factory=lambda: np.zeros(0))
    low: Floats = field(default_factory=lambda: np.zeros(0))
    high: Floats = field(default_factory=lambda: np.zeros(0))
    squared_deviations: Floats = field(default_factory=lambda: np.zeros(0))
    """Of what differs from the mean, summed."""

    @property
    def std(self) -> Floats:
        """Standard deviation."""
        return np.sqrt(self.squared_deviations / max(self.count, 1))

    def add(self, array: NDArray[Any]) -> None:
        """More rows; the sums of two pieces are joined without losing digits to large means."""
        rows = array.reshape(-1, array.shape[-1] if array.ndim in (_VECTORS, _COLORS) else 1)
        if not len(rows):
            return
        self.merge(RunningStatistics(len(rows), *_moments(rows)))

    def merge(self, other: RunningStatistics) -> None:
        """What another one has summed up."""
        if not self.count:
            vars(self).update(vars(other))
            return
        total, apart = self.count + other.count, other.mean - self.mean
        self.squared_deviations = (
            self.squared_deviations + other.squared_deviations + apart**2 * (self.count * other.count / total)
        )
        self.mean = self.mean + apart * (other.count / total)
        self.low, self.high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        self.count = total


def _moments(rows: NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats]:
    mean = rows.mean(axis=0, dtype=np.float64)
    squares = np.square(rows - mean).sum(axis=0)
    return mean, rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64), squares
