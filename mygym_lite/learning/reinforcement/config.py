"""What was asked for, refused where it makes no sense together."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
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
    """The arguments of ``reinforce``."""

    task: str | Path | Task
    algo: str
    folder: Path
    steps: int | None
    envs: int
    her: bool
    demonstrations: int | Sequence[str | Path]
    init_from: str | Path | None
    cameras: tuple[str, ...]
    randomization: str | Path | None
    adr: str | Path | None
    curriculum: bool
    settings: tuple[str, ...]
    seed: int
    resume: bool
    tensorboard: bool

    @property
    def env_factory(self) -> EnvironmentFactory:
        """Where it is learned."""
        widening: Any = "adr" if self.adr is not None else "curriculum" if self.curriculum else None
        return EnvironmentFactory(
            self.task, self.her, self.settings, self.adr or self.randomization, self.cameras, widening
        )

    def to_dict(self) -> dict[str, Any]:
        """For whoever wants to know later; of files only the names."""
        named = (
            self.demonstrations
            if isinstance(self.demonstrations, int)
            else [Path(file).name for file in self.demonstrations]
        )
        return {
            "algorithm": self.algo, "envs": self.envs, "her": self.her, "demonstrations": named,
            "init_from": None if self.init_from is None else Path(self.init_from).name, "cameras": list(self.cameras),
            "randomization": None if self.randomization is None else str(self.randomization),
            "adr": None if self.adr is None else str(self.adr), "curriculum": self.curriculum,
            "settings": list(self.settings), "seed": self.seed,
        }  # fmt: skip

    def validate(self) -> None:
        """Refuse what cannot be done, before anything is started for it."""
        kind = get_hyperparameters_class(self.algo)
        if self.her and not issubclass(kind, OffPolicy):
            raise UsageError(f"her: {self.algo} remembers nothing that it could learn from in hindsight; "
                             f"use one of {_those(OffPolicy)}")  # fmt: skip
        if self.demonstrations and not issubclass(kind, ActorCritic):
            raise UsageError(f"demos: {self.algo} cannot learn from what others did; use one of {_those(ActorCritic)}")
        if self.init_from is not None and issubclass(kind, Dqn):
            raise UsageError("start: dqn has no actor that could begin from a policy; use another algorithm")
        if self.init_from is not None and (self.cameras or self.her):
            raise UsageError("start: an actor that sees pictures or goals cannot begin from a policy that sees "
                             "neither; leave --init-from out")  # fmt: skip
        if self.adr is not None and (self.randomization is not None or self.curriculum):
            raise UsageError("adr: ranges grow by themselves to those of its preset; leave --randomization and "
                             "--curriculum out")  # fmt: skip
        if self.tensorboard and importlib.util.find_spec("tensorboard") is None:
            raise UsageError("tensorboard: is not installed; pip install 'mygym_lite[log]'")
        self._require_folder()

    def _require_folder(self) -> None:
        if self.resume:
            find_latest_checkpoint(self.folder)
        elif (self.folder / METADATA_FILE).exists():
            raise UsageError(f"{self.folder}: holds a policy already; choose another folder, or go on with --resume")
        elif (self.folder / CHECKPOINT_FOLDER).exists():
            raise UsageError(f"{self.folder}: holds a checkpoint; go on with --resume, or choose another folder")


def _those(kind: type[CommonHyperparameters]) -> str:
    """The algorithms of a kind."""
    return ", ".join(name for name in ALGORITHMS if issubclass(get_hyperparameters_class(name), kind))
