"""Which levels bite: success of a policy over every axis and level of a suite, and what the curve looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from statistics import median

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector_worker import one_thread_each
from mygym_lite.harness.rollout import run_episode, wilson
from mygym_lite.learning.policy import make_policy
from mygym_lite.spec.suite import Condition, load_suite
from mygym_lite.spec.task import Task
from mygym_lite.terms import load_task

_BITES = 0.051  # drop of success below which a level has done nothing that counts
_JUMPS = 0.5  # drop from one level to the next that leaves nothing between easy and impossible
Tell = Callable[[int, int], None]


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
    task: str, policy: str, suite: str, episodes: int, seed: int = 0, workers: int = 1, tell: Tell | None = None
) -> list[Curve]:
    """Run a policy under every condition of a suite, the same seeds in each.

    Args:
        task: A shipped task's name or the path of a task file.
        policy: As for ``make_policy``.
        suite: A shipped suite's name or the path of a suite file.
        episodes: Of each condition.
        seed: Of the first episode.
        workers: Processes.
        tell: Is told how many conditions are done, and of how many.
    """
    declared = load_task(task)
    conditions = load_suite(suite).conditions(declared)
    apply = [condition for condition in conditions if condition.applicable]
    cells = []
    for cell in _map(partial(measure, task, policy, range(seed, seed + episodes)), apply, workers):
        cells.append(cell)
        if tell is not None:
            tell(len(cells), len(apply))
    return _curves(conditions, cells)


def _map(work: Callable[[Condition], Cell], conditions: Sequence[Condition], workers: int) -> Iterator[Cell]:
    if workers == 1:
        yield from map(work, conditions)
        return
    with one_thread_each(), ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(work, conditions)


def measure(task: str | Task, policy: str, seeds: range, condition: Condition) -> Cell:
    """One condition."""
    with closing(TaskEnv(task)) as env:
        actor = make_policy(policy, env)
        records = []
        for seed in seeds:
            env.variations = condition.variations_for(seed)
            records.append(run_episode(env, actor, seed))
    times = [record.seconds for record in records if record.seconds is not None]
    return Cell(
        condition.axis, condition.group, condition.level, len(records), sum(record.success for record in records),
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
