"""Which levels bite: success of a policy over every axis and level of a suite, and what the curve looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from statistics import median

from mygym_lite.harness.episode_queue import Agenda
from mygym_lite.harness.evaluate import Watch, ask, dispatch, unwatched
from mygym_lite.harness.runner import Stage
from mygym_lite.jobs.processes import Processes
from mygym_lite.randomization.suite import Condition
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import wilson

_BITES = 0.051  # drop of success below which a level has done nothing that counts
_JUMPS = 0.5  # drop from one level to the next that leaves nothing between easy and impossible


@dataclass(frozen=True)
class Cell:
    """How a policy did under one condition."""

    axis: str
    group: str
    level: int
    episodes: int
    successes: int
    seconds: float | None  # median to success, of the episodes that succeeded

    @property
    def rate(self) -> float:
        """Share of successes."""
        return self.successes / self.episodes

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the share."""
        return wilson(self.successes, self.episodes)


@dataclass(frozen=True)
class Curve:
    """Success over the levels of one axis, nominal first; no cells where the axis does not apply to the task."""

    axis: str
    group: str
    cells: tuple[Cell, ...]

    @property
    def verdict(self) -> str:
        """``flat``, ``jumps at N``, ``graded``, or ``not applicable``."""
        if not self.cells:
            return "not applicable"
        rates = [cell.rate for cell in self.cells]
        drops = [before - after for before, after in pairwise(rates)]
        if rates[0] - min(rates) <= _BITES:
            return "flat"
        if max(drops) >= _JUMPS:
            return f"jumps at {self.cells[drops.index(max(drops)) + 1].level}"
        return "graded"


def study(
    task: str, policy: str, suite: str, episodes: int, seed: int = 0, workers: int = 1, watch: Watch = unwatched
) -> list[Curve]:
    """Run a policy under every condition of a suite, the same seeds in each.

    Args:
        task: A shipped task's name or the path of a task file.
        policy: As on the command line.
        suite: A shipped suite's name or the path of a suite file.
        episodes: Of each condition.
        seed: Of the first episode.
        workers: Processes.
        watch: Is told how it goes on.
    """
    plan = ask(policy, [task], suite, episodes, seed).plan
    found: dict[tuple[str, int], list[EpisodeRecord]] = {}
    watch(None, 0, len(plan))
    place = Processes(partial(Stage, plan), workers)
    for count, record in enumerate(dispatch(plan, Agenda(plan), place).records(), start=1):
        found.setdefault((record.axis, record.level), []).append(record)
        watch(record, count, len(plan))
    return _curves(plan.suite.conditions(plan.tasks[0]), [_cell(records) for records in found.values()])


def _cell(records: Sequence[EpisodeRecord]) -> Cell:
    first, times = records[0], [record.seconds for record in records if record.seconds is not None]
    return Cell(
        first.axis, first.group, first.level, len(records), sum(record.success for record in records),
        median(times) if times else None,
    )  # fmt: skip


def _curves(conditions: Sequence[Condition], cells: Sequence[Cell]) -> list[Curve]:
    nominal = [cell for cell in cells if cell.level == 0]
    axes = {condition.axis: condition.group for condition in conditions if condition.level > 0}
    found = {axis: [cell for cell in cells if cell.axis == axis and cell.level > 0] for axis in axes}
    return [
        Curve(axis, group, tuple([*nominal, *sorted(found[axis], key=lambda cell: cell.level)]) if found[axis] else ())
        for axis, group in axes.items()
    ]
