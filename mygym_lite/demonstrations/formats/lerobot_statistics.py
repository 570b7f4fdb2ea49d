"""LeRobot's statistics: mean, deviation, extremes, quantiles and number of frames of each feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.demonstrations.demonstration import Array
from mygym_lite.demonstrations.exact_quantiles import ColorQuantiles, Quantiles
from mygym_lite.demonstrations.running_statistics import RunningStatistics

_PICTURES = 4  # axes: frame, height, width, colour


class FeatureStatistics:
    """Statistics of every feature, over one episode or many."""

    def __init__(self) -> None:
        self._features: dict[str, _Feature] = {}

    def add(self, features: Mapping[str, Array]) -> None:
        """Take in the frames of an episode, by feature."""
        for name, frames in features.items():
            if name not in self._features:
                self._features[name] = _Feature(frames.ndim == _PICTURES)
            self._features[name].add(frames)

    def as_json(self) -> dict[str, dict[str, Any]]:
        """By feature and statistic; of pictures, colours from 0 to 1, each in a box of its own."""
        return {name: feature.as_json() for name, feature in self._features.items()}


class _Feature:
    """Statistics of one feature."""

    def __init__(self, pictures: bool) -> None:
        self._pictures = pictures
        self._spread = RunningStatistics()
        self._quantiles: Quantiles | ColorQuantiles = ColorQuantiles() if pictures else Quantiles()
        self._frames = 0

    def add(self, frames: Array) -> None:
        self._spread.add(frames)
        self._quantiles.add(frames)
        self._frames += len(frames)

    def as_json(self) -> dict[str, Any]:
        spread, scale = self._spread, 1.0 / 255.0 if self._pictures else 1.0
        numbers = {
            "mean": spread.mean, "std": spread.std, "min": spread.low, "max": spread.high, **self._quantiles.compute()
        }  # fmt: skip
        shape = (-1, 1, 1) if self._pictures else (-1,)
        return {**{name: (scale * array).reshape(shape).tolist() for name, array in numbers.items()},
                "count": [self._frames]}  # fmt: skip
