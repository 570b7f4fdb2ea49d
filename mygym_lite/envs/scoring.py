"""Scoring of steps: reward terms, success, failure, and the time that success has been held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.summation import sum_in_order
from mygym_lite.terms import TaskTerms


class Score(NamedTuple):
    """Score of one step."""

    shaped_reward: float
    terms: dict[str, float]
    success: bool
    held_seconds: float
    failure: str | None

    def is_terminal(self, hold_seconds: float) -> bool:
        """Return True after a failure, or once success has been held for long enough."""
        return self.failure is not None or (self.success and self.held_seconds >= hold_seconds - 1e-9)


class Scorer:
    """Scorer of the steps of an episode."""

    def __init__(self, terms: TaskTerms, task: Task) -> None:
        success = terms.success or terms.stages[-1].checks
        self._rewards = [(name, weight, bound.compile()) for name, (bound, weight) in terms.reward.items()]
        self._failures = [(name, bound.compile()) for name, bound in terms.failure.items()]
        self._successes = [bound.compile() for bound in success.values()]
        self._period = 1.0 / task.episode.control_hz
        self._held = 0.0

    def reset(self, _start: State) -> None:
        """Begin an episode."""
        self._held = 0.0

    def score(self, before: State, action: Sequence[float], after: State) -> Score:
        """Score one step; the time held counts consecutive steps with success."""
        terms = {name: weight * compute(before, action, after) for name, weight, compute in self._rewards}
        failure = next((name for name, has_failed in self._failures if has_failed(before, action, after)), None)
        success = failure is None and all([is_met(before, action, after) for is_met in self._successes])
        return self._build_score(terms, success, failure)

    def _build_score(self, terms: dict[str, float], success: bool, failure: str | None) -> Score:
        shaped = sum_in_order(terms.values())
        if not math.isfinite(shaped):
            raise UsageError(f"reward {terms}: every term must be a finite number; correct the others")
        self._held = self._held + self._period if success else 0.0
        return Score(shaped, terms, success, self._held, failure)

    def describe_progress(self) -> dict[str, Any]:
        """Describe the stages that were reached, for ``info``; nothing for a task without stages."""
        return {}
