"""Which levels bite: success of a policy over every axis and level of a suite, and what the curve looks like."""

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

_BITES = 0.051  # drop of success below which a level has done nothing that counts
_JUMPS = 0.5  # drop from one level to the next that leaves nothing between easy and impossible


@dataclass(frozen=True)
class SeverityResult:
    """How a policy did under one condition."""

    axis: str
    group: str
    severity: int
    episodes: int
    successes: int
    median_time_to_success: float | None  # median to success, of the episodes that succeeded

    @property
    def rate(self) -> float:
        """Share of successes."""
        return self.successes / self.episodes

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the share."""
        return wilson_interval(self.successes, self.episodes)


@dataclass(frozen=True)
class SeverityCurve:
    """Success over the levels of one axis, nominal first; no cells where the axis does not apply to the task."""

    axis: str
    group: str
    points: tuple[SeverityResult, ...]

    @property
    def shape(self) -> str:
        """``flat``, ``jumps at N``, ``graded``, or ``not applicable``."""
        if not self.points:
            return "not applicable"
        rates = [cell.rate for cell in self.points]
        drops = [before - after for before, after in pairwise(rates)]
        if rates[0] - min(rates) <= _BITES:
            return "flat"
        if max(drops) >= _JUMPS:
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
    """Run a policy under every condition of a suite, the same seeds in each.

    Args:
        task: A shipped task's name or the path of a task file.
        policy: As on the command line.
        suite: A shipped suite's name or the path of a suite file.
        episodes: Of each condition.
        seed: Of the first episode.
        workers: Processes.
        progress: Callback for progress.
        on_record: Callback for each new record.
    """
    plan = prepare_evaluation(policy, [task], suite, episodes, seed=seed).plan
    found: dict[tuple[str, int], list[EpisodeRecord]] = {}

    def collect(record: EpisodeRecord) -> None:
        found.setdefault((record.axis, record.severity), []).append(record)
        if on_record is not None:
            on_record(record)

    run_episodes(EpisodeQueue(plan), collect, workers=workers, progress=progress)
    return _curves(plan.suite.build_conditions(plan.tasks[0]), [_cell(records) for records in found.values()])


def _cell(records: Sequence[EpisodeRecord]) -> SeverityResult:
    first, times = records[0], [record.time_to_success for record in records if record.time_to_success is not None]
    return SeverityResult(
        first.axis, first.group, first.severity, len(records), sum(record.success for record in records),
        median(times) if times else None,
    )  # fmt: skip


def _curves(conditions: Sequence[Condition], cells: Sequence[SeverityResult]) -> list[SeverityCurve]:
    nominal = [cell for cell in cells if cell.severity == 0]
    axes = {condition.axis: condition.group for condition in conditions if condition.severity > 0}
    found = {axis: [cell for cell in cells if cell.axis == axis and cell.severity > 0] for axis in axes}
    return [
        SeverityCurve(
            axis, group, tuple([*nominal, *sorted(found[axis], key=lambda cell: cell.severity)]) if found[axis] else ()
        )
        for axis, group in axes.items()
    ]
