"""Sequence of skills: those of the current stage, in order, until the goal of each is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.withdrawal import withdraw


class Skill(Protocol):
    """Closed-loop behaviour without clock or hidden phase."""

    def reset(self) -> None:
        """Begin an episode."""

    def compute_action(self, state: State) -> Array:
        """Compute the action for a state."""


@dataclass(frozen=True)
class SkillGoal:
    """Goal for one object, and the skill that reaches it."""

    skill: Skill
    is_met: Callable[[State], bool] = lambda _state: False
    """Test that nothing is left to do; never true if the hand has to hold the object."""


class SkillSequence:
    """Skills of the current stage in the order of its checks; the first one whose goal is not met acts."""

    def __init__(self, controller: ArmController, stages: Sequence[Sequence[SkillGoal]]) -> None:
        self._controller, self._stages = controller, stages

    def reset(self) -> None:
        """Begin an episode."""
        for goal in chain(*self._stages):
            goal.skill.reset()

    def compute_action(self, state: State) -> Array:
        """Act with the first skill whose goal is not met, or withdraw the hand."""
        for goal in self._stages[min(state.stage, len(self._stages) - 1)]:
            if not goal.is_met(state):
                return goal.skill.compute_action(state)
        return withdraw(self._controller, state)
