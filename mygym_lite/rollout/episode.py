"""Specification of an episode, and the record of one that yielded no measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mygym_lite.config.field_path import find_paths, get_value
from mygym_lite.config.instructions.instruction import build_instruction
from mygym_lite.config.sampling import list_start_paths, sample
from mygym_lite.config.task import Task
from mygym_lite.randomization.condition import NOMINAL, Condition
from mygym_lite.rollout.record import EpisodeRecord

NOMINAL_CONDITION = Condition(NOMINAL, 0, NOMINAL, ())


@dataclass(frozen=True)
class EpisodeSpec:
    """Specification of an episode, complete except for the policy itself."""

    task: Task
    seed: int
    condition: Condition = NOMINAL_CONDITION
    suite: str = NOMINAL
    policy: str = ""
    """Name of the policy in the record."""
    number: int = 0
    """Number of the episode in its run."""

    def get_record_fields(self, sampled_task: Task) -> dict[str, Any]:
        """Return the fields of the record that are known before the episode is run."""
        condition = self.condition
        return {
            "policy": self.policy,
            "task": self.task.name,
            "suite": self.suite,
            "axis": condition.axis,
            "group": condition.group,
            "severity": condition.severity,
            "seed": self.seed,
            "episode": self.number,
            "axes": condition.list_axes(self.seed),
            "varied_values": read_varied_values(self, sampled_task),
            "instruction": None if sampled_task.language is None else build_instruction(sampled_task, self.seed),
        }


def make_error_record(spec: EpisodeSpec, message: str) -> EpisodeRecord:
    """Make the record of an episode whose policy broke the simulation; nothing was measured."""
    sampled_task = sample(spec.task, spec.condition.get_variations(spec.seed), spec.seed)
    return EpisodeRecord(
        **spec.get_record_fields(sampled_task),
        success=False,
        success_once=False,
        success_end=False,
        failure="policy_error",
        message=message,
        steps=0,
        duration=0.0,
        time_to_success=None,
        forces={},
        penetration=None,
        path_length=0.0,
        sparc=None,
        peak_jerk=None,
        energy=0.0,
        joint_limit_hits=0,
        reward=0.0,
        reward_terms={},
        clipped=0,
        stage_reached=0 if spec.task.stages else None,
        progress=0.0 if spec.task.stages else None,
    )


def read_varied_values(spec: EpisodeSpec, sampled_task: Task) -> dict[str, Any]:
    """Read the sampled value at every path that varies."""
    varied = [*list_start_paths(spec.task), *(v.path for v in spec.condition.get_variations(spec.seed))]
    return {path: _to_json(get_value(sampled_task, path)) for name in varied for path in find_paths(sampled_task, name)}


def _to_json(value: Any) -> Any:
    """Convert tuples to lists, as JSON does."""
    return [_to_json(item) for item in value] if isinstance(value, tuple) else value
