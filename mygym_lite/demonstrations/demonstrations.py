"""A set of demonstrations, and its statistics."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, overload

import numpy as np

from mygym_lite.demonstrations.demonstration import Demonstration, StoredEpisodes, read_peak_force
from mygym_lite.demonstrations.formats.minari_reader import DATA_FILE, MinariEpisodes, read_metadata
from mygym_lite.demonstrations.running_statistics import RunningStatistics
from mygym_lite.errors import UsageError

ACTION = "action"
_DATA_FOLDERS = (Path(), Path("data"), Path("minari/data"))  # that may hold the file, below a given folder


@dataclass(frozen=True)
class DemonstrationSummary:
    """Summary of a set of demonstrations."""

    episodes: int
    successes: int
    steps: tuple[int, ...]
    """Number of actions of each episode."""
    peak_forces: tuple[float, ...]
    """Peak force of the hand on objects, N, of each episode with contact."""

    @property
    def success_rate(self) -> float:
        """Fraction of the episodes that solved the task."""
        return self.successes / self.episodes

    @property
    def mean_steps(self) -> float:
        """Mean number of actions."""
        return float(np.mean(self.steps))

    @property
    def mean_peak_force(self) -> float | None:
        """Mean peak force over episodes with contact, N."""
        return float(np.mean(self.peak_forces)) if self.peak_forces else None

    @property
    def peak_force(self) -> float | None:
        """Largest peak force, N."""
        return max(self.peak_forces, default=None)

    def as_json(self) -> dict[str, Any]:
        """Convert to plain data."""
        return {
            "episodes": self.episodes,
            "success_rate": self.success_rate,
            "steps": sum(self.steps),
            "mean_steps": self.mean_steps,
            "min_steps": min(self.steps),
            "max_steps": max(self.steps),
            "mean_peak_force": self.mean_peak_force,
            "peak_force": self.peak_force,
        }


@dataclass(frozen=True)
class Demonstrations(Sequence[Demonstration]):
    """Episodes of one task, in the order of their seeds.

    Args:
        episodes: Episodes in memory, or on disk and read on access.
        manifest: Description of the recording: task, policy, randomization, noise, versions.
    """

    episodes: Sequence[Demonstration]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load demonstrations: a folder of ``record``, of Minari or LeRobot, or an HDF5 file.

        Raises:
            UsageError: There are none, or they are damaged.
        """
        path = Path(path)
        files = (path, *(path / folder / DATA_FILE for folder in _DATA_FOLDERS))
        file = next((file for file in files if file.is_file()), None)
        loaded = cls._load_lerobot(path) if file is None else cls(MinariEpisodes(file), read_metadata(file))
        if not len(loaded):
            raise UsageError(f"{path}: holds no episode; record again")
        return loaded

    @classmethod
    def _load_lerobot(cls, path: Path) -> Self:
        from mygym_lite.demonstrations.formats.lerobot_reader import INFO_FILE, LeRobotEpisodes

        folder = next((folder for folder in (path, path / "lerobot") if (folder / INFO_FILE).is_file()), None)
        if folder is None:
            raise UsageError(f"{path}: holds no demonstrations; name the --out of a `mygym-lite record` that is done")
        episodes = LeRobotEpisodes(folder)
        return cls(episodes, episodes.manifest)

    def __len__(self) -> int:
        """Return the number of episodes."""
        return len(self.episodes)

    @overload
    def __getitem__(self, number: int) -> Demonstration: ...
    @overload
    def __getitem__(self, number: slice) -> Demonstrations: ...
    def __getitem__(self, number: int | slice) -> Demonstration | Demonstrations:
        """Return one episode, or a slice as another set."""
        if isinstance(number, slice):
            return Demonstrations(self.episodes[number], self.manifest)
        return self.episodes[number]

    def __iter__(self) -> Iterator[Demonstration]:
        """Iterate over the episodes."""
        return iter(self.episodes)

    def compute_statistics(self) -> dict[str, RunningStatistics]:
        """Compute the statistics of each group of observations before an action, and of ``action``."""
        statistics: dict[str, RunningStatistics] = {}
        for demonstration in self:
            for name in demonstration.observations:
                statistics.setdefault(name, RunningStatistics()).add(demonstration.get_observations(name))
            statistics.setdefault(ACTION, RunningStatistics()).add(demonstration.actions)
        return statistics

    def summarize(self) -> DemonstrationSummary:
        """Summarize the episodes."""
        records = self.read_records()
        forces = (read_peak_force(record) for record in records)
        return DemonstrationSummary(
            len(records),
            successes=sum(bool(record["success"]) for record in records),
            steps=tuple(int(record["steps"]) for record in records),
            peak_forces=tuple(force for force in forces if force is not None),
        )

    def read_records(self) -> list[dict[str, Any]]:
        """Read the measurements of each episode."""
        if isinstance(self.episodes, StoredEpisodes):
            return self.episodes.read_records()
        return [demonstration.record for demonstration in self.episodes]
