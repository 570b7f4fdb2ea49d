"""Comparison of two policies, or two runs, on the same seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import combinations
from typing import Any

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.fingerprint import find_differences
from mygym_lite.harness.condition_results import (
    NO_IRRELEVANT_AXES,
    ConditionKey,
    ConditionResults,
    IrrelevantAxes,
    build_seed_table,
    group_by_condition,
)
from mygym_lite.harness.episode_errors import EpisodeErrors, count_errors, has_only_policy_errors
from mygym_lite.harness.metrics import METRICS_BY_NAME, Metric
from mygym_lite.harness.paired_comparison import Pair, PairedComparison, compare_pairs, correct_p_values, pair_by_seed
from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import (
    NO_ESTIMATE,
    Estimate,
    compute_seed_scores,
    mean_interval,
    paired_difference,
    proportion_interval,
)
from mygym_lite.stats.interval import Scores

_SHARED_KEYS = ("tasks", "suite", "seed", "settings")  # of manifests: equal seeds then mean equal episodes


@dataclass(frozen=True)
class Comparison:
    """A policy against a reference on one task under one suite; differences are ``policy`` minus ``reference``."""

    policy: str
    reference: str
    task: str
    suite: str
    pairs: int
    """Number of paired episodes, under conditions that affect both."""
    seeds: int
    shared_axes: tuple[str, ...]
    """Axes that affect both, over which they are compared, beside the nominal condition."""
    other_axes: tuple[str, ...]
    """Axes that do not affect both, along which there is nothing to compare."""
    errors: tuple[EpisodeErrors, ...]
    """Errors of ``policy``, among the pairs."""
    reference_errors: tuple[EpisodeErrors, ...]
    """Errors of ``reference``, among the pairs."""
    success: Estimate = NO_ESTIMATE
    """Difference over all pairs, with an interval over seeds, as all estimates here; none if one side never acted."""
    progress: Estimate = NO_ESTIMATE
    """Difference in the share of the task's stages that were reached; none for a task without stages."""
    time_to_success: Estimate = NO_ESTIMATE
    """Difference of pairs in which both succeeded, s."""
    peak_hand_force: Estimate = NO_ESTIMATE
    """Difference of pairs in which both succeeded and touched an object, N."""
    improvement: Estimate = NO_ESTIMATE
    """Probability of improvement: that ``policy`` earns more reward in an episode; a tie counts half."""
    conditions: tuple[PairedComparison, ...] = ()
    seed_differences: dict[str, Scores] = field(default_factory=dict)
    """Differences in success and progress, each a mean over the conditions of a seed, in the order of the seeds.

    Only seeds with every condition are in them, and they are no part of ``to_dict``.
    """

    @property
    def comparable(self) -> bool:
        """True if both acted."""
        return not has_only_policy_errors(self.errors) and not has_only_policy_errors(self.reference_errors)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "seed_differences"}
        plain = {name: value._asdict() for name, value in values.items() if isinstance(value, Estimate)}
        errors = {name: [asdict(error) for error in values[name]] for name in ("errors", "reference_errors")}
        return values | plain | errors | {"conditions": [row.to_dict() for row in self.conditions]}


def compare_runs(a: RunFolder, b: RunFolder) -> list[Comparison]:
    """Compare every policy of ``b`` with its counterpart in ``a``.

    A label of both runs is compared with itself, as after a change of the code or the weights; policies of one run
    alone are compared with all policies of the other alone.

    Raises:
        UsageError: The runs have other tasks, suites or seeds, or no episode in common.
    """
    _refuse_unlike(a, b)
    before, after = (
        group_by_condition(a.read_records(), read_irrelevant_axes(a.manifest)),
        group_by_condition(b.read_records(), read_irrelevant_axes(b.manifest)),
    )
    comparisons = [
        comparison
        for old in before
        for new in after
        if (old.task, old.suite) == (new.task, new.suite)
        and _are_counterparts(old.policy, new.policy, before, after)
        and (comparison := _compare(new, old)) is not None
    ]
    if not comparisons:
        raise UsageError(f"{a.folder} and {b.folder} have no episode in common; evaluate both to the end")
    return comparisons


def compare_policies(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[Comparison]:
    """Compare every policy of a run with each that precedes it in the plan."""
    comparisons = (
        _compare(other, one)
        for one, other in combinations(group_by_condition(records, irrelevant_axes), 2)
        if (one.task, one.suite) == (other.task, other.suite)
    )
    return [comparison for comparison in comparisons if comparison is not None]


def format_errors(comparison: Comparison) -> list[str]:
    """Describe the episodes of either side that ended in an error."""
    sides = ((comparison.policy, comparison.errors), (comparison.reference, comparison.reference_errors))
    return [f"{policy}: {error.sentence}" for policy, errors in sides for error in errors]


def _refuse_unlike(a: RunFolder, b: RunFolder) -> None:
    first, second = ({key: run.manifest.get(key) for key in _SHARED_KEYS} for run in (a, b))
    if differences := find_differences(first, second):
        raise UsageError(
            f"{a.folder} and {b.folder} cannot be paired: {differences[0]}; "
            "evaluate both with the same tasks, suite and seed"
        )


def _are_counterparts(
    old: str, new: str, before: Sequence[ConditionResults], after: Sequence[ConditionResults]
) -> bool:
    shared = {results.policy for results in before} & {results.policy for results in after}
    return old == new if old in shared or new in shared else True


def _compare(results: ConditionResults, reference: ConditionResults) -> Comparison | None:
    irrelevant = {**results.irrelevant_axes, **reference.irrelevant_axes}
    matched = {
        key: pair_by_seed(records, reference.conditions.get(key, [])) for key, records in results.conditions.items()
    }
    columns = {key: pairs for key, pairs in matched.items() if pairs and key[0] not in irrelevant}
    if not columns:
        return None
    all_pairs = [pair for pairs in columns.values() for pair in pairs]
    comparison = Comparison(
        policy=results.policy,
        reference=reference.policy,
        task=results.task,
        suite=results.suite,
        pairs=len(all_pairs),
        seeds=len({record.seed for record, _ in all_pairs}),
        shared_axes=_list_axes(columns),
        other_axes=_list_axes(key for key in matched if key[0] in irrelevant),
        errors=count_errors(record for record, _ in all_pairs),
        reference_errors=count_errors(record for _, record in all_pairs),
    )
    return _add_differences(comparison, list(columns.values())) if comparison.comparable else comparison


def _list_axes(keys: Iterable[ConditionKey]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(axis for axis, _ in keys if axis != NOMINAL))


def _add_differences(comparison: Comparison, columns: Sequence[Sequence[Pair]]) -> Comparison:
    solved = [[pair for pair in pairs if all(record.success for record in pair)] for pairs in columns]
    return replace(
        comparison,
        success=_estimate_success_difference(columns),
        progress=_clip_difference(mean_interval(_compute_scores(columns, "progress"))),
        time_to_success=mean_interval(_compute_scores(solved, "time_to_success")),
        peak_hand_force=mean_interval(_compute_scores(solved, "peak_hand_force")),
        improvement=proportion_interval(_compute_scores(columns, "reward", lambda more: (np.sign(more) + 1) / 2)),
        conditions=tuple(correct_p_values([compare_pairs(comparison.reference, pairs) for pairs in columns])),
        seed_differences={metric: _compute_seed_differences(columns, metric) for metric in ("success", "progress")},
    )


def _compute_seed_differences(columns: Sequence[Sequence[Pair]], metric: str) -> Scores:
    """Compute the mean difference of each seed that has every condition, in the order of the seeds."""
    table = _tabulate_differences(columns, metric, float)
    means: Scores = table[~np.isnan(table).any(axis=1)].mean(axis=1)
    return means


def _estimate_success_difference(columns: Sequence[Sequence[Pair]]) -> Estimate:
    """Estimate the difference; pairs of one condition are independent, those of several share seeds."""
    if len(columns) == 1:
        return paired_difference([a.success for a, _ in columns[0]], [b.success for _, b in columns[0]])
    return _clip_difference(mean_interval(_compute_scores(columns, "success")))


def _clip_difference(estimate: Estimate) -> Estimate:
    """Clip the interval of a difference of two shares to what is possible."""
    value, low, high = estimate
    return Estimate(value, None if low is None else max(-1.0, low), None if high is None else min(1.0, high))


def _compute_scores(
    columns: Sequence[Sequence[Pair]], metric: str, transform: Callable[[float], float] = float
) -> Scores:
    """Compute a score for each seed: the mean over its pairs of the transformed difference in a metric."""
    return compute_seed_scores(_tabulate_differences(columns, metric, transform))


def _tabulate_differences(
    columns: Sequence[Sequence[Pair]], metric: str, transform: Callable[[float], float]
) -> Scores:
    return build_seed_table(
        [dict(_iterate_differences(pairs, METRICS_BY_NAME[metric], transform)) for pairs in columns]
    )


def _iterate_differences(
    pairs: Iterable[Pair], metric: Metric, transform: Callable[[float], float]
) -> Iterator[tuple[int, float]]:
    for record, reference in pairs:
        value, reference_value = metric.measure(record), metric.measure(reference)
        if value is not None and reference_value is not None:
            yield record.seed, transform(value - reference_value)
