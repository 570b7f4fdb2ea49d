"""A run before it runs: every task, policy and condition, and which number each episode has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.perception.estimator_spec import EyesSource
from mygym_lite.policies.policy_spec import PolicySource
from mygym_lite.policies.time_limit import require_patience
from mygym_lite.randomization.suite import Condition, Suite
from mygym_lite.rollout.episode import EpisodeSpec

_MAKING = 10.0  # times the patience for an action; a large model takes longer to load than to act
_SHORTEST_MAKING = 20.0  # s; a library takes seconds to import, however fast its policies have to act
"""The most time that a policy may be given for one action, s."""


@dataclass(frozen=True)
class Cell:
    """One policy on one task under one condition: what an interval is computed for."""

    task: Task
    policy: PolicySource
    condition: Condition


@dataclass(frozen=True)
class Plan:
    """What a run consists of.

    Episode i of every cell has the same seed, so conditions and policies are paired. Numbers count through all cells
    before they come to the next seed: a longer run begins with the same episodes.
    """

    tasks: tuple[Task, ...]
    policies: tuple[PolicySource, ...]
    suite: Suite
    seed: int = 0
    episodes: int = 20
    """Of each cell; with ``until_width``, at most."""
    until_width: float | None = None
    """Width of a cell's 95% interval of success at which it needs no more episodes."""
    patience: float = 30.0
    """Time that a policy may take for one action, s."""
    eyes: EyesSource | None = None
    """What says where things are seen, if policies are to be told that instead of where they are."""

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell that applies."""
        return tuple(
            Cell(task, policy, condition)
            for task in self.tasks
            for policy in self.policies
            for condition in self.suite.conditions(task)
            if condition.applicable
        )

    @property
    def making_patience(self) -> float:
        """Time that a policy's own code may take to be imported and to load what it needs, s."""
        return max(_SHORTEST_MAKING, _MAKING * self.patience)

    def __len__(self) -> int:
        return len(self.cells) * self.episodes

    def cell(self, number: int) -> int:
        """Which cell an episode is of."""
        return number % len(self.cells)

    def spec(self, number: int) -> EpisodeSpec:
        """What an episode's number stands for."""
        turn, place = divmod(number, len(self.cells))
        cell = self.cells[place]
        return EpisodeSpec(
            cell.task, self.seed + turn, cell.condition, self.suite.name, cell.policy.label, number
        )  # fmt: skip

    def bound_to(self, cards: Mapping[str, Mapping[str, Any]]) -> Plan:
        """The same plan, in which no remote policy can become another one than its card describes."""
        return replace(self, policies=tuple(policy.bound_to(cards[policy.label]) for policy in self.policies))

    def number(self, cell: int, turn: int) -> int:
        """The number of a cell's episode."""
        return turn * len(self.cells) + cell


def make_plan(
    tasks: Sequence[Task], policies: Sequence[PolicySource], suite: Suite, seed: int = 0, episodes: int = 20,
    until_width: float | None = None, patience: float = 30.0, eyes: EyesSource | None = None,
) -> Plan:  # fmt: skip
    """A plan in which every name stands for one thing."""
    for kind, names in (("task", [task.name for task in tasks]), ("policy", [policy.label for policy in policies])):
        if not names:
            raise UsageError(f"no {kind} to evaluate; name at least one")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            remedy = "give one of them another label: LABEL=POLICY" if kind == "policy" else "name it once"
            raise UsageError(f"two {'policies are' if kind == 'policy' else 'tasks are'} called '{twice[0]}'; {remedy}")
    if episodes < 1:
        raise UsageError(f"{episodes} episodes are none; give 1 or more")
    if until_width is not None and not 0.0 < until_width < 1.0:
        raise UsageError(f"until_width is {until_width:g}; a width of an interval of success is between 0 and 1")
    limit = require_patience(patience)
    return Plan(tuple(tasks), tuple(policies), suite, seed, episodes, until_width, limit, eyes)
