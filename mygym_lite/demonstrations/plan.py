"""Demonstrations before they are recorded: who shows what, how often, what is kept of it, and where it is put."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import SpecError, UsageError, nearest
from mygym_lite.perception.estimator_spec import EyesSource
from mygym_lite.policies.policy_lookup import source
from mygym_lite.policies.policy_spec import PolicySource
from mygym_lite.policies.time_limit import require_patience
from mygym_lite.randomization.preset import load_preset
from mygym_lite.randomization.suite import NOMINAL, Condition, Part
from mygym_lite.rollout.episode import AS_DECLARED, EpisodeSpec
from mygym_lite.terms import load_task, program

BLOCK = 5
"""Episodes that are recorded in one go by one process, and kept or lost together."""
FORMATS = ("minari", "lerobot")
NONE = "none"
MOST_NOISE = 1.0  # of an action's range to either side
_RANDOMIZATION = "randomization"
_FEWEST_TRIES = 50  # before a policy that never succeeds is sent home
_TRIES = 10  # of each episode that is wanted


@dataclass(frozen=True)
class RecordingPlan:
    """What a recording consists of: episode i has the seed ``seed`` + i."""

    task: Task
    policy: PolicySource
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
    eyes: EyesSource | None
    patience: float
    folder: Path

    @property
    def blocks(self) -> int:
        """How many there are, where every episode counts."""
        return math.ceil(self.episodes / BLOCK)

    @property
    def tries(self) -> int:
        """Episodes after which there has to be a success."""
        return max(_FEWEST_TRIES, _TRIES * self.episodes)

    def numbers(self, block: int) -> range:
        """The episodes of a block."""
        end = (block + 1) * BLOCK
        return range(block * BLOCK, end if self.only_successes else min(end, self.episodes))

    def spec(self, number: int) -> EpisodeSpec:
        """What an episode's number stands for."""
        return EpisodeSpec(self.task, self.seed + number, self.condition, NOMINAL, self.policy.label, number)

    def env_arguments(self) -> dict[str, Any]:
        """What an environment must be made with, to show what is kept and what the policy wants to see."""
        wanted = self.policy.env_arguments()
        if not self.cameras:
            return wanted
        if wanted:
            raise UsageError(
                f"images: policy {self.policy.label} asks for what it sees, and all of that is kept; leave --images out"
            )
        return {"observe": [*program(self.task).observe, "rgb"], "cameras": list(self.cameras), "size": self.size}


def plan_recording(
    task: str | Path | Task, policy: Any, episodes: int, folder: Path, formats: Sequence[str] = ("minari",), *,
    randomization: str | Path = NONE, noise: float = 0.0, images: Sequence[str] = (),
    size: tuple[int, int] | None = None, only_successes: bool = False, seed: int = 0, settings: Sequence[str] = (),
    perceive: str | Path | None = None, trust: bool = False, mapping: str | Path | None = None, patience: float = 30.0,
) -> RecordingPlan:  # fmt: skip
    """A plan of which every part is known to exist."""
    if episodes < 1:
        raise UsageError(f"{episodes} episodes are none; give 1 or more")
    if not 0.0 <= noise <= MOST_NOISE:
        raise UsageError(f"noise is {noise:g}; give a deviation from 0 to {MOST_NOISE:g} of an action's range")
    if size is not None and not images:
        raise UsageError("size: no image is kept that could have it; name cameras with --images")
    if folder.suffix in (".hdf5", ".h5"):
        raise UsageError(f"{folder}: demonstrations are a folder; name one, such as {folder.with_suffix('')}")
    loaded = load_task(task, settings)
    return RecordingPlan(
        loaded, source(policy, trust=trust, mapping=mapping), episodes, _condition(loaded, randomization),
        str(randomization), float(noise), tuple(dict.fromkeys([images] if isinstance(images, str) else images)),
        size, only_successes, _formats(formats), seed, tuple(settings),
        None if perceive is None else EyesSource.find(perceive), require_patience(patience), folder.absolute(),
    )  # fmt: skip


def _condition(task: Task, randomization: str | Path) -> Condition:
    """What differs from episode to episode, as evaluation has it."""
    if str(randomization) == NONE:
        return AS_DECLARED
    name = Path(randomization).stem
    return Condition(name, 0, _RANDOMIZATION, (Part(name, load_preset(randomization, task), frozenset()),))


def _formats(formats: Sequence[str]) -> tuple[str, ...]:
    several = [formats] if isinstance(formats, str) else list(formats)
    for name in several or [""]:
        if name not in FORMATS:
            raise SpecError(f"format: {f'no {name!r}' if name else 'none is named'}{nearest(name, FORMATS)}")
    return tuple(name for name in FORMATS if name in several)
