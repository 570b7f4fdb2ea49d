"""Which episodes are still to be run: all of a plan's, or block after block until an interval is narrow enough."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import compute_interval_width

_BLOCK = 10  # episodes of a cell between two looks at its interval


class EpisodeQueue:
    """Hands out the numbers of episodes, and takes the records that were made.

    A cell's decision to go on is made when a whole block is known, and from its interval's width alone, so which
    episodes are run does not depend on the order in which they end.

    Args:
        plan: What there is to do.
        completed: What has been done in an earlier part of the same run.
    """

    def __init__(self, plan: EvaluationPlan, completed: Iterable[EpisodeRecord] = ()) -> None:
        self._plan = plan
        self._block = plan.episodes if plan.until_ci_width is None else min(_BLOCK, plan.episodes)
        self._wanted = [self._block] * len(plan.cells)
        self._known: list[dict[int, bool]] = [{} for _ in plan.cells]
        self._todo = deque(
            plan.get_episode_number(cell, turn) for turn in range(self._block) for cell in range(len(plan.cells))
        )
        self._given: set[int] = set()
        for record in completed:
            if record.episode < len(plan):
                self._given.add(record.episode)
                self.mark_done(record)

    def pop(self) -> int | None:
        """The number of an episode that nobody has been given; None if there is none for now."""
        while self._todo:
            number = self._todo.popleft()
            if number not in self._given:
                self._given.add(number)
                return number
        return None

    def mark_done(self, result: EpisodeRecord) -> None:
        """An episode is known now; its cell may want more."""
        cell = self._plan.get_cell_index(result.episode)
        self._known[cell][result.seed] = result.success
        while self._complete(cell) and self._wants_more(cell):
            first = self._wanted[cell]
            self._wanted[cell] = min(first + self._block, self._plan.episodes)
            self._todo.extend(self._plan.get_episode_number(cell, turn) for turn in range(first, self._wanted[cell]))

    @property
    def total(self) -> int:
        """How many episodes there are, as far as is known."""
        return sum(self._wanted)

    def _complete(self, cell: int) -> bool:
        seeds = range(self._plan.seed, self._plan.seed + self._wanted[cell])
        return all(seed in self._known[cell] for seed in seeds)

    def _wants_more(self, cell: int) -> bool:
        if self._plan.until_ci_width is None or self._wanted[cell] >= self._plan.episodes:
            return False
        seeds = range(self._plan.seed, self._plan.seed + self._wanted[cell])
        return (
            compute_interval_width(sum(self._known[cell][seed] for seed in seeds), len(seeds))
            > self._plan.until_ci_width
        )


class FixedQueue:
    """Hands out some numbers, each once.

    Args:
        numbers: Which.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self._todo = deque(numbers)

    def pop(self) -> int | None:
        """The next one; None after the last."""
        return self._todo.popleft() if self._todo else None

    def mark_done(self, _record: object) -> None:
        """Nothing more comes of it."""
