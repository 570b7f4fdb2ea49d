"""Which episode: everything that decides it but the policy itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mygym_lite.config import field_path as paths
from mygym_lite.config.field_path import find_paths
from mygym_lite.config.sampling import get_start_variations, sample
from mygym_lite.config.task import Task
from mygym_lite.randomization.suite import NOMINAL, Condition
from mygym_lite.rollout.record import EpisodeRecord

NOMINAL_CONDITION = Condition(NOMINAL, 0, NOMINAL, ())


@dataclass(frozen=True)
class EpisodeSpec:
    """Which episode: everything that decides it but the policy itself."""

    task: Task
    seed: int
    condition: Condition = NOMINAL_CONDITION
    suite: str = NOMINAL
    policy: str = ""
    """What the record calls the policy."""
    number: int = 0
    """Its place in a run."""


def make_error_record(spec: EpisodeSpec, message: str) -> EpisodeRecord:
    """The record of an episode whose policy took everything down with it: nothing is known of what happened."""
    drawn = sample(spec.task, spec.condition.get_variations(spec.seed), spec.seed)
    return EpisodeRecord(
        policy=spec.policy,
        task=spec.task.name,
        suite=spec.suite,
        axis=spec.condition.axis,
        group=spec.condition.group,
        severity=spec.condition.severity,
        seed=spec.seed,
        episode=spec.number,
        axes=spec.condition.list_axes(spec.seed),
        varied_values=read_varied_values(spec, drawn),
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
    )


def read_varied_values(spec: EpisodeSpec, sampled_task: Task) -> dict[str, Any]:
    """The values of an episode at every path that varies."""
    varied = [v.path for v in (*get_start_variations(spec.task), *spec.condition.get_variations(spec.seed))]
    return {
        path: _plain(paths.get_value(sampled_task, path)) for name in varied for path in find_paths(sampled_task, name)
    }


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
