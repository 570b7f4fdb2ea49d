"""Demonstrations: episodes to learn from, and how they are spread."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, overload, runtime_checkable

import numpy as np

from mygym_lite.demonstrations.demonstration import Demonstration, read_peak_force
from mygym_lite.demonstrations.formats.minari import DATA_FILE, MinariEpisodes, read_metadata
from mygym_lite.demonstrations.running_statistics import RunningStatistics
from mygym_lite.errors import UsageError

ACTION = "action"
_PLACES = (Path(), Path("data"), Path("minari/data"))  # of the file, in what somebody names


@runtime_checkable
class StoredEpisodes(Protocol):
    """Episodes that are read when they are asked for."""

    def read_records(self) -> list[dict[str, Any]]:
        """What was measured of each, without its arrays."""


@dataclass(frozen=True)
class DemonstrationSummary:
    """What a set of demonstrations amounts to."""

    episodes: int
    successes: int
    steps: tuple[int, ...]
    """Of each episode."""
    peak_forces: tuple[float, ...]
    """Of the hand on objects, N, of the episodes in which it touched one."""

    @property
    def success_rate(self) -> float:
        """Share of the episodes that solved the task."""
        return self.successes / self.episodes

    @property
    def mean_steps(self) -> float:
        """Mean number of actions."""
        return float(np.mean(self.steps))

    @property
    def mean_peak_force(self) -> float | None:
        """Mean over episodes, N."""
        return float(np.mean(self.peak_forces)) if self.peak_forces else None

    @property
    def peak_force(self) -> float | None:
        """Of the hardest episode, N."""
        return max(self.peak_forces, default=None)

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "episodes": self.episodes, "success_rate": self.success_rate, "steps": sum(self.steps),
            "mean_steps": self.mean_steps, "min_steps": min(self.steps), "max_steps": max(self.steps),
            "mean_peak_force": self.mean_peak_force, "peak_force": self.peak_force,
        }  # fmt: skip


@dataclass(frozen=True)
class Demonstrations(Sequence[Demonstration]):
    """Episodes of one task, in the order of their seeds.

    Args:
        episodes: In memory, or on disk and read when they are asked for.
        manifest: How they came to be: task, policy, randomization, noise, versions.
    """

    episodes: Sequence[Demonstration]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Find demonstrations: what ``record`` made, a folder of Minari's, or its HDF5 file itself.

        Raises:
            UsageError: There are none, or they are damaged.
        """
        given = Path(path)
        file = next(
            (file for file in (given, *(given / place / DATA_FILE for place in _PLACES)) if file.is_file()), None
        )
        found = cls._of_lerobot(given) if file is None else cls(MinariEpisodes(file), read_metadata(file))
        if not len(found):
            raise UsageError(f"{given}: holds no episode; record again")
        return found

    @classmethod
    def _of_lerobot(cls, given: Path) -> Self:
        from mygym_lite.demonstrations.formats.lerobot_reader import INFO_FILE, LeRobotEpisodes

        folder = next((folder for folder in (given, given / "lerobot") if (folder / INFO_FILE).is_file()), None)
        if folder is None:
            raise UsageError(f"{given}: holds no demonstrations; name the --out of a `mygym-lite record` that is done")
        episodes = LeRobotEpisodes(folder)
        return cls(episodes, episodes.manifest)

    def __len__(self) -> int:
        """How many episodes."""
        return len(self.episodes)

    @overload
    def __getitem__(self, number: int) -> Demonstration: ...
    @overload
    def __getitem__(self, number: slice) -> Demonstrations: ...
    def __getitem__(self, number: int | slice) -> Demonstration | Demonstrations:
        """One episode, or some of them as a set of their own."""
        if isinstance(number, slice):
            return Demonstrations(self.episodes[number], self.manifest)
        return self.episodes[number]

    def __iter__(self) -> Iterator[Demonstration]:
        """Every episode."""
        return iter(self.episodes)

    def compute_statistics(self) -> dict[str, RunningStatistics]:
        """How each group of what was seen before an action is spread, and ``action`` itself."""
        found: dict[str, RunningStatistics] = {}
        for shown in self:
            for name in shown.observations:
                found.setdefault(name, RunningStatistics()).add(shown.get_observations(name))
            found.setdefault(ACTION, RunningStatistics()).add(shown.actions)
        return found

    def summarize(self) -> DemonstrationSummary:
        """What they amount to."""
        records = self.read_records()
        forces = (read_peak_force(record) for record in records)
        return DemonstrationSummary(
            len(records), sum(bool(record["success"]) for record in records),
            tuple(int(record["steps"]) for record in records), tuple(force for force in forces if force is not None),
        )  # fmt: skip

    def read_records(self) -> list[dict[str, Any]]:
        """What was measured of each episode."""
        if isinstance(self.episodes, StoredEpisodes):
            return self.episodes.read_records()
        return [shown.record for shown in self.episodes]
