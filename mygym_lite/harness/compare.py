"""Two policies, or two runs, on the same seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import combinations
from typing import Any

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.fingerprint import differences
from mygym_lite.harness.condition_results import NONE_UNREACHED, Key, Trial, Unreached, seed_table, trials
from mygym_lite.harness.episode_errors import EpisodeErrors, all_failed_to_act, count_errors
from mygym_lite.harness.metrics import METRIC, Metric
from mygym_lite.harness.paired_comparison import Contrast, Pair, contrast, corrected, paired
from mygym_lite.harness.relevant_axes import unreached_of
from mygym_lite.harness.run_folder import Run
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import NOTHING, Estimate, mean_interval, paired_difference, seed_scores, share_interval
from mygym_lite.stats.interval import Scores

_SAME = ("tasks", "suite", "seed", "settings")  # what two runs must share for their seeds to mean the same episodes


@dataclass(frozen=True)
class Comparison:
    """A policy against another on one task under one suite; all differences are ``policy`` less ``against``."""

    policy: str
    against: str
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
    errors_against: tuple[EpisodeErrors, ...]
    """Of ``against``."""
    success: Estimate = NOTHING
    """Over all pairs, with an interval over seeds, as everything here; nothing where one side never acted."""
    seconds: Estimate = NOTHING
    """To success, of pairs in which both succeeded, s."""
    peak_hand_force: Estimate = NOTHING
    """Of pairs in which both succeeded and touched an object, N."""
    improvement: Estimate = NOTHING
    """Probability that ``policy`` earns more reward in an episode; a tie counts half."""
    conditions: tuple[Contrast, ...] = ()

    @property
    def acted(self) -> bool:
        """Whether both did."""
        return not all_failed_to_act(self.errors) and not all_failed_to_act(self.errors_against)

    def as_json(self) -> dict[str, Any]:
        """Plain tables."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {name: value._asdict() for name, value in told.items() if isinstance(value, Estimate)}
        errors = {name: [asdict(found) for found in told[name]] for name in ("errors", "errors_against")}
        return told | plain | errors | {"conditions": [row.as_json() for row in self.conditions]}


def compare(a: Run, b: Run) -> list[Comparison]:
    """Every policy of ``b`` against its counterpart in ``a``.

    A label that is in both runs is compared with itself, as after a change of the code or the weights; policies that
    only one run has are each compared with all of those that only the other has.

    Raises:
        UsageError: The runs have other tasks, suites or seeds, or no episode in common.
    """
    _refuse_unlike(a, b)
    before, after = trials(a.records(), unreached_of(a.manifest)), trials(b.records(), unreached_of(b.manifest))
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


def between_policies(records: Iterable[EpisodeRecord], unreached: Unreached = NONE_UNREACHED) -> list[Comparison]:
    """Every policy of one run against each that comes before it in the plan."""
    found = (
        _compare(other, one)
        for one, other in combinations(trials(records, unreached), 2)
        if (one.task, one.suite) == (other.task, other.suite)
    )
    return [comparison for comparison in found if comparison is not None]


def errors_of(found: Comparison) -> list[str]:
    """The episodes of either side that ended in an error, in words."""
    sides = ((found.policy, found.errors), (found.against, found.errors_against))
    return [f"{policy}: {error.sentence}" for policy, errors in sides for error in errors]


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
    missed = {**trial.unreached, **against.unreached}
    matched = {key: paired(found, against.conditions.get(key, [])) for key, found in trial.conditions.items()}
    columns = {key: pairs for key, pairs in matched.items() if pairs and key[0] not in missed}
    if not columns:
        return None
    every = [pair for pairs in columns.values() for pair in pairs]
    found = Comparison(
        trial.policy, against.policy, trial.task, trial.suite, len(every), len({record.seed for record, _ in every}),
        _axes(columns), _axes(key for key in matched if key[0] in missed),
        count_errors(record for record, _ in every), count_errors(record for _, record in every),
    )  # fmt: skip
    return _with_differences(found, list(columns.values())) if found.acted else found


def _axes(keys: Iterable[Key]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(axis for axis, _ in keys if axis != NOMINAL))


def _with_differences(found: Comparison, columns: Sequence[Sequence[Pair]]) -> Comparison:
    solved = [[pair for pair in pairs if all(record.success for record in pair)] for pairs in columns]
    return replace(
        found,
        success=_success(columns),
        seconds=mean_interval(_scores(solved, "seconds")),
        peak_hand_force=mean_interval(_scores(solved, "peak_hand_force")),
        improvement=share_interval(_scores(columns, "reward", lambda more: (np.sign(more) + 1) / 2)),
        conditions=tuple(corrected([contrast(found.against, pairs) for pairs in columns])),
    )


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
