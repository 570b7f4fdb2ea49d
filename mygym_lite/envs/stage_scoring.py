"""Scoring of the steps of a task with stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mygym_lite.config.stage import BONUS, DONE, list_reward_names
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.envs.scoring import Score, Scorer
from mygym_lite.terms import TaskTerms
from mygym_lite.terms.load import StageTerms


class StageScorer(Scorer):
    """Scorer that also tracks the current stage.

    Terms of reward, failure and success see the stage that was current during the action, in ``after.stage``; then the
    stages are advanced, and observations see the one that is current now. A step that fails reaches no stage.
    """

    def __init__(self, terms: TaskTerms, task: Task) -> None:
        super().__init__(terms, task)
        self._stages = [_CompiledStage(stage) for stage in terms.stages]
        self._no_rewards = dict.fromkeys((name for stage in task.stages for name in list_reward_names(stage)), 0.0)
        self._reached = 0

    def reset(self, start: State) -> None:
        """Begin an episode at the first stage."""
        super().reset(start)
        self._reached = 0
        start.num_stages = len(self._stages)

    def score(self, before: State, action: Sequence[float], after: State) -> Score:
        """Score one step, with the rewards of the current stage and the bonus of every stage that it reaches."""
        after.stage, after.num_stages = self._reached, len(self._stages)
        terms = {name: weight * compute(before, action, after) for name, weight, compute in self._rewards}
        terms |= self._no_rewards
        if self._reached < len(self._stages):
            terms |= self._stages[self._reached].compute_rewards(before, action, after)
        failure = next((name for name, has_failed in self._failures if has_failed(before, action, after)), None)
        success = False
        if failure is None:
            terms |= self._advance(before, action, after)
            is_done = self._reached == len(self._stages)
            success = is_done and all([is_met(before, action, after) for is_met in self._successes])
        after.stage = self._reached
        return self._build_score(terms, success, failure)

    def _advance(self, before: State, action: Sequence[float], after: State) -> dict[str, float]:
        """Pass the current stage and its successors while their checks hold, and return their bonuses."""
        bonuses: dict[str, float] = {}
        while self._reached < len(self._stages) and self._stages[self._reached].is_reached(before, action, after):
            bonuses |= self._stages[self._reached].bonus
            self._reached += 1
        return bonuses

    def describe_progress(self) -> dict[str, Any]:
        """Describe the current stage, the number of stages reached, and their share."""
        names = [*(stage.name for stage in self._stages), DONE]
        return {
            "stage": names[self._reached],
            "stages_reached": self._reached,
            "progress": self._reached / len(self._stages),
        }


class _CompiledStage:
    """Functions of a stage."""

    def __init__(self, terms: StageTerms) -> None:
        stage = terms.stage
        self.name = stage.name
        self.bonus = {stage.join_name(BONUS): stage.bonus} if stage.bonus else {}
        self._checks = [bound.compile() for bound in terms.checks.values()]
        self._rewards = [
            (stage.join_name(name), weight, bound.compile()) for name, (bound, weight) in terms.reward.items()
        ]

    def is_reached(self, before: State, action: Sequence[float], after: State) -> bool:
        """Return True if all checks hold."""
        return all([is_met(before, action, after) for is_met in self._checks])

    def compute_rewards(self, before: State, action: Sequence[float], after: State) -> dict[str, float]:
        """Compute the weighted reward terms, by their name in ``info``."""
        return {name: weight * compute(before, action, after) for name, weight, compute in self._rewards}


def make_scorer(terms: TaskTerms, task: Task) -> Scorer:
    """Make the scorer that a task needs."""
    return StageScorer(terms, task) if terms.stages else Scorer(terms, task)
