"""Drops of success from nominal, by axis and severity: does the drop in one world predict that in the other?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.stats import NO_ESTIMATE, Estimate
from mygym_lite.stats.interval import Scores
from mygym_lite.stats.rank_agreement import compute_pearson, compute_slope
from mygym_lite.studies.fidelity.estimates import estimate_from_resamples
from mygym_lite.studies.fidelity.world_pair import Resamples, WorldPair

_MIN_POINTS = 3  # of a correlation


@dataclass(frozen=True)
class DropAgreement:
    """Drops along one axis, at one severity or over all, or over all axes.

    All intervals are over seeds and policies together.

    Args:
        axis: Name of the axis; None for all.
        group: Group of the axis.
        severity: Severity; None for all.
        points: Number of drops that are compared: policies times tasks times severities.
        success_a: Mean success under these conditions in the first world.
        success_b: Mean success in the second.
        drop_a: Mean drop from nominal in the first world, positive if success falls.
        drop_b: Mean drop in the second.
        difference: ``drop_b`` minus ``drop_a``.
        slope: Drop in the second world for each point of drop in the first, by least squares through the origin.
        correlation: Pearson's correlation of the drops.
    """

    axis: str | None
    group: str | None
    severity: int | None
    points: int
    success_a: Estimate
    success_b: Estimate
    drop_a: Estimate
    drop_b: Estimate
    difference: Estimate
    slope: Estimate
    correlation: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value._asdict() if isinstance(value, Estimate) else value for name, value in values.items()}


def compare_drops(pair: WorldPair, resamples: Resamples) -> list[DropAgreement]:
    """Compare the drops over all axes, then for each axis over its severities, then at each severity.

    Conditions count whose task has nominal episodes of the policy in both worlds; without any the list is empty.
    """
    comparison = _DropComparison(pair, resamples)
    groups: dict[tuple[str, str], list[int]] = {}
    for number, condition in enumerate(pair.conditions):
        if comparison.has_drop[number]:
            groups.setdefault((condition.group, condition.axis), []).append(number)
    if not groups:
        return []
    rows = [comparison.compare([number for numbers in groups.values() for number in numbers], None, None, None)]
    for (group, axis), numbers in groups.items():
        rows.append(comparison.compare(numbers, axis, group, None))
        for severity in sorted({pair.conditions[number].severity for number in numbers}):
            at = [number for number in numbers if pair.conditions[number].severity == severity]
            rows.append(comparison.compare(at, axis, group, severity))
    return rows


class _DropComparison:
    """Drops of every policy and condition, as measured and in every resample."""

    def __init__(self, pair: WorldPair, resamples: Resamples) -> None:
        nominal = {condition.task: n for n, condition in enumerate(pair.conditions) if condition.is_nominal}
        self._base = np.array([nominal.get(condition.task, -1) for condition in pair.conditions])
        known = ~np.isnan(pair.a.rates + pair.b.rates)
        perturbed = np.array([not condition.is_nominal for condition in pair.conditions])
        self._known = known & known[:, self._base] & (self._base >= 0) & perturbed
        self.has_drop: NDArray[np.bool_] = self._known.any(axis=0)
        """Conditions with a drop of any policy."""
        self._rates = (pair.a.rates, pair.b.rates)
        self._resampled, self._weights = (resamples.a, resamples.b), resamples.policies

    def compare(
        self, numbers: Sequence[int], axis: str | None, group: str | None, severity: int | None
    ) -> DropAgreement:
        """Compare the drops of some conditions."""
        policies, columns = np.nonzero(self._known[:, numbers])
        conditions = np.asarray(numbers)[columns]
        base, weights = self._base[conditions], self._weights[:, policies]
        success, resampled = (
            [rates[..., policies, conditions] for rates in worlds] for worlds in (self._rates, self._resampled)
        )
        drops, resampled_drops = (
            [rates[..., policies, base] - values for rates, values in zip(worlds, found, strict=True)]
            for worlds, found in ((self._rates, success), (self._resampled, resampled))
        )
        valid = ~np.isnan(resampled_drops[0] + resampled_drops[1])
        weights = np.where(valid, weights, 0.0)
        a, b = (np.where(valid, values, 0.0) for values in resampled_drops)

        def estimate_mean(values: Scores, resampled_values: Scores) -> Estimate:
            filled = np.where(valid, resampled_values, 0.0)
            return estimate_from_resamples(values.mean(), _average(filled, weights))

        return DropAgreement(
            axis=axis,
            group=group,
            severity=severity,
            points=len(policies),
            success_a=estimate_mean(success[0], resampled[0]),
            success_b=estimate_mean(success[1], resampled[1]),
            drop_a=estimate_mean(drops[0], a),
            drop_b=estimate_mean(drops[1], b),
            difference=estimate_mean(drops[1] - drops[0], b - a),
            slope=estimate_from_resamples(compute_slope(*drops), compute_slope(a, b, weights)),
            correlation=_estimate_correlation(drops, (a, b), weights),
        )


def _estimate_correlation(drops: Sequence[Scores], resampled: tuple[Scores, Scores], weights: Scores) -> Estimate:
    if drops[0].size < _MIN_POINTS:
        return NO_ESTIMATE
    return estimate_from_resamples(compute_pearson(*drops), compute_pearson(*resampled, weights))


def _average(values: Scores, weights: Scores) -> Scores:
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Scores = (values * weights).sum(axis=-1) / weights.sum(axis=-1)
    return mean
