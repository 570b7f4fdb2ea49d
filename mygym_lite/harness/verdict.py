"""What a trial comes to: how a policy does, how hard it presses, and what is left of it when the world differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
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

REPORTED_SEVERITY = 3  # at which success is told beside nominal


@dataclass(frozen=True)
class PolicySummary:
    """One policy on one task under one suite; estimates carry 95% intervals.

    Policies of one task and suite are compared over the axes that reach all of them: along an axis that cannot reach a
    policy its episodes are the nominal ones, and say nothing of how it bears the change. A policy that breaks in some
    episodes fails in them; of one that breaks in all of them there are no numbers.
    """

    policy: str
    task: str
    suite: str
    episodes: int
    success: Estimate = NO_ESTIMATE
    """Nominal."""
    time_to_success: Estimate = NO_ESTIMATE
    """To success, nominal, s."""
    peak_hand_force: Estimate = NO_ESTIMATE
    """Nominal, N."""
    robustness: Estimate = NO_ESTIMATE
    """Mean over the shared axes of the area under success over severity, 0 to 1."""
    shared_axes: tuple[str, ...] = ()
    """Axes that reach every policy of this task and suite."""
    other_robustness: Estimate = NO_ESTIMATE
    """The same over the other axes that reach this policy."""
    other_axes: tuple[str, ...] = ()
    """Those axes: they do not reach every policy, so nothing is compared over them."""
    irrelevant_axes: tuple[str, ...] = ()
    """Axes that cannot reach this policy; they count nowhere."""
    robustness_by_axis: dict[str, Estimate] = field(default_factory=dict)
    """Robustness along each axis that reaches the policy, in the order of the plan."""
    success_at_severity: Estimate = NO_ESTIMATE
    """Mean success over the shared axes at severity 3."""
    retention_at_severity: float | None = None
    """That as a share of nominal success."""
    weakest_axis: str | None = None
    """The one with the smallest area."""
    failures: dict[str, int] = field(default_factory=dict)
    """How often each code ended an episode, the most frequent first."""
    errors: tuple[EpisodeErrors, ...] = ()
    """Episodes that ended in an error, by code."""
    warning: str | None = None
    """Why the numbers say little, if they do."""

    @property
    def has_outcome(self) -> bool:
        """Whether any episode has an outcome."""
        return not has_only_policy_errors(self.errors)

    def to_dict(self) -> dict[str, Any]:
        """Plain tables."""
        told = {each.name: _plain(getattr(self, each.name)) for each in fields(self)}
        areas = {axis: area._asdict() for axis, area in self.robustness_by_axis.items()}
        return told | {"areas": areas, "errors": [asdict(found) for found in self.errors]}


def _plain(value: Any) -> Any:
    return value._asdict() if isinstance(value, Estimate) else value


def summarize_policies(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[PolicySummary]:
    """One verdict for every policy, task and suite, in the order of the plan.

    Success over several conditions has an interval over seeds, since a seed starts alike in all of them.
    """
    found = group_by_condition(records, irrelevant_axes)
    shared = {
        (trial.task, trial.suite): find_shared_axes([one for one in found if _comparable(one, trial)])
        for trial in found
    }
    return [_verdict(trial, shared[trial.task, trial.suite]) for trial in found]


def _comparable(trial: ConditionResults, other: ConditionResults) -> bool:
    return (trial.task, trial.suite) == (other.task, other.suite)


def find_shared_axes(results: Sequence[ConditionResults]) -> tuple[str, ...]:
    """The axes that reach every policy that acted, in the order of the plan."""
    first, *rest = [trial.axes for trial in results if trial.has_outcome] or [{}]
    return tuple(axis for axis in first if all(axis in axes for axes in rest))


def _verdict(trial: ConditionResults, shared: Sequence[str]) -> PolicySummary:
    errors, failures = count_errors(trial.episodes), _failures(trial.episodes)
    if not trial.has_outcome:
        return PolicySummary(
            trial.policy, trial.task, trial.suite, len(trial.episodes), failures=failures, errors=errors
        )
    success = METRICS_BY_NAME["success"].estimate_records(trial.nominal)
    shares = _Shares(trial)
    areas = {axis: shares.estimate(weights) for axis, weights in shares.areas.items()}
    hard = shares.at(REPORTED_SEVERITY, shared)
    others = tuple(axis for axis in areas if axis not in shared)
    return PolicySummary(
        trial.policy,
        trial.task,
        trial.suite,
        len(trial.episodes),
        success,
        METRICS_BY_NAME["time_to_success"].estimate_records(trial.nominal),
        METRICS_BY_NAME["peak_hand_force"].estimate_records(trial.nominal),
        shares.over(shared),
        tuple(shared),
        shares.over(others),
        others,
        tuple(trial.irrelevant_axes),
        areas,
        hard,
        None if hard.value is None or success.value is None else compute_retention(hard.value, success.value),
        min(areas, key=lambda axis: areas[axis].value or 0.0, default=None),
        failures,
        errors,
        warn_if_too_few(min(map(len, trial.conditions.values()))),
    )


def _failures(episodes: list[EpisodeRecord]) -> dict[str, int]:
    counted = Counter(record.failure for record in episodes if record.failure is not None)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def compute_area_scores(trial: ConditionResults) -> dict[str, Scores]:
    """Robustness along each axis that reaches the policy, as one score for each seed, in the order of the seeds."""
    shares = _Shares(trial)
    return {axis: compute_seed_scores(shares.table, weights) for axis, weights in shares.areas.items()}


class _Shares:
    """Weighted means of success over the conditions of a trial."""

    def __init__(self, trial: ConditionResults) -> None:
        self.keys = list(trial.conditions)
        self.table = trial.tabulate_by_seed(METRICS_BY_NAME["success"].measure)
        self.areas = {axis: self._area(axis, levels) for axis, levels in trial.axes.items()}

    def _area(self, axis: str, levels: list[int]) -> Scores:
        """The weights of the conditions in the area of one axis, which starts at nominal."""
        keys: list[ConditionKey] = [
            *[key for key in self.keys if key == NOMINAL_KEY],
            *((axis, level) for level in levels),
        ]
        weights = np.zeros(len(self.keys))
        weights[[self.keys.index(key) for key in keys]] = compute_area_weights([level for _, level in keys])
        return weights

    def over(self, axes: Sequence[str]) -> Estimate:
        """The mean area of some axes."""
        return self.estimate(sum(self.areas[axis] for axis in axes))

    def at(self, level: int, axes: Sequence[str]) -> Estimate:
        """Success at one level, mean over some axes."""
        return self.estimate(np.array([float(key[1] == level and key[0] in axes) for key in self.keys]))

    def estimate(self, weights: Scores | int) -> Estimate:
        if not np.any(weights):
            return NO_ESTIMATE
        return proportion_interval(compute_seed_scores(self.table, weights))
