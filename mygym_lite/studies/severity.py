"""Severity study: success of a policy on every axis and severity of a suite, and the shape of each curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.evaluate import OnRecord, prepare_evaluation, run_episodes
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.randomization.suite import Condition
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import wilson_interval

_FLAT_DROP = 0.051  # largest drop of success of a flat curve
_JUMP_DROP = 0.5  # smallest drop between neighboring severities that counts as a jump


@dataclass(frozen=True)
class SeverityResult:
    """Results of a policy under one condition."""

    axis: str
    group: str
    severity: int
    episodes: int
    successes: int
    median_time_to_success: float | None  # s, over successful episodes

    @property
    def rate(self) -> float:
        """Success rate."""
        return self.successes / self.episodes

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the success rate."""
        return wilson_interval(self.successes, self.episodes)


@dataclass(frozen=True)
class SeverityCurve:
    """Success over the severities of one axis, nominal first; without points if the axis does not apply."""

    axis: str
    group: str
    points: tuple[SeverityResult, ...]

    @property
    def shape(self) -> str:
        """Shape of the curve: ``flat``, ``jumps at N``, ``graded`` or ``not applicable``."""
        if not self.points:
            return "not applicable"
        rates = [point.rate for point in self.points]
        drops = [before - after for before, after in pairwise(rates)]
        if rates[0] - min(rates) <= _FLAT_DROP:
            return "flat"
        if max(drops) >= _JUMP_DROP:
            return f"jumps at {self.points[drops.index(max(drops)) + 1].severity}"
        return "graded"


def study_severity(
    task: str,
    policy: str,
    suite: str,
    episodes: int,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = no_progress,
    on_record: OnRecord | None = None,
) -> list[SeverityCurve]:
    """Run a policy under every condition of a suite, with the same seeds in each.

    Args:
        task: Name of a shipped task or path of a task file.
        policy: Policy as on the command line.
        suite: Name of a shipped suite or path of a suite file.
        episodes: Number of episodes per condition.
        seed: Seed of the first episode.
        workers: Number of worker processes.
        progress: Callback for progress reports.
        on_record: Callback for each new record.
    """
    plan = prepare_evaluation(policy, [task], suite, episodes, seed=seed).plan
    records_by_condition: dict[tuple[str, int], list[EpisodeRecord]] = {}

    def collect_record(record: EpisodeRecord) -> None:
        records_by_condition.setdefault((record.axis, record.severity), []).append(record)
        if on_record is not None:
            on_record(record)

    run_episodes(EpisodeQueue(plan), collect_record, workers=workers, progress=progress)
    results = [_summarize_condition(records) for records in records_by_condition.values()]
    return _build_curves(plan.suite.build_conditions(plan.tasks[0]), results)


def _summarize_condition(records: Sequence[EpisodeRecord]) -> SeverityResult:
    first, times = records[0], [record.time_to_success for record in records if record.time_to_success is not None]
    return SeverityResult(
        axis=first.axis,
        group=first.group,
        severity=first.severity,
        episodes=len(records),
        successes=sum(record.success for record in records),
        median_time_to_success=median(times) if times else None,
    )


def _build_curves(conditions: Sequence[Condition], results: Sequence[SeverityResult]) -> list[SeverityCurve]:
    nominal = [result for result in results if result.severity == 0]
    groups = {condition.axis: condition.group for condition in conditions if condition.severity > 0}
    curves = []
    for axis, group in groups.items():
        perturbed = [result for result in results if result.axis == axis and result.severity > 0]
        points = [*nominal, *sorted(perturbed, key=lambda result: result.severity)] if perturbed else []
        curves.append(SeverityCurve(axis, group, tuple(points)))
    return curves
