"""Running mean, standard deviation and extremes of each component."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_VECTORS, _COLORS = 2, 4  # axes of rows of numbers, and of colour images


@dataclass
class RunningStatistics:
    """Statistics of one array over many episodes; of images, of each colour channel over all pixels."""

    count: int = 0
    mean: Floats = field(default_factory=lambda: np.zeros(0))
    low: Floats = field(default_factory=lambda: np.zeros(0))
    high: Floats = field(default_factory=lambda: np.zeros(0))
    squared_deviations: Floats = field(default_factory=lambda: np.zeros(0))
    """Sum of squared deviations from the mean."""

    @property
    def std(self) -> Floats:
        """Standard deviation."""
        return np.sqrt(self.squared_deviations / max(self.count, 1))

    def add(self, array: NDArray[Any]) -> None:
        """Add rows; the merge of sums loses no digits to large means."""
        rows = array.reshape(-1, array.shape[-1] if array.ndim in (_VECTORS, _COLORS) else 1)
        if not len(rows):
            return
        self.merge(RunningStatistics(len(rows), *_compute_moments(rows)))

    def merge(self, other: RunningStatistics) -> None:
        """Merge other statistics into these."""
        if not self.count:
            vars(self).update(vars(other))
            return
        total, delta = self.count + other.count, other.mean - self.mean
        self.squared_deviations = (
            self.squared_deviations + other.squared_deviations + delta**2 * (self.count * other.count / total)
        )
        self.mean = self.mean + delta * (other.count / total)
        self.low, self.high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        self.count = total


def _compute_moments(rows: NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats]:
    mean = rows.mean(axis=0, dtype=np.float64)
    squares = np.square(rows - mean).sum(axis=0)
    return mean, rows.min(axis=0).astype(np.float64), rows.max(axis=0).astype(np.float64), squares
