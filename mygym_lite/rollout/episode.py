"""Which episode: everything that decides it but the policy itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mygym_lite.config import field_path as paths
from mygym_lite.config.field_path import present
from mygym_lite.config.sampling import sample, start_of
from mygym_lite.config.task import Task
from mygym_lite.randomization.suite import NOMINAL, Condition
from mygym_lite.rollout.record import EpisodeRecord

AS_DECLARED = Condition(NOMINAL, 0, NOMINAL, ())


@dataclass(frozen=True)
class EpisodeSpec:
    """Which episode: everything that decides it but the policy itself."""

    task: Task
    seed: int
    condition: Condition = AS_DECLARED
    suite: str = NOMINAL
    policy: str = ""
    """What the record calls the policy."""
    number: int = 0
    """Its place in a run."""


def void(spec: EpisodeSpec, message: str) -> EpisodeRecord:
    """The record of an episode whose policy took everything down with it: nothing is known of what happened."""
    drawn = sample(spec.task, spec.condition.variations_for(spec.seed), spec.seed)
    return EpisodeRecord(
        policy=spec.policy, task=spec.task.name, suite=spec.suite, axis=spec.condition.axis, group=spec.condition.group,
        level=spec.condition.level, seed=spec.seed, episode=spec.number, axes=spec.condition.axes_for(spec.seed),
        variation=drawn_values(spec, drawn), success=False, success_once=False, success_end=False,
        failure="policy_error", message=message, steps=0, duration=0.0, seconds=None, force={}, penetration=None,
        path_length=0.0, sparc=None, peak_jerk=None, energy=0.0, joint_limit_hits=0, reward=0.0, reward_terms={},
        clipped=0,
    )  # fmt: skip


def drawn_values(spec: EpisodeSpec, drawn: Task) -> dict[str, Any]:
    """The values of an episode at every path that varies."""
    varied = [v.path for v in (*start_of(spec.task), *spec.condition.variations_for(spec.seed))]
    return {path: _plain(paths.get(drawn, path)) for name in varied for path in present(drawn, name)}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
