"""From states to reward, success and failure: the task's terms, and the time that success has lasted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.terms import TaskTerms


class Score(NamedTuple):
    """What one step was worth."""

    shaped_reward: float
    terms: dict[str, float]
    success: bool
    held_seconds: float
    failure: str | None

    def is_terminal(self, hold_seconds: float) -> bool:
        """Whether the episode is decided."""
        return self.failure is not None or (self.success and self.held_seconds >= hold_seconds - 1e-9)


class Scorer:
    """Judges the steps of one episode after the other."""

    def __init__(self, program: TaskTerms, task: Task) -> None:
        self._rewards = [(name, weight, bound.compile()) for name, (bound, weight) in program.reward.items()]
        self._failures = [(name, bound.compile()) for name, bound in program.failure.items()]
        self._successes = [bound.compile() for bound in program.success.values()]
        self._period = 1.0 / task.episode.control_hz
        self._held = 0.0

    def reset(self) -> None:
        """A new episode: nothing is held."""
        self._held = 0.0

    def score(self, before: State, action: Sequence[float], after: State) -> Score:
        """Reward terms, success and failure of one step; time held counts while success is not broken."""
        terms = {name: weight * worth(before, action, after) for name, weight, worth in self._rewards}
        shaped = sum(terms.values())
        if not math.isfinite(shaped):
            raise UsageError(f"reward {terms}: every term has to be a finite number; correct the one that is none")
        failure = next((name for name, failed in self._failures if failed(before, action, after)), None)
        success = failure is None and all([solved(before, action, after) for solved in self._successes])
        self._held = self._held + self._period if success else 0.0
        return Score(shaped, terms, success, self._held, failure)
