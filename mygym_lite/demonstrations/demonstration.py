"""One demonstration: everything that was seen, done and felt in an episode, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
EXECUTED = "executed"
"""The info that holds the actions that were carried out, which noise may have moved away from the policy's own."""
CONTACT_FORCE = "contact_force"
"""Infos of forces are called by this, a slash and a pair of groups."""


@dataclass(frozen=True)
class Demonstration:
    """An episode of T actions."""

    observations: dict[str, Array]
    """By group, and images by ``CAMERA_rgb``: T + 1 rows, the first before any action."""
    actions: Array
    """(T, n), float32: what the policy answered, which is what is to be learned."""
    rewards: Array
    """(T,)."""
    terminations: Array
    """(T,)."""
    truncations: Array
    """(T,)."""
    infos: dict[str, Array]
    """By name, parts of names divided by slashes; T + 1 rows where it is of moments, T where it is of actions."""
    record: dict[str, Any] = field(default_factory=dict)
    """What was measured: ``seed``, ``success``, ``seconds``, ``variation``, ``force``, and more as in evaluation."""

    def __len__(self) -> int:
        """The number of actions."""
        return len(self.actions)

    @property
    def executed(self) -> Array:
        """(T, n), float32: what was carried out."""
        return self.infos.get(EXECUTED, self.actions)

    @property
    def seed(self) -> int:
        """Of the episode."""
        return int(self.record["seed"])

    @property
    def success(self) -> bool:
        """Whether the task was solved, for as long as it asks."""
        return bool(self.record["success"])

    def get_observations(self, name: str) -> Array:
        """What was seen of a group before each action: T rows."""
        return self.observations[name][: len(self)]

    def equals(self, other: Demonstration) -> bool:
        """Whether every number is the same."""
        mine, theirs = self.collect_arrays(), other.collect_arrays()
        return mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)

    def collect_arrays(self) -> dict[str, Array]:
        """Every array, by its place in a file."""
        return {
            **{f"observations/{name}": array for name, array in self.observations.items()},
            "actions": self.actions, "rewards": self.rewards, "terminations": self.terminations,
            "truncations": self.truncations,
            **{f"infos/{name}": array for name, array in self.infos.items()},
        }  # fmt: skip


def read_peak_force(record: dict[str, Any]) -> float | None:
    """Of the hand on objects in an episode, N; None where it never touched one."""
    force = record.get("forces", {}).get("hand_object")
    return None if force is None or force["mean"] is None else float(force["peak"])
