"""One demonstration: the observations, actions, rewards and contact forces of an episode, as arrays."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
EXECUTED = "executed"
"""Name of the info with the executed actions, to which noise may have been added."""
CONTACT_FORCE = "contact_force"
"""Prefix of infos with contact forces, before a slash and a pair of groups."""


@dataclass(frozen=True)
class Demonstration:
    """An episode of T actions."""

    observations: dict[str, Array]
    """Observations by group, images by ``CAMERA_rgb``: T + 1 rows, the first before any action."""
    actions: Array
    """(T, n), float32: the policy's actions, the labels to learn."""
    rewards: Array
    """(T,)."""
    terminations: Array
    """(T,)."""
    truncations: Array
    """(T,)."""
    infos: dict[str, Array]
    """Infos by name, with slashes between parts of a name; T + 1 rows for states, T for actions."""
    record: dict[str, Any] = field(default_factory=dict)
    """Measurements as in evaluation: ``seed``, ``success``, ``time_to_success``, ``forces`` and more."""

    def __len__(self) -> int:
        """Return the number of actions."""
        return len(self.actions)

    @property
    def executed(self) -> Array:
        """(T, n), float32: the executed actions."""
        return self.infos.get(EXECUTED, self.actions)

    @property
    def seed(self) -> int:
        """Seed of the episode."""
        return int(self.record["seed"])

    @property
    def success(self) -> bool:
        """True if the task was solved for as long as it requires."""
        return bool(self.record["success"])

    def get_observations(self, name: str) -> Array:
        """Return the observations of a group before each action: T rows."""
        return self.observations[name][: len(self)]

    def equals(self, other: Demonstration) -> bool:
        """Return True if all arrays are equal."""
        mine, theirs = self.collect_arrays(), other.collect_arrays()
        return mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)

    def collect_arrays(self) -> dict[str, Array]:
        """Collect all arrays, by their path in a file."""
        return {
            **{f"observations/{name}": array for name, array in self.observations.items()},
            **{name: getattr(self, name) for name in ("actions", "rewards", "terminations", "truncations")},
            **{f"infos/{name}": array for name, array in self.infos.items()},
        }


class StoredEpisodes(Sequence[Demonstration]):
    """Episodes that are read from disk on access; subclasses implement ``_read`` and ``read_records``."""

    @overload
    def __getitem__(self, number: int) -> Demonstration: ...
    @overload
    def __getitem__(self, number: slice) -> list[Demonstration]: ...
    def __getitem__(self, number: int | slice) -> Demonstration | list[Demonstration]:
        """Return one episode, or several."""
        indices = range(len(self))[number]
        return self._read(indices) if isinstance(indices, int) else [self._read(index) for index in indices]

    @abstractmethod
    def _read(self, index: int) -> Demonstration:
        """Read an episode."""

    @abstractmethod
    def read_records(self) -> list[dict[str, Any]]:
        """Read the measurements of each episode, without its arrays."""


def read_peak_force(record: dict[str, Any]) -> float | None:
    """Read the peak force of the hand on objects, N; None without contact."""
    force = record.get("forces", {}).get("hand_object")
    return None if force is None or force["mean"] is None else float(force["peak"])
