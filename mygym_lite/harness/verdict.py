"""The summary of a policy on a task: success, contact force and robustness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from mygym_lite.harness.condition_results import (
    NO_IRRELEVANT_AXES,
    NOMINAL_KEY,
    ConditionKey,
    ConditionResults,
    IrrelevantAxes,
    group_by_condition,
)
from mygym_lite.harness.episode_errors import EpisodeErrors, count_errors, has_only_policy_errors
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import (
    NO_ESTIMATE,
    Estimate,
    compute_area_weights,
    compute_retention,
    compute_seed_scores,
    proportion_interval,
    warn_if_too_few,
)
from mygym_lite.stats.interval import Scores

REPORTED_SEVERITY = 3  # at which success is reported beside nominal


@dataclass(frozen=True)
class PolicySummary:
    """One policy on one task under one suite; estimates carry 95% intervals.

    Policies of one task and suite are compared over the axes that affect all of them: along an axis that cannot affect
    a policy, its episodes equal the nominal ones and tell nothing about robustness. A policy that breaks in some
    episodes fails in them; one that breaks in all of them has no numbers.
    """

    policy: str
    task: str
    suite: str
    episodes: int
    success: Estimate = NO_ESTIMATE
    """Nominal success rate."""
    progress: Estimate = NO_ESTIMATE
    """Nominal mean share of the task's stages that were reached; none for a task without stages."""
    time_to_success: Estimate = NO_ESTIMATE
    """Nominal time to success, s."""
    peak_hand_force: Estimate = NO_ESTIMATE
    """Nominal peak force of the hand on objects, N."""
    robustness: Estimate = NO_ESTIMATE
    """Area under the curve of success over severity, 0 to 1, mean over the shared axes."""
    shared_axes: tuple[str, ...] = ()
    """Axes that affect every policy of this task and suite."""
    other_robustness: Estimate = NO_ESTIMATE
    """Robustness over the other axes that affect this policy."""
    other_axes: tuple[str, ...] = ()
    """Axes that affect this policy but not every policy, so that nothing is compared over them."""
    irrelevant_axes: tuple[str, ...] = ()
    """Axes that cannot affect this policy; they count nowhere."""
    robustness_by_axis: dict[str, Estimate] = field(default_factory=dict)
    """Robustness along each axis that affects the policy, in the order of the plan."""
    success_at_severity: Estimate = NO_ESTIMATE
    """Mean success over the shared axes at severity 3."""
    retention_at_severity: float | None = None
    """Success at severity 3 as a fraction of nominal success."""
    weakest_axis: str | None = None
    """Axis with the smallest area."""
    failures: dict[str, int] = field(default_factory=dict)
    """Number of episodes that each failure code ended, the most frequent first."""
    errors: tuple[EpisodeErrors, ...] = ()
    """Episodes that ended in an error, by code."""
    warning: str | None = None
    """Warning about too few episodes."""

    @property
    def has_outcome(self) -> bool:
        """True if any episode has an outcome."""
        return not has_only_policy_errors(self.errors)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        plain = {name: value._asdict() for name, value in values.items() if isinstance(value, Estimate)}
        areas = {axis: area._asdict() for axis, area in self.robustness_by_axis.items()}
        return values | plain | {"robustness_by_axis": areas, "errors": [asdict(error) for error in self.errors]}


def summarize_policies(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[PolicySummary]:
    """Summarize every policy, task and suite, in the order of the plan.

    Success over several conditions has an interval over seeds, since they share the start of each seed.
    """
    groups: dict[tuple[str, str], list[ConditionResults]] = {}
    grouped = group_by_condition(records, irrelevant_axes)
    for results in grouped:
        groups.setdefault((results.task, results.suite), []).append(results)
    shared = {key: find_shared_axes(group) for key, group in groups.items()}
    return [_summarize(results, shared[results.task, results.suite]) for results in grouped]


def find_shared_axes(results: Sequence[ConditionResults]) -> tuple[str, ...]:
    """Find the axes that affect every policy that acted, in the order of the plan."""
    first, *rest = [entry.axes for entry in results if entry.has_outcome] or [{}]
    return tuple(axis for axis in first if all(axis in axes for axes in rest))


def _summarize(results: ConditionResults, shared_axes: Sequence[str]) -> PolicySummary:
    summary = PolicySummary(
        policy=results.policy,
        task=results.task,
        suite=results.suite,
        episodes=len(results.episodes),
        failures=_count_failures(results.episodes),
        errors=count_errors(results.episodes),
    )
    if not results.has_outcome:
        return summary
    success = METRICS_BY_NAME["success"].estimate_records(results.nominal)
    means = _WeightedSuccess(results)
    areas = {axis: means.estimate(weights) for axis, weights in means.area_weights.items()}
    severe = means.estimate_severity(REPORTED_SEVERITY, shared_axes)
    other_axes = tuple(axis for axis in areas if axis not in shared_axes)
    return replace(
        summary,
        success=success,
        progress=METRICS_BY_NAME["progress"].estimate_records(results.nominal),
        time_to_success=METRICS_BY_NAME["time_to_success"].estimate_records(results.nominal),
        peak_hand_force=METRICS_BY_NAME["peak_hand_force"].estimate_records(results.nominal),
        robustness=means.estimate_areas(shared_axes),
        shared_axes=tuple(shared_axes),
        other_robustness=means.estimate_areas(other_axes),
        other_axes=other_axes,
        irrelevant_axes=tuple(results.irrelevant_axes),
        robustness_by_axis=areas,
        success_at_severity=severe,
        retention_at_severity=None
        if severe.value is None or success.value is None
        else compute_retention(severe.value, success.value),
        weakest_axis=min(areas, key=lambda axis: areas[axis].value or 0.0, default=None),
        warning=warn_if_too_few(min(map(len, results.conditions.values()))),
    )


def _count_failures(episodes: list[EpisodeRecord]) -> dict[str, int]:
    counts = Counter(record.failure for record in episodes if record.failure is not None)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def compute_area_scores(results: ConditionResults) -> dict[str, Scores]:
    """Compute the robustness along each axis that affects the policy, one score for each seed in order."""
    means = _WeightedSuccess(results)
    return {axis: compute_seed_scores(means.table, weights) for axis, weights in means.area_weights.items()}


class _WeightedSuccess:
    """Weighted means of success over conditions."""

    def __init__(self, results: ConditionResults) -> None:
        self._keys = list(results.conditions)
        self.table = results.tabulate_by_seed(METRICS_BY_NAME["success"].measure)
        self.area_weights = {axis: self._weigh_axis(axis, severities) for axis, severities in results.axes.items()}

    def _weigh_axis(self, axis: str, severities: list[int]) -> Scores:
        """Return the weights of all conditions in the area of one axis, which starts at nominal."""
        keys: list[ConditionKey] = [
            *[key for key in self._keys if key == NOMINAL_KEY],
            *((axis, severity) for severity in severities),
        ]
        weights = np.zeros(len(self._keys))
        weights[[self._keys.index(key) for key in keys]] = compute_area_weights([severity for _, severity in keys])
        return weights

    def estimate_areas(self, axes: Sequence[str]) -> Estimate:
        """Estimate the mean area of some axes."""
        return self.estimate(sum(self.area_weights[axis] for axis in axes))

    def estimate_severity(self, severity: int, axes: Sequence[str]) -> Estimate:
        """Estimate the mean success of some axes at one severity."""
        return self.estimate(np.array([float(key[1] == severity and key[0] in axes) for key in self._keys]))

    def estimate(self, weights: Scores | int) -> Estimate:
        """Estimate a weighted mean; none if all weights are zero."""
        if not np.any(weights):
            return NO_ESTIMATE
        return proportion_interval(compute_seed_scores(self.table, weights))
