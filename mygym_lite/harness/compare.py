"""Two policies, or two runs, on the same seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
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
from mygym_lite.randomization.suite import NOMINAL
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

_SAME = ("tasks", "suite", "seed", "settings")  # what two runs must share for their seeds to mean the same episodes


@dataclass(frozen=True)
class Comparison:
    """A policy against another on one task under one suite; all differences are ``policy`` less ``reference``."""

    policy: str
    reference: str
    task: str
    suite: str
    pairs: int
    """Of episodes under conditions that reach both."""
    seeds: int
    shared_axes: tuple[str, ...]
    """Axes that reach both, over which they are compared, beside the nominal condition."""
    other_axes: tuple[str, ...]
    """Axes that do not reach both, along which there is nothing to compare."""
    errors: tuple[EpisodeErrors, ...]
    """Of ``policy``, among the pairs."""
    reference_errors: tuple[EpisodeErrors, ...]
    """Of ``against``."""
    success: Estimate = NO_ESTIMATE
    """Over all pairs, with an interval over seeds, as everything here; nothing where one side never acted."""
    time_to_success: Estimate = NO_ESTIMATE
    """To success, of pairs in which both succeeded, s."""
    peak_hand_force: Estimate = NO_ESTIMATE
    """Of pairs in which both succeeded and touched an object, N."""
    improvement: Estimate = NO_ESTIMATE
    """Probability that ``policy`` earns more reward in an episode; a tie counts half."""
    conditions: tuple[PairedComparison, ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether both did."""
        return not has_only_policy_errors(self.errors) and not has_only_policy_errors(self.reference_errors)

    def to_dict(self) -> dict[str, Any]:
        """Plain tables."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {name: value._asdict() for name, value in told.items() if isinstance(value, Estimate)}
        errors = {name: [asdict(found) for found in told[name]] for name in ("errors", "reference_errors")}
        return told | plain | errors | {"conditions": [row.to_dict() for row in self.conditions]}


def compare_runs(a: RunFolder, b: RunFolder) -> list[Comparison]:
    """Every policy of ``b`` against its counterpart in ``a``.

    A label that is in both runs is compared with itself, as after a change of the code or the weights; policies that
    only one run has are each compared with all of those that only the other has.

    Raises:
        UsageError: The runs have other tasks, suites or seeds, or no episode in common.
    """
    _refuse_unlike(a, b)
    before, after = (
        group_by_condition(a.read_records(), read_irrelevant_axes(a.manifest)),
        group_by_condition(b.read_records(), read_irrelevant_axes(b.manifest)),
    )
    found = [
        _compare(other, one)
        for one in before
        for other in after
        if (one.task, one.suite) == (other.task, other.suite) and _counterparts(one.policy, other.policy, before, after)
    ]
    told = [comparison for comparison in found if comparison is not None]
    if not told:
        raise UsageError(f"{a.folder} and {b.folder} have no episode in common; evaluate both to the end")
    return told


def compare_policies(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[Comparison]:
    """Every policy of one run against each that comes before it in the plan."""
    found = (
        _compare(other, one)
        for one, other in combinations(group_by_condition(records, irrelevant_axes), 2)
        if (one.task, one.suite) == (other.task, other.suite)
    )
    return [comparison for comparison in found if comparison is not None]


def format_errors(comparison: Comparison) -> list[str]:
    """The episodes of either side that ended in an error, in words."""
    sides = ((comparison.policy, comparison.errors), (comparison.reference, comparison.reference_errors))
    return [f"{policy}: {error.sentence}" for policy, errors in sides for error in errors]


def _refuse_unlike(a: RunFolder, b: RunFolder) -> None:
    one, other = ({key: run.manifest.get(key) for key in _SAME} for run in (a, b))
    if unlike := find_differences(one, other):
        raise UsageError(
            f"{a.folder} and {b.folder} cannot be paired: {unlike[0]}; "
            "evaluate both with the same tasks, suite and seed"
        )


def _counterparts(one: str, other: str, before: Sequence[ConditionResults], after: Sequence[ConditionResults]) -> bool:
    shared = {trial.policy for trial in before} & {trial.policy for trial in after}
    return one == other if one in shared or other in shared else True


def _compare(trial: ConditionResults, against: ConditionResults) -> Comparison | None:
    missed = {**trial.irrelevant_axes, **against.irrelevant_axes}
    matched = {key: pair_by_seed(found, against.conditions.get(key, [])) for key, found in trial.conditions.items()}
    columns = {key: pairs for key, pairs in matched.items() if pairs and key[0] not in missed}
    if not columns:
        return None
    every = [pair for pairs in columns.values() for pair in pairs]
    found = Comparison(
        trial.policy, against.policy, trial.task, trial.suite, len(every), len({record.seed for record, _ in every}),
        _axes(columns), _axes(key for key in matched if key[0] in missed),
        count_errors(record for record, _ in every), count_errors(record for _, record in every),
    )  # fmt: skip
    return _with_differences(found, list(columns.values())) if found.comparable else found


def _axes(keys: Iterable[ConditionKey]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(axis for axis, _ in keys if axis != NOMINAL))


def _with_differences(found: Comparison, columns: Sequence[Sequence[Pair]]) -> Comparison:
    solved = [[pair for pair in pairs if all(record.success for record in pair)] for pairs in columns]
    return replace(
        found,
        success=_success(columns),
        time_to_success=mean_interval(_scores(solved, "time_to_success")),
        peak_hand_force=mean_interval(_scores(solved, "peak_hand_force")),
        improvement=proportion_interval(_scores(columns, "reward", lambda more: (np.sign(more) + 1) / 2)),
        conditions=tuple(correct_p_values([compare_pairs(found.reference, pairs) for pairs in columns])),
    )


def _success(columns: Sequence[Sequence[Pair]]) -> Estimate:
    """Pairs of one condition are independent outcomes; those of several are not."""
    if len(columns) == 1:
        return paired_difference([a.success for a, _ in columns[0]], [b.success for _, b in columns[0]])
    value, low, high = mean_interval(_scores(columns, "success"))
    return Estimate(value, None if low is None else max(-1.0, low), None if high is None else min(1.0, high))


def _scores(columns: Sequence[Sequence[Pair]], metric: str, of: Callable[[float], float] = float) -> Scores:
    """One score a seed: the mean over its pairs of what is made of the difference in a metric."""
    return compute_seed_scores(
        build_seed_table([dict(_differences(pairs, METRICS_BY_NAME[metric], of)) for pairs in columns])
    )


def _differences(pairs: Iterable[Pair], metric: Metric, of: Callable[[float], float]) -> Iterator[tuple[int, float]]:
    for record, against in pairs:
        one, other = metric.measure(record), metric.measure(against)
        if one is not None and other is not None:
            yield record.seed, of(one - other)
