"""What is measured of perception: how often it sees, what it takes things for, how far off it is, and how sure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtr

from mygym_lite.perception.evaluation.records import Seeing, Told, visible_in
from mygym_lite.stats import NOTHING, Estimate
from mygym_lite.stats.quantiles import Values, mean, quantile

ONE_SIGMA, TWO_SIGMA = 0.68, 0.95
_AXES = 3  # of an ellipsoid
Scenes = Sequence[Sequence[Told]]
"""The moments of each scene under one condition."""
Pick = Callable[[Told, Seeing], list[float]]


@dataclass(frozen=True)
class Measure:
    """A number about a condition, made of values that a moment has any number of."""

    name: str
    about: str
    unit: str
    pick: Pick
    quantile: float | None = None
    """None for the mean."""
    share: bool = False

    def of(self, conditions: Sequence[Scenes], weights: int, against: int | None = None) -> Estimate:
        """Its value, mean over conditions, with its interval over scenes.

        Args:
            conditions: One or several.
            weights: Whose.
            against: Whose is subtracted; the values of both are paired by scene.
        """
        values = [self.values(scenes, weights) for scenes in conditions]
        other = [] if against is None else [self.values(scenes, against) for scenes in conditions]
        if self.quantile is not None:
            return quantile(values, self.quantile, other)
        if against is not None:
            return _difference(values, other)
        return mean(_joined(values), self.share)

    def values(self, scenes: Scenes, weights: int) -> Values:
        """All values, by scene."""
        return [[value for told in scene for value in self.pick(told, told.seeings[weights])] for scene in scenes]


def _joined(conditions: Sequence[Values]) -> Values:
    return [[value for values in by_scene for value in values] for by_scene in zip(*conditions, strict=True)]


def _difference(values: Sequence[Values], other: Sequence[Values]) -> Estimate:
    """Of the means of scenes that have values on both sides."""
    pairs = [(np.mean(a), np.mean(b)) for a, b in zip(_joined(values), _joined(other), strict=True) if a and b]
    return mean([[float(a - b)] for a, b in pairs], share=False) if pairs else NOTHING


def _recall(told: Told, seeing: Seeing) -> list[float]:
    matched = {
        picture[one.of].name
        for picture, found in zip(told.pictures, seeing.pictures, strict=True)
        for one in found
        if one.of is not None
    }
    return [float(name in matched) for name in sorted(visible_in(told.pictures))]


def _false(_told: Told, seeing: Seeing) -> list[float]:
    return [float(sum(one.of is None for one in found)) for found in seeing.pictures]


def _right(told: Told, seeing: Seeing) -> list[float]:
    return [float(model == true) for model, true, _ in _matched(told, seeing)]


def _overlaps(told: Told, seeing: Seeing) -> list[float]:
    return [overlap for _, _, overlap in _matched(told, seeing)]


def _matched(told: Told, seeing: Seeing) -> list[tuple[str, str, float]]:
    """Model as it is seen, model as it is, and overlap of the masks, of each visible object that is detected."""
    return [
        (one.model, picture[one.of].model, one.overlap)
        for picture, found in zip(told.pictures, seeing.pictures, strict=True)
        for one in found
        if one.of is not None and picture[one.of].visible
    ]


def errors(_told: Told, seeing: Seeing) -> list[float]:
    """Distances from where the objects are that show, m; infinite for those that are lost."""
    return [one.error for one in seeing.sightings if one.visible]


def _turns(_told: Told, seeing: Seeing) -> list[float]:
    return [one.turned for one in seeing.sightings if one.visible and not math.isnan(one.turned)]


def _lost(_told: Told, seeing: Seeing) -> list[float]:
    return [float(math.isinf(one.error)) for one in seeing.sightings if one.visible]


def _expected(_told: Told, seeing: Seeing) -> list[float]:
    return [one.expected for one in seeing.sightings if one.visible and math.isfinite(one.expected)]


def surprises(_told: Told, seeing: Seeing) -> list[float]:
    """The probability that each estimate gives to places nearer to it than the true one."""
    every = [one.deviations for one in seeing.sightings if one.visible and math.isfinite(one.deviations)]
    return [float(chdtr(_AXES, deviations)) for deviations in every]


def _inside(share: float) -> Pick:
    return lambda told, seeing: [float(one <= share) for one in surprises(told, seeing)]


MEASURES = (
    Measure("position_median", "Distance of the estimate from the object, median; one that is lost is farther than all "
            "others.", "m", errors, 0.5),
    Measure("position_95", "The same, 95th percentile.", "m", errors, 0.95),
    Measure("yaw_median", "Angle from the object's yaw up to the folds of its shape, median.", "rad", _turns, 0.5),
    Measure("yaw_95", "The same, 95th percentile.", "rad", _turns, 0.95),
    Measure("recall", "Visible objects that are detected in at least one picture of a moment.", "", _recall,
            share=True),
    Measure("false_detections", "Detections of nothing that is there, in each picture.", "", _false),
    Measure("accuracy", "Detected objects that are taken for what they are.", "", _right, share=True),
    Measure("mask_iou", "Overlap of the masks of detected objects with the true ones.", "", _overlaps, share=True),
    Measure("lost", "Visible objects without any estimate.", "", _lost, share=True),
    Measure("inside_68", "Objects inside the ellipsoid that should hold 68% of them.", "", _inside(ONE_SIGMA),
            share=True),
    Measure("inside_95", "Objects inside the ellipsoid that should hold 95% of them.", "", _inside(TWO_SIGMA),
            share=True),
    Measure("deviation", "Root mean square distance that estimates admit, mean.", "m", _expected),
)  # fmt: skip
MEASURE = {measure.name: measure for measure in MEASURES}


def by_camera(camera: str) -> Pick:
    """Distances by one camera alone, where it shows the object."""
    return lambda _told, seeing: [one.alone[camera] for one in seeing.sightings if camera in one.alone]
