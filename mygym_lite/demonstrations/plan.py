"""Demonstrations before they are recorded: who shows what, how often, what is kept of it, and where it is put."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.time_limit import validate_action_timeout
from mygym_lite.randomization.preset import load_preset
from mygym_lite.randomization.suite import NOMINAL, AxisVariations, Condition
from mygym_lite.rollout.episode import NOMINAL_CONDITION, EpisodeSpec
from mygym_lite.terms import bind_terms, load_task

EPISODES_PER_BLOCK = 5
"""Episodes that are recorded in one go by one process, and kept or lost together."""
FORMATS = ("minari", "lerobot")
NONE = "none"
MAX_NOISE = 1.0  # of an action's range to either side
_RANDOMIZATION = "randomization"
_FEWEST_TRIES = 50  # before a policy that never succeeds is sent home
_TRIES = 10  # of each episode that is wanted


@dataclass(frozen=True)
class RecordingPlan:
    """What a recording consists of: episode i has the seed ``seed`` + i."""

    task: Task
    policy: PolicySpec
    episodes: int
    condition: Condition
    randomization: str
    noise: float
    cameras: tuple[str, ...]
    size: tuple[int, int] | None
    only_successes: bool
    formats: tuple[str, ...]
    seed: int
    settings: tuple[str, ...]
    estimator: EstimatorSpec | None
    action_timeout: float
    folder: Path

    @property
    def block_count(self) -> int:
        """How many there are, where every episode counts."""
        return math.ceil(self.episodes / EPISODES_PER_BLOCK)

    @property
    def attempt_limit(self) -> int:
        """Episodes after which there has to be a success."""
        return max(_FEWEST_TRIES, _TRIES * self.episodes)

    def list_episodes(self, block: int) -> range:
        """The episodes of a block."""
        end = (block + 1) * EPISODES_PER_BLOCK
        return range(block * EPISODES_PER_BLOCK, end if self.only_successes else min(end, self.episodes))

    def build_spec(self, number: int) -> EpisodeSpec:
        """What an episode's number stands for."""
        return EpisodeSpec(self.task, self.seed + number, self.condition, NOMINAL, self.policy.label, number)

    def build_env_arguments(self) -> dict[str, Any]:
        """What an environment must be made with, to show what is kept and what the policy wants to see."""
        wanted = self.policy.get_env_arguments()
        if not self.cameras:
            return wanted
        if wanted:
            raise UsageError(
                f"images: policy {self.policy.label} asks for what it sees, and all of that is kept; leave --cameras out"
            )
        return {"observe": [*bind_terms(self.task).observe, "rgb"], "cameras": list(self.cameras), "size": self.size}


def plan_recording(
    task: str | Path | Task,
    policy: Any,
    episodes: int,
    folder: Path,
    formats: Sequence[str] = ("minari",),
    *,
    randomization: str | Path = NONE,
    noise: float = 0.0,
    cameras: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    only_successes: bool = False,
    seed: int = 0,
    settings: Sequence[str] = (),
    perception: str | Path | None = None,
    allow_pickle: bool = False,
    remote_mapping: str | Path | None = None,
    action_timeout: float = 30.0,
) -> RecordingPlan:
    """A plan of which every part is known to exist."""
    if episodes < 1:
        raise UsageError(f"{episodes} episodes are none; give 1 or more")
    if not 0.0 <= noise <= MAX_NOISE:
        raise UsageError(f"noise is {noise:g}; give a deviation from 0 to {MAX_NOISE:g} of an action's range")
    if size is not None and not cameras:
        raise UsageError("size: no image is kept that could have it; name cameras with --cameras")
    if folder.suffix in (".hdf5", ".h5"):
        raise UsageError(f"{folder}: demonstrations are a folder; name one, such as {folder.with_suffix('')}")
    loaded = load_task(task, settings)
    return RecordingPlan(
        loaded,
        find_policy(policy, allow_pickle=allow_pickle, remote_mapping=remote_mapping),
        episodes,
        _condition(loaded, randomization),
        str(randomization),
        float(noise),
        tuple(dict.fromkeys([cameras] if isinstance(cameras, str) else cameras)),
        size,
        only_successes,
        _formats(formats),
        seed,
        tuple(settings),
        None if perception is None else EstimatorSpec.resolve(perception),
        validate_action_timeout(action_timeout),
        folder.absolute(),
    )


def _condition(task: Task, randomization: str | Path) -> Condition:
    """What differs from episode to episode, as evaluation has it."""
    if str(randomization) == NONE:
        return NOMINAL_CONDITION
    name = Path(randomization).stem
    return Condition(name, 0, _RANDOMIZATION, (AxisVariations(name, load_preset(randomization, task), frozenset()),))


def _formats(formats: Sequence[str]) -> tuple[str, ...]:
    several = [formats] if isinstance(formats, str) else list(formats)
    for name in several or [""]:
        if name not in FORMATS:
            raise ConfigError(f"format: {f'no {name!r}' if name else 'none is named'}{suggest(name, FORMATS)}")
    return tuple(name for name in FORMATS if name in several)
