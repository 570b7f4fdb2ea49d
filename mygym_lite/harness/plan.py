"""The plan of a run: its tasks, policies and conditions, and the numbers of its episodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, require_positive
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.time_limit import validate_action_timeout
from mygym_lite.randomization.condition import Condition
from mygym_lite.randomization.suite import Suite
from mygym_lite.rollout.episode import EpisodeSpec

_LOADING_FACTOR = 10.0  # times the time limit of an action; a large model takes longer to load than to act
_MIN_LOADING_TIMEOUT = 20.0  # s; a library takes seconds to import, however fast its policies have to act


@dataclass(frozen=True)
class EvaluationCell:
    """One policy on one task under one condition: the unit for which intervals are computed."""

    task: Task
    policy: PolicySpec
    condition: Condition


@dataclass(frozen=True)
class EvaluationPlan:
    """The tasks, policies, conditions and seeds of a run.

    Episode i of every cell has the same seed, so conditions and policies are paired. Episodes are numbered through all
    cells before the next seed, so a longer run begins with the same episodes.
    """

    tasks: tuple[Task, ...]
    policies: tuple[PolicySpec, ...]
    suite: Suite
    seed: int = 0
    episodes: int = 20
    """Number of episodes of each cell; the maximum with ``until_ci_width``."""
    until_ci_width: float | None = None
    """Width of a cell's 95% interval of success at which it stops early."""
    action_timeout: float = 30.0
    """Time limit of a policy for one action, s."""
    perception: EstimatorSpec | None = None
    """Pose estimator whose estimates policies receive instead of the true poses."""

    def __post_init__(self) -> None:
        """Refuse a plan in which a name is not unique, or a number out of range."""
        names = {"task": [task.name for task in self.tasks], "policy": [policy.label for policy in self.policies]}
        for kind, labels in names.items():
            if not labels:
                raise UsageError(f"no {kind} to evaluate; name at least one")
            repeated = sorted({label for label in labels if labels.count(label) > 1})
            if repeated:
                remedy = "give one of them another label: LABEL=POLICY" if kind == "policy" else "name it once"
                plural = "policies are" if kind == "policy" else "tasks are"
                raise UsageError(f"two {plural} called '{repeated[0]}'; {remedy}")
        require_positive("episodes", self.episodes)
        width = self.until_ci_width
        if width is not None and not 0.0 < width < 1.0:
            raise UsageError(f"until_width is {width:g}; a width of an interval of success is between 0 and 1")
        validate_action_timeout(self.action_timeout)

    @cached_property
    def cells(self) -> tuple[EvaluationCell, ...]:
        """Every applicable cell."""
        return tuple(
            EvaluationCell(task, policy, condition)
            for task in self.tasks
            for policy in self.policies
            for condition in self.suite.build_conditions(task)
            if condition.applicable
        )

    @property
    def loading_timeout(self) -> float:
        """Time limit of a policy's own code for imports and for loading its weights, s."""
        return max(_MIN_LOADING_TIMEOUT, _LOADING_FACTOR * self.action_timeout)

    def __len__(self) -> int:
        return len(self.cells) * self.episodes

    def get_cell_index(self, number: int) -> int:
        """Return the index of an episode's cell."""
        return number % len(self.cells)

    def get_cell(self, number: int) -> EvaluationCell:
        """Return an episode's cell."""
        return self.cells[self.get_cell_index(number)]

    def make_episode_spec(self, number: int) -> EpisodeSpec:
        """Return the specification of an episode."""
        cell, seed = self.get_cell(number), self.seed + number // len(self.cells)
        return EpisodeSpec(
            cell.task, seed, cell.condition, suite=self.suite.name, policy=cell.policy.label, number=number
        )

    def bind_policies(self, metadata: Mapping[str, Mapping[str, Any]]) -> EvaluationPlan:
        """Return the plan with each remote policy fixed to the one that its metadata describes."""
        return replace(self, policies=tuple(policy.bind_to(metadata[policy.label]) for policy in self.policies))

    def get_episode_number(self, cell: int, seed_index: int) -> int:
        """Return the number of an episode of a cell."""
        return seed_index * len(self.cells) + cell
