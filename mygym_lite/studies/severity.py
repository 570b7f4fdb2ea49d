"""Which levels bite: success of a policy over every axis and level of a suite, and what the curve looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

from mygym_lite.harness.episode_queue import EpisodeQueue
from mygym_lite.harness.evaluate import Progress, make_scheduler, no_progress, prepare_evaluation
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.jobs.processes import ProcessBackend
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
    task: str, policy: str, suite: str, episodes: int, seed: int = 0, workers: int = 1, progress: Progress = no_progress
) -> list[SeverityCurve]:
    """Run a policy under every condition of a suite, the same seeds in each.

    Args:
        task: A shipped task's name or the path of a task file.
        policy: As on the command line.
        suite: A shipped suite's name or the path of a suite file.
        episodes: Of each condition.
        seed: Of the first episode.
        workers: Processes.
        progress: Is told how it goes on.
    """
    plan = prepare_evaluation(policy, [task], suite, episodes, seed).plan
    found: dict[tuple[str, int], list[EpisodeRecord]] = {}
    progress(None, 0, len(plan))
    place = ProcessBackend(partial(EpisodeRunner, plan), workers)
    for count, record in enumerate(make_scheduler(plan, EpisodeQueue(plan), place).run(), start=1):
        found.setdefault((record.axis, record.severity), []).append(record)
        progress(record, count, len(plan))
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
