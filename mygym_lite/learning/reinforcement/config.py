"""Configuration of a reinforcement training and its validation."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.cameras import IMAGE_KINDS
from mygym_lite.errors import UsageError
from mygym_lite.learning.randomization_config import RandomizationConfig
from mygym_lite.learning.reinforcement.checkpoints import CHECKPOINT_FOLDER, find_latest_checkpoint
from mygym_lite.learning.reinforcement.environments import EnvironmentFactory
from mygym_lite.learning.reinforcement.hyperparameters import (
    ALGORITHMS,
    ActorCritic,
    CommonHyperparameters,
    Dqn,
    OffPolicy,
    get_hyperparameters_class,
)
from mygym_lite.policies.metadata import METADATA_FILE


@dataclass(frozen=True)
class ReinforcementConfig:
    """Arguments of ``reinforce``."""

    task: str | Path | Task
    algo: str
    folder: Path
    steps: int | None
    envs: int
    her: bool
    demonstrations: int | Sequence[str | Path]
    start: str | Path | None
    cameras: tuple[str, ...]
    observe: tuple[str, ...]
    perception: str | Path | None
    randomization: RandomizationConfig
    settings: tuple[str, ...]
    seed: int
    resume: bool
    tensorboard: bool

    @property
    def env_factory(self) -> EnvironmentFactory:
        """Factory of the environments."""
        return EnvironmentFactory(
            task=self.task,
            uses_goals=self.her,
            settings=self.settings,
            randomization=self.randomization.adr or self.randomization.preset,
            cameras=self.cameras,
            observe=self.observe,
            perception=self.perception,
            widening=self.randomization.widening,
        )

    def to_dict(self) -> dict[str, Any]:
        """Convert the configuration for the provenance of the policy; files by their names only."""
        recorded = self.demonstrations
        return {
            "algorithm": self.algo,
            "envs": self.envs,
            "her": self.her,
            "demonstrations": recorded if isinstance(recorded, int) else [Path(file).name for file in recorded],
            "start": None if self.start is None else Path(self.start).name,
            "cameras": list(self.cameras),
            **({"observe": list(self.observe)} if self.observe else {}),
            "perception": None if self.perception is None else str(self.perception),
            **self.randomization.to_dict(),
            "settings": list(self.settings),
            "seed": self.seed,
        }

    def validate(self) -> None:
        """Refuse arguments that exclude each other, before any environment is made."""
        hyperparameters = get_hyperparameters_class(self.algo)
        if self.her and not issubclass(hyperparameters, OffPolicy):
            raise UsageError(
                f"her: {self.algo} has no replay buffer for hindsight; use one of {_list_algorithms(OffPolicy)}"
            )
        if self.demonstrations and not issubclass(hyperparameters, ActorCritic):
            raise UsageError(
                f"demonstrations: {self.algo} cannot learn from demonstrations; "
                f"use one of {_list_algorithms(ActorCritic)}"
            )
        if self.start is not None and issubclass(hyperparameters, Dqn):
            raise UsageError("start: dqn has no actor that a policy could initialise; use another algorithm")
        if self.start is not None and (self.cameras or self.her):
            raise UsageError(
                "start: an actor over images or goals cannot begin as a policy over state vectors; leave --start out"
            )
        if kinds := set(self.observe).intersection(IMAGE_KINDS):
            raise UsageError(f"observe: '{min(kinds)}' is a kind of image; name the cameras to observe instead")
        if INSTRUCTION in self.observe and (self.cameras or self.her or self.start is not None):
            raise UsageError(
                "observe: reinforcement reads the instruction beside state vectors alone; leave out cameras, her and "
                "start"
            )
        if self.observe and self.her:
            raise UsageError(
                "observe: goal-conditioned environments have groups of their own; leave out observe or her"
            )
        if self.perception is not None and self.cameras:
            raise UsageError("perception: a policy over images takes no estimated poses; give cameras or perception")
        if self.perception is not None and self.her:
            raise UsageError(
                "perception: goals and what was achieved are the ground truth of goal-conditioned environments; leave "
                "out perception or her"
            )
        if self.tensorboard and importlib.util.find_spec("tensorboard") is None:
            raise UsageError("tensorboard: is not installed; pip install 'mygym_lite[log]'")
        self._validate_folder()

    def _validate_folder(self) -> None:
        if self.resume:
            find_latest_checkpoint(self.folder)
        elif (self.folder / METADATA_FILE).exists():
            raise UsageError(f"{self.folder}: holds a policy already; choose another folder, or go on with --resume")
        elif (self.folder / CHECKPOINT_FOLDER).exists():
            raise UsageError(f"{self.folder}: holds a checkpoint; go on with --resume, or choose another folder")


def _list_algorithms(hyperparameters: type[CommonHyperparameters]) -> str:
    """List the algorithms with these hyperparameters."""
    return ", ".join(name for name in ALGORITHMS if issubclass(get_hyperparameters_class(name), hyperparameters))
