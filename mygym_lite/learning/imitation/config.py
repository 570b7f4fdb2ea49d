"""What was asked for, completed where nothing was said, and refused where it makes no sense together."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, suggest
from mygym_lite.learning.imitation.architecture import DEFAULT_NETWORK, NetworkConfig
from mygym_lite.learning.imitation.environment import ObservationConfig, RandomizationConfig
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.perception.card import find_estimator, list_estimators, read_metadata
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.schema import Location, build, read_toml, require_schema
from mygym_lite.terms import load_task

ALGORITHMS = ("bc", "dagger", "act")
"""Behaviour cloning; dataset aggregation; behaviour cloning of chunks of actions by a transformer."""


@dataclass(frozen=True)
class DemonstrationConfig:
    """What is shown.

    Args:
        episodes: That succeed, where no files are given.
        noise: Deviation of what is done from what is right while it is shown.
        rounds: Of DAgger, at most; stages in which ranges widen.
        rollouts_per_round: Episodes that the learner plays in each of them.
        target_success: Its success there with which it is good enough.
    """

    episodes: int = 100
    noise: float = 0.1
    rounds: int = 6
    rollouts_per_round: int = 30
    target_success: float = 0.98

    def __post_init__(self) -> None:
        """Refuse a deviation that is none."""
        if not 0.0 <= self.noise < math.inf:
            raise UsageError(f"noise is {self.noise:g}; give a deviation of 0 or more")

    @classmethod
    def for_task(cls, task: str | Path | Task, **given: Any) -> DemonstrationConfig:
        """The defaults of a task, from ``tasks/imitate/TASK.toml`` where there is one, but for what is given."""
        file = paths.get_tasks_folder() / "imitate" / f"{load_task(task).name}.toml"
        declared = read_demonstration_config(file) if file.is_file() else cls()
        return replace(declared, **given)


def read_demonstration_config(file: Path) -> DemonstrationConfig:
    """The defaults that a file declares; the rest is as it is in general."""
    where = Location(f"imitate/{file.name}")
    return build(DemonstrationConfig, require_schema(read_toml(file), where), where)


@dataclass(frozen=True)
class ImitationConfig:
    """The arguments of ``imitate``."""

    task: str | Path | Task
    algo: str
    data: tuple[str | Path, ...]
    randomization: RandomizationConfig
    settings: tuple[str, ...]
    demonstrations: DemonstrationConfig
    training: TrainingConfig
    network: NetworkConfig
    observation: ObservationConfig

    @classmethod
    def with_defaults(
        cls,
        task: str | Path | Task,
        algo: str,
        demonstrations: DemonstrationConfig | None,
        training: TrainingConfig | None,
        network: NetworkConfig | None,
        observation: ObservationConfig,
        **rest: Any,
    ) -> ImitationConfig:
        """With what is usual where nothing was said."""
        chosen = _beginning(
            network or (NetworkConfig("action_chunking") if algo == "act" else DEFAULT_NETWORK), observation, task
        )
        pace = training or TrainingConfig.for_network(chosen.kind, bool(observation.cameras))
        return cls(
            task,
            algo,
            demonstrations=demonstrations or DemonstrationConfig.for_task(task),
            training=pace,
            network=chosen,
            observation=observation,
            **rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """For whoever wants to know later; of files only the names."""
        return {
            "algorithm": self.algo,
            "demonstrations": asdict(self.demonstrations),
            "training": asdict(self.training),
            "data": [Path(file).name for file in self.data],
            "settings": list(self.settings),
            **self.randomization.to_dict(),
            "network": asdict(self.network),
            "observation": asdict(self.observation),
        }

    def validate(self, folder: Path) -> None:
        """Refuse what cannot be done, before anything is started for it."""
        if self.algo not in ALGORITHMS:
            raise UsageError(f"imitation: no algorithm '{self.algo}'{suggest(self.algo, ALGORITHMS)}")
        if self.algo == "act" and self.network.kind != "action_chunking":
            raise UsageError(f"imitation: act learns chunks of actions, which is not for head '{self.network.kind}'; "
                             "use bc for it")  # fmt: skip
        if self.data and self.randomization.widening is not None:
            raise UsageError(
                f"data: is recorded, and its worlds widen no more; leave --{self.randomization.widening} out"
            )
        if (folder / METADATA_FILE).exists():
            raise UsageError(f"{folder}: holds a policy already; choose another folder")


def _nearest_eyes(task: str) -> str | None:
    """The shipped perception that has seen a task, or any other one."""
    names = list_estimators()
    return next((name for name in names if task in read_metadata(find_estimator(name)).tasks), next(iter(names), None))


def _beginning(head: NetworkConfig, sight: ObservationConfig, task: str | Path | Task) -> NetworkConfig:
    """With pictures, a head that begins with the trained perception that knows most of the task."""
    if not sight.cameras or head.perception is not None:
        return head
    return replace(head, perception=_nearest_eyes(load_task(task).name))
