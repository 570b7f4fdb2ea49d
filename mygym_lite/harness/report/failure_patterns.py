"""Failure patterns: drawn values with which a policy fails more often, found on even seeds, confirmed on odd ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.harness.report.drawn_conditions import DrawnCondition, list_drawn_conditions
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.reports.formatting import format_name
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, proportion_difference

_MAX_CONDITIONS, _MAX_PATTERNS = 2, 3
_MIN_EPISODES = 10  # of a pattern, in each half of the seeds
_MIN_SCORE = 2.0  # standard errors; weaker patterns are not worth a test on the other half
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class FailurePattern:
    """Conditions on drawn values, with the failures inside and outside of them on odd seeds."""

    text: str
    failures: int
    episodes: int
    other_failures: int
    other_episodes: int
    difference: Estimate
    """Failure rate inside minus outside."""
    failure: str
    """Most frequent failure inside."""
    example: int
    """Number of a failed episode inside."""


def find_failure_patterns(task_suite: TaskSuite, policy: str) -> list[FailurePattern]:
    """Find patterns among the episodes of a policy in which each seed occurs once: perturbed or else nominal ones.

    Episodes of one seed begin alike, so that they would count the same draw several times. Candidates are thresholds at
    quartiles of the values that every episode draws, and values of those that are not numbers, alone and in pairs. The
    best ones on even seeds are tested on odd seeds, so that their figures are not those that they were chosen for;
    those whose 95% interval includes 0 are left out.
    """
    perturbed = task_suite.get_perturbed_episodes(policy)
    is_drawn_once = len({e.seed for e in perturbed}) == len(perturbed) > 0
    chosen = perturbed if is_drawn_once else task_suite.get_nominal_episodes(policy)
    records = [e for e in chosen if e.failure != "policy_error"]
    if len(records) < 4 * _MIN_EPISODES:
        return []
    failed = np.array([not e.success for e in records])
    explored = np.array([e.seed % 2 == 0 for e in records])
    patterns = []
    for conditions in _search(list(list_drawn_conditions(records)), failed, explored):
        pattern = _confirm(conditions, records, failed, explored)
        if pattern is not None:
            patterns.append(pattern)
    return patterns


def _search(conditions: Sequence[DrawnCondition], failed: Flags, explored: Flags) -> Iterator[list[DrawnCondition]]:
    """Yield the best conjunctions on the explored episodes, each on the episodes outside the previous ones."""
    rest = explored.copy()
    for _ in range(_MAX_PATTERNS):
        chosen: list[DrawnCondition] = []
        score, inside = _MIN_SCORE, rest
        for _ in range(_MAX_CONDITIONS):
            scores = [_score(inside & c.mask, rest, failed) for c in conditions]
            best = int(np.argmax(scores)) if scores else 0
            if not scores or scores[best] <= score:
                break
            score, inside = scores[best], inside & conditions[best].mask
            chosen.append(conditions[best])
        if not chosen:
            return
        yield chosen
        rest = rest & ~inside


def _score(inside: Flags, rest: Flags, failed: Flags) -> float:
    """Return the difference of failure rates inside and outside, in standard errors."""
    outside = rest & ~inside
    count, other = int(inside.sum()), int(outside.sum())
    if min(count, other) < _MIN_EPISODES:
        return 0.0
    rate = float(failed[rest].mean())
    deviation = np.sqrt(max(rate * (1.0 - rate), 1e-9) * (1.0 / count + 1.0 / other))
    return float((failed[inside].mean() - failed[outside].mean()) / deviation)


def _confirm(
    conditions: Sequence[DrawnCondition], records: Sequence[EpisodeRecord], failed: Flags, explored: Flags
) -> FailurePattern | None:
    """Measure a conjunction on the other episodes; None if it does not hold there."""
    inside = ~explored & np.logical_and.reduce([c.mask for c in conditions])
    outside = ~explored & ~inside
    failures, episodes, other_failures, other_episodes = (
        int(mask.sum()) for mask in (failed & inside, inside, failed & outside, outside)
    )
    difference = proportion_difference(failures, episodes, other_failures, other_episodes)
    if episodes < _MIN_EPISODES or difference.low is None or difference.low <= 0.0:
        return None
    failed_records = [e for e, is_failed in zip(records, failed & inside, strict=True) if is_failed]
    [(failure, _)] = Counter(e.failure or "unknown" for e in failed_records).most_common(1)
    return FailurePattern(
        text=" and ".join(c.text for c in conditions),
        failures=failures,
        episodes=episodes,
        other_failures=other_failures,
        other_episodes=other_episodes,
        difference=difference,
        failure=format_name(failure),
        example=next(e.episode for e in failed_records if (e.failure or "unknown") == failure),
    )
