"""LeRobot's statistics: mean, deviation, extremes, quantiles and number of frames of each feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.demonstrations.demonstration import Array
from mygym_lite.demonstrations.exact_quantiles import ColorQuantiles, Quantiles
from mygym_lite.demonstrations.running_statistics import RunningStatistics

_IMAGE_AXES = 4  # frame, height, width, channel


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
