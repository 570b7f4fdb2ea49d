"""The plan of a recording: its task and policy, its episodes, and what is saved of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import ConfigError, UsageError, require_positive, suggest
from mygym_lite.perception.estimator_spec import EstimatorSpec
from mygym_lite.policies.policy import PolicyLike
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.time_limit import validate_action_timeout
from mygym_lite.randomization.axis import AxisVariations
from mygym_lite.randomization.condition import NOMINAL, Condition
from mygym_lite.randomization.preset import load_preset
from mygym_lite.rollout.episode import NOMINAL_CONDITION, EpisodeSpec
from mygym_lite.terms import bind_terms, load_task

EPISODES_PER_BLOCK = 5
"""Number of episodes of a block, which one process records at a time and which is saved or lost as a whole."""
FORMATS = ("minari", "lerobot")
NONE = "none"
MAX_NOISE = 1.0  # of an action's range to either side
_RANDOMIZATION = "randomization"
_MIN_ATTEMPTS = 50  # before a policy that never succeeds is given up
_ATTEMPTS_PER_EPISODE = 10


@dataclass(frozen=True)
class RecordingPlan:
    """Settings of a recording; episode i has the seed ``seed`` + i."""

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
        """Number of blocks, if every episode counts."""
        return math.ceil(self.episodes / EPISODES_PER_BLOCK)

    @property
    def attempt_limit(self) -> int:
        """Number of episodes after which there has to be a success."""
        return max(_MIN_ATTEMPTS, _ATTEMPTS_PER_EPISODE * self.episodes)

    def list_episodes(self, block: int) -> range:
        """Return the numbers of a block's episodes."""
        end = (block + 1) * EPISODES_PER_BLOCK
        return range(block * EPISODES_PER_BLOCK, end if self.only_successes else min(end, self.episodes))

    def build_spec(self, number: int) -> EpisodeSpec:
        """Return the specification of an episode."""
        return EpisodeSpec(self.task, self.seed + number, self.condition, NOMINAL, self.policy.label, number)

    def build_env_arguments(self) -> dict[str, Any]:
        """Build the arguments of an environment that observes what is saved and what the policy needs."""
        requested = self.policy.get_env_arguments()
        if not self.cameras:
            return requested
        if requested:
            raise UsageError(
                f"images: policy {self.policy.label} asks for what it sees, and all of that is kept; "
                "leave --cameras out"
            )
        return {"observe": [*bind_terms(self.task).observe, "rgb"], "cameras": list(self.cameras), "size": self.size}


def plan_recording(
    task: str | Path | Task,
    policy: PolicyLike,
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
    normalize: str | Path | None = None,
    python: str | None = None,
    action_timeout: float = 30.0,
) -> RecordingPlan:
    """Make a plan of which every part exists; arguments as of ``record``."""
    require_positive("episodes", episodes)
    if not 0.0 <= noise <= MAX_NOISE:
        raise UsageError(f"noise is {noise:g}; give a deviation from 0 to {MAX_NOISE:g} of an action's range")
    if size is not None and not cameras:
        raise UsageError("size: no image is kept that could have it; name cameras with --cameras")
    if folder.suffix in (".hdf5", ".h5"):
        raise UsageError(f"{folder}: demonstrations are a folder; name one, such as {folder.with_suffix('')}")
    loaded = load_task(task, settings)
    spec = find_policy(
        policy, allow_pickle=allow_pickle, remote_mapping=remote_mapping, normalize=normalize, python=python
    )
    perception = spec.read_perception() if perception is None else perception
    return RecordingPlan(
        loaded,
        spec,
        episodes,
        condition=_make_condition(loaded, randomization),
        randomization=str(randomization),
        noise=float(noise),
        cameras=tuple(dict.fromkeys([cameras] if isinstance(cameras, str) else cameras)),
        size=size,
        only_successes=only_successes,
        formats=_select_formats(formats),
        seed=seed,
        settings=tuple(settings),
        estimator=None if perception is None else EstimatorSpec.resolve(perception),
        action_timeout=validate_action_timeout(action_timeout),
        folder=folder.absolute(),
    )


def _make_condition(task: Task, randomization: str | Path) -> Condition:
    """Make the condition that evaluation would use for the randomization."""
    if str(randomization) == NONE:
        return NOMINAL_CONDITION
    name = Path(randomization).stem
    return Condition(name, 0, _RANDOMIZATION, (AxisVariations(name, load_preset(randomization, task), frozenset()),))


def _select_formats(formats: Sequence[str]) -> tuple[str, ...]:
    several = [formats] if isinstance(formats, str) else list(formats)
    for name in several or [""]:
        if name not in FORMATS:
            raise ConfigError(f"format: {f'no {name!r}' if name else 'none is named'}{suggest(name, FORMATS)}")
    return tuple(name for name in FORMATS if name in several)
