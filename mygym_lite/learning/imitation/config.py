"""Configuration of an imitation training, its defaults and its validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.config.task import Task
from mygym_lite.documents import read_toml
from mygym_lite.errors import UsageError, suggest
from mygym_lite.learning.imitation.architecture import ALGORITHM_NETWORKS, NetworkConfig
from mygym_lite.learning.imitation.environment import ObservationConfig
from mygym_lite.learning.imitation.start_policy import read_hidden, read_start
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.learning.randomization_config import RandomizationConfig
from mygym_lite.perception.metadata import find_estimator, list_estimators, read_metadata
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.schema import Location, build, require_schema
from mygym_lite.terms import load_task

ALGORITHMS = ("bc", "dagger", "act", "flow")
"""Behaviour cloning, dataset aggregation (DAgger), behaviour cloning of action chunks (ACT), flow matching."""


@dataclass(frozen=True)
class DemonstrationConfig:
    """Amount of data from the expert and from rollouts.

    Args:
        episodes: Successful demonstrations, if no recordings are given.
        noise: Standard deviation of the noise on executed actions, so that demonstrations contain recoveries.
        rounds: Maximum rounds of DAgger, or stages of a curriculum.
        rollouts_per_round: Rollouts of the policy per round.
        target_success: Success rate of these rollouts at which DAgger stops.
    """

    episodes: int = 100
    noise: float = 0.1
    rounds: int = 6
    rollouts_per_round: int = 30
    target_success: float = 0.98

    def __post_init__(self) -> None:
        """Refuse a negative or infinite noise."""
        if not 0.0 <= self.noise < math.inf:
            raise UsageError(f"noise is {self.noise:g}; give a deviation of 0 or more")

    @classmethod
    def for_task(cls, task: str | Path | Task, **overrides: Any) -> DemonstrationConfig:
        """Return the defaults of a task, from ``tasks/imitate/TASK.toml`` if it exists, with overrides."""
        file = paths.get_tasks_folder() / "imitate" / f"{load_task(task).name}.toml"
        defaults = read_demonstration_config(file) if file.is_file() else cls()
        return replace(defaults, **overrides)


def read_demonstration_config(file: Path) -> DemonstrationConfig:
    """Read the defaults of a task; missing keys keep the general defaults."""
    location = Location(f"imitate/{file.name}")
    return build(DemonstrationConfig, require_schema(read_toml(file), location), location)


@dataclass(frozen=True)
class ImitationConfig:
    """Arguments of ``imitate``, completed with defaults."""

    tasks: tuple[str | Path | Task, ...]
    algo: str
    folder: Path
    data: tuple[str | Path, ...]
    randomization: RandomizationConfig
    settings: tuple[str, ...]
    demonstrations: tuple[DemonstrationConfig, ...]
    """Those of each task."""
    training: TrainingConfig
    network: NetworkConfig
    observation: ObservationConfig

    @classmethod
    def with_defaults(
        cls,
        *,
        tasks: tuple[str | Path | Task, ...],
        algo: str,
        demonstrations: DemonstrationConfig | Sequence[DemonstrationConfig] | None,
        training: TrainingConfig | None,
        network: NetworkConfig | None,
        observation: ObservationConfig,
        start: str | Path | None,
        **others: Any,
    ) -> ImitationConfig:
        """Complete the arguments with the defaults of the task, the algorithm and the network."""
        has_images = bool(observation.cameras)
        network = (
            network or NetworkConfig.for_algorithm(algo, has_images) if start is None else read_start(start, network)
        )
        training = training or TrainingConfig.for_network(network.kind, has_images, len(tasks))
        if start is not None:
            training = replace(training, hidden=read_hidden(start))
        elif has_images and network.perception is None:
            network = replace(network, perception=_find_perception(load_task(tasks[0]).name))
        if isinstance(demonstrations, DemonstrationConfig):
            demonstrations = [demonstrations] * len(tasks)
        return cls(
            tasks=tasks,
            algo=algo,
            demonstrations=tuple(demonstrations or map(DemonstrationConfig.for_task, tasks)),
            training=training,
            network=network,
            observation=observation,
            **others,
        )

    def to_dict(self) -> dict[str, Any]:
        """Convert the configuration for the provenance of the policy; files by their names only."""
        return {
            "algorithm": self.algo,
            "demonstrations": self._describe_demonstrations(),
            "training": asdict(self.training),
            "data": [Path(file).name for file in self.data],
            "settings": list(self.settings),
            **self.randomization.to_dict(),
            "start": None if self.network.start is None else Path(self.network.start).name,
            "network": {name: value for name, value in asdict(self.network).items() if name != "start"},
            "observation": self.observation.to_dict(),
        }

    def _describe_demonstrations(self) -> dict[str, Any]:
        """Describe the demonstrations of the task, or those of each by its name."""
        first, *others = self.demonstrations
        if not others:
            return asdict(first)
        return {load_task(task).name: asdict(own) for task, own in zip(self.tasks, self.demonstrations, strict=True)}

    def validate(self) -> None:
        """Refuse arguments that exclude each other, before any environment is made."""
        if self.algo not in ALGORITHMS:
            raise UsageError(f"imitation: no algorithm '{self.algo}'{suggest(self.algo, ALGORITHMS)}")
        if self.network.kind != ALGORITHM_NETWORKS.get(self.algo, self.network.kind):
            raise UsageError(
                f"imitation: {self.algo} learns chunks of actions, which is not for head '{self.network.kind}'; "
                "use bc for it"
            )
        widening = self.randomization.widening
        if widening == "curriculum" and self.randomization.preset is None:
            raise UsageError("curriculum: no range could widen; give a --randomization")
        if self.data and widening is not None:
            raise UsageError(f"data: recorded demonstrations have fixed variations; leave --{widening} out")
        if (self.folder / METADATA_FILE).exists():
            raise UsageError(f"{self.folder}: holds a policy already; choose another folder")
        if len(self.tasks) > 1:
            self._validate_tasks()

    def _validate_tasks(self) -> None:
        """Refuse what is possible for a single task alone."""
        single = {
            f"algo {self.algo}": self.algo == "dagger",
            f"--{self.randomization.widening}": self.randomization.widening is not None,
            "--demonstrations": bool(self.data),
            "--observe": bool(self.observation.observe),
            "--cameras": bool(self.observation.cameras),
            "--perception": self.observation.perception is not None,
        }
        if option := next((option for option, is_given in single.items() if is_given), None):
            raise UsageError(f"imitation: {option} is for one task, not for {len(self.tasks)}; leave it out")
        names = [load_task(task).name for task in self.tasks]
        if name := next((name for name in names if names.count(name) > 1), None):
            raise UsageError(f"imitation: {names.count(name)} of the tasks have the name '{name}'; name each task once")
        if len(self.demonstrations) != len(names):
            raise UsageError(
                f"imitation: {len(self.demonstrations)} amounts of demonstrations for {len(names)} tasks; give one, or "
                "one for each task"
            )


def _find_perception(task: str) -> str | None:
    """Find a shipped perception trained on the task, or any other one."""
    names = list_estimators()
    return next((name for name in names if task in read_metadata(find_estimator(name)).tasks), next(iter(names), None))
