"""The plan of a search for the worst case: a policy, the combinations of axes, and the episodes of each round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, require_positive
from mygym_lite.harness.relevant_axes import find_irrelevant_axes
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.jobs.manifest import Manifest, build_common_manifest, describe_declaration
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_lookup import find_perception, find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.randomization.axis import Axis
from mygym_lite.randomization.suite import Suite
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.studies.worst_case.combinations import combine_axes, sample_combinations
from mygym_lite.terms import load_task

WORST_CASE_FOLDER = JobFolder(
    "study.json",
    "mygym_lite study worst_case",
    "search for the worst case",
    identity_keys="schema program task policy suite severity size candidates first_episodes episodes seed simulation",
    kept_keys=("git",),
    merge=lambda _previous, now: now,
)
FINALISTS = 3
"""Combinations that are measured on other seeds."""


@dataclass(frozen=True)
class WorstCasePlan:
    """Settings of a search; arguments as of ``study_worst_case``."""

    task: str
    policy: str
    folder: Path
    suite: str = "sim2real"
    severity: int = 2
    size: int = 2
    candidates: int = 32
    first_episodes: int = 4
    episodes: int = 100
    seed: int = 0
    settings: tuple[str, ...] = ()
    loading: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse numbers without meaning, and a suite that does not hold the axes."""
        for name in ("size", "candidates", "first_episodes", "episodes"):
            require_positive(name, getattr(self, name))
        if self.loaded_suite.combine is not None:
            raise UsageError(f"suite {self.suite}: combines axes itself; name one that declares axes, such as sim2real")
        if self.severity not in self.loaded_suite.severities:
            levels = ", ".join(map(str, self.loaded_suite.severities))
            raise UsageError(f"severity: {self.suite} has none of {self.severity}; give one of {levels}")

    @cached_property
    def loaded_task(self) -> Task:
        """The task, with its settings."""
        return load_task(self.task, self.settings)

    @cached_property
    def loaded_policy(self) -> PolicySpec:
        """The policy."""
        return find_policy(self.policy, **self.loading)

    @cached_property
    def loaded_suite(self) -> Suite:
        """The suite that declares the axes."""
        return load_suite(self.suite)

    @cached_property
    def combinations(self) -> tuple[Axis, ...]:
        """The combinations to search, each as one axis."""
        is_estimated = find_perception([self.loaded_policy]) is not None
        observed = ObservedFields.for_policy(self.loaded_policy, self.loaded_task, is_estimated)
        irrelevant = find_irrelevant_axes(self.loaded_suite, self.loaded_task, observed)
        axes = {axis.name: axis for axis in self.loaded_suite.axes if axis.name not in irrelevant}
        candidates = [axis.select_variations(self.loaded_task, self.severity) for axis in axes.values()]
        applicable = [variations for variations in candidates if variations is not None]
        if len(applicable) < self.size:
            raise UsageError(
                f"size: {self.size} axes at once, but {len(applicable)} of {self.suite} affect {self.policy} on "
                f"{self.task}; give at most that"
            )
        chosen = sample_combinations(applicable, self.size, self.candidates, self.seed)
        if not chosen:
            raise UsageError(
                f"size: no {self.size} axes of {self.suite} change different fields of {self.task}; give fewer"
            )
        return tuple(
            combine_axes([axes[variations.axis] for variations in combination], self.loaded_task, self.severity)
            for combination in chosen
        )

    @property
    def rounds(self) -> list[int]:
        """Numbers of combinations that each round keeps: half of the previous ones, down to the finalists."""
        kept: list[int] = []
        while (count := kept[-1] if kept else len(self.combinations)) > FINALISTS:
            kept.append(max(FINALISTS, (count + 1) // 2))
        return kept

    def build_manifest(self, command: str) -> Manifest:
        """Build the manifest of the study's folder."""
        policy = {"name": Path(self.policy).name, "digest": self.loaded_policy.describe()["digest"]}
        return build_common_manifest(WORST_CASE_FOLDER.program, 1) | {
            "command": command,
            "task": {"name": self.loaded_task.name, "digest": describe_declaration(self.loaded_task)["digest"]},
            "policy": policy,
            "suite": {"name": self.loaded_suite.name, "version": self.loaded_suite.version},
            "severity": self.severity,
            "size": self.size,
            "candidates": [axis.name for axis in self.combinations],
            "first_episodes": self.first_episodes,
            "episodes": self.episodes,
            "seed": self.seed,
        }
