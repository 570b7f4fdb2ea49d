"""The episodes of a plan that are still to be run: all of them, or block by block with adaptive stopping."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import compute_interval_width

_BLOCK = 10  # episodes of a cell between two looks at its confidence interval


class EpisodeQueue:
    """Queue of a plan's episodes.

    A cell gets another block once a whole block is recorded, by the width of its interval alone, so the set of
    episodes does not depend on the order in which they end.

    Args:
        plan: Plan of the run.
        completed: Records of an earlier part of the same run.
    """

    def __init__(self, plan: EvaluationPlan, completed: Iterable[EpisodeRecord] = ()) -> None:
        self.plan = plan
        self._block = plan.episodes if plan.until_ci_width is None else min(_BLOCK, plan.episodes)
        self._required = [self._block] * len(plan.cells)
        self._successes: list[dict[int, bool]] = [{} for _ in plan.cells]  # by seed
        self._pending = deque(
            plan.get_episode_number(cell, index) for index in range(self._block) for cell in range(len(plan.cells))
        )
        self._assigned: set[int] = set()
        for record in completed:
            if record.episode < len(plan):
                self._assigned.add(record.episode)
                self.mark_done(record)

    def pop(self) -> int | None:
        """Return the number of an episode that was not handed out yet; None if there is none for now."""
        while self._pending:
            number = self._pending.popleft()
            if number not in self._assigned:
                self._assigned.add(number)
                return number
        return None

    def mark_done(self, result: EpisodeRecord) -> None:
        """Receive a record; its cell may get more episodes."""
        cell = self.plan.get_cell_index(result.episode)
        self._successes[cell][result.seed] = result.success
        while self._is_complete(cell) and self._needs_more(cell):
            first = self._required[cell]
            self._required[cell] = min(first + self._block, self.plan.episodes)
            indices = range(first, self._required[cell])
            self._pending.extend(self.plan.get_episode_number(cell, index) for index in indices)

    @property
    def done(self) -> int:
        """Number of recorded episodes."""
        return sum(map(len, self._successes))

    @property
    def total(self) -> int:
        """Number of episodes, as far as it is known."""
        return sum(self._required)

    def _get_seeds(self, cell: int) -> range:
        return range(self.plan.seed, self.plan.seed + self._required[cell])

    def _is_complete(self, cell: int) -> bool:
        return all(seed in self._successes[cell] for seed in self._get_seeds(cell))

    def _needs_more(self, cell: int) -> bool:
        if self.plan.until_ci_width is None or self._required[cell] >= self.plan.episodes:
            return False
        seeds = self._get_seeds(cell)
        successes = sum(self._successes[cell][seed] for seed in seeds)
        return compute_interval_width(successes, len(seeds)) > self.plan.until_ci_width
