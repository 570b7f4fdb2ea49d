"""A run before it runs: every task, policy and condition, and which number each episode has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.time_limit import validate_action_timeout
from mygym_lite.randomization.suite import Condition, Suite
from mygym_lite.rollout.episode import EpisodeSpec

_MAKING = 10.0  # times the patience for an action; a large model takes longer to load than to act
_SHORTEST_MAKING = 20.0  # s; a library takes seconds to import, however fast its policies have to act
"""The most time that a policy may be given for one action, s."""


@dataclass(frozen=True)
class EvaluationCell:
    """One policy on one task under one condition: what an interval is computed for."""

    task: Task
    policy: PolicySpec
    condition: Condition


@dataclass(frozen=True)
class EvaluationPlan:
    """What a run consists of.

    Episode i of every cell has the same seed, so conditions and policies are paired. Numbers count through all cells
    before they come to the next seed: a longer run begins with the same episodes.
    """

    tasks: tuple[Task, ...]
    policies: tuple[PolicySpec, ...]
    suite: Suite
    seed: int = 0
    episodes: int = 20
    """Of each cell; with ``until_width``, at most."""
    until_ci_width: float | None = None
    """Width of a cell's 95% interval of success at which it needs no more episodes."""
    action_timeout: float = 30.0
    """Time that a policy may take for one action, s."""
    perception: EstimatorSpec | None = None
    """What says where things are seen, if policies are to be told that instead of where they are."""

    @cached_property
    def cells(self) -> tuple[EvaluationCell, ...]:
        """Every cell that applies."""
        return tuple(
            EvaluationCell(task, policy, condition)
            for task in self.tasks
            for policy in self.policies
            for condition in self.suite.build_conditions(task)
            if condition.applicable
        )

    @property
    def loading_timeout(self) -> float:
        """Time that a policy's own code may take to be imported and to load what it needs, s."""
        return max(_SHORTEST_MAKING, _MAKING * self.action_timeout)

    def __len__(self) -> int:
        return len(self.cells) * self.episodes

    def get_cell_index(self, number: int) -> int:
        """Which cell an episode is of."""
        return number % len(self.cells)

    def make_episode_spec(self, number: int) -> EpisodeSpec:
        """What an episode's number stands for."""
        turn, place = divmod(number, len(self.cells))
        cell = self.cells[place]
        return EpisodeSpec(
            cell.task, self.seed + turn, cell.condition, self.suite.name, cell.policy.label, number
        )  # fmt: skip

    def bind_policies(self, metadata: Mapping[str, Mapping[str, Any]]) -> EvaluationPlan:
        """The same plan, in which no remote policy can become another one than its card describes."""
        return replace(self, policies=tuple(policy.bind_to(metadata[policy.label]) for policy in self.policies))

    def get_episode_number(self, cell: int, seed_index: int) -> int:
        """The number of a cell's episode."""
        return seed_index * len(self.cells) + cell


def make_evaluation_plan(
    tasks: Sequence[Task], policies: Sequence[PolicySpec], suite: Suite, seed: int = 0, episodes: int = 20,
    until_ci_width: float | None = None, action_timeout: float = 30.0, perception: EstimatorSpec | None = None,
) -> EvaluationPlan:  # fmt: skip
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
    if until_ci_width is not None and not 0.0 < until_ci_width < 1.0:
        raise UsageError(f"until_width is {until_ci_width:g}; a width of an interval of success is between 0 and 1")
    limit = validate_action_timeout(action_timeout)
    return EvaluationPlan(tuple(tasks), tuple(policies), suite, seed, episodes, until_ci_width, limit, perception)
