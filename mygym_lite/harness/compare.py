"""Two policies, or two runs, on the same seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.harness.contrast import Contrast, Pair, contrast, corrected, paired
from mygym_lite.harness.manifest import differences
from mygym_lite.harness.metrics import METRIC, Metric
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.stats import Estimate, mean_interval, paired_difference, seed_scores, share_interval
from mygym_lite.harness.stats.interval import Scores
from mygym_lite.harness.store import Run
from mygym_lite.harness.trial import Trial, seed_table, trials

_SAME = ("tasks", "suite", "seed", "settings")  # what two runs must share for their seeds to mean the same episodes


@dataclass(frozen=True)
class Comparison:
    """A policy against another on one task under one suite; all differences are ``policy`` less ``against``."""

    policy: str
    against: str
    task: str
    suite: str
    pairs: int
    seeds: int
    success: Estimate
    """Over all pairs, with an interval over seeds, as everything here."""
    seconds: Estimate
    """To success, of pairs in which both succeeded, s."""
    peak_hand_force: Estimate
    """Of pairs in which both succeeded and touched an object, N."""
    improvement: Estimate
    """Probability that ``policy`` earns more reward in an episode; a tie counts half."""
    conditions: tuple[Contrast, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain tables."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {name: value._asdict() for name, value in told.items() if isinstance(value, Estimate)}
        return told | plain | {"conditions": [row.as_json() for row in self.conditions]}


def compare(a: Run, b: Run) -> list[Comparison]:
    """Every policy of ``b`` against its counterpart in ``a``.

    A label that is in both runs is compared with itself, as after a change of the code or the weights; policies that
    only one run has are each compared with all of those that only the other has.

    Raises:
        UsageError: The runs have other tasks, suites or seeds, or no episode in common.
    """
    _refuse_unlike(a, b)
    before, after = trials(a.records()), trials(b.records())
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


def between_policies(records: Iterable[EpisodeRecord]) -> list[Comparison]:
    """Every policy of one run against each that comes before it in the plan."""
    found = (
        _compare(other, one)
        for one, other in combinations(trials(records), 2)
        if (one.task, one.suite) == (other.task, other.suite)
    )
    return [comparison for comparison in found if comparison is not None]


def _refuse_unlike(a: Run, b: Run) -> None:
    one, other = ({key: run.manifest.get(key) for key in _SAME} for run in (a, b))
    if unlike := differences(one, other):
        raise UsageError(
            f"{a.folder} and {b.folder} cannot be paired: {unlike[0]}; "
            "evaluate both with the same tasks, suite and seed"
        )


def _counterparts(one: str, other: str, before: Sequence[Trial], after: Sequence[Trial]) -> bool:
    shared = {trial.policy for trial in before} & {trial.policy for trial in after}
    return one == other if one in shared or other in shared else True


def _compare(trial: Trial, against: Trial) -> Comparison | None:
    matched = {key: paired(found, against.conditions.get(key, [])) for key, found in trial.conditions.items()}
    columns = [pairs for pairs in matched.values() if pairs]
    if not columns:
        return None
    solved = [[pair for pair in pairs if all(record.success for record in pair)] for pairs in columns]
    return Comparison(
        trial.policy, against.policy, trial.task, trial.suite, sum(map(len, columns)),
        len({record.seed for pairs in columns for record, _ in pairs}), _success(columns),
        mean_interval(_scores(solved, "seconds")), mean_interval(_scores(solved, "peak_hand_force")),
        share_interval(_scores(columns, "reward", lambda more: (np.sign(more) + 1) / 2)),
        tuple(corrected([contrast(against.policy, pairs) for pairs in columns])),
    )  # fmt: skip


def _success(columns: Sequence[Sequence[Pair]]) -> Estimate:
    """Pairs of one condition are independent outcomes; those of several are not."""
    if len(columns) == 1:
        return paired_difference([a.success for a, _ in columns[0]], [b.success for _, b in columns[0]])
    value, low, high = mean_interval(_scores(columns, "success"))
    return Estimate(value, None if low is None else max(-1.0, low), None if high is None else min(1.0, high))


def _scores(columns: Sequence[Sequence[Pair]], metric: str, of: Callable[[float], float] = float) -> Scores:
    """One score a seed: the mean over its pairs of what is made of the difference in a metric."""
    return seed_scores(seed_table([dict(_differences(pairs, METRIC[metric], of)) for pairs in columns]))


def _differences(pairs: Iterable[Pair], metric: Metric, of: Callable[[float], float]) -> Iterator[tuple[int, float]]:
    for record, against in pairs:
        one, other = metric.of(record), metric.of(against)
        if one is not None and other is not None:
            yield record.seed, of(one - other)
