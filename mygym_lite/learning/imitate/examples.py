"""What imitation learns from: what was seen, row by row, and what was right to do then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import UsageError

Array = NDArray[np.float32]
_SMALL = 1e-4  # deviation of a number that says nothing: it is left as it is, not blown up


@dataclass(frozen=True)
class Examples:
    """Rows of several episodes."""

    seen: Array
    """(n, inputs): the observation groups side by side, in the order of the environment's space."""
    actions: Array
    """(n, outputs): what was right to do."""
    lengths: tuple[int, ...]
    """Rows of each episode, one after the other."""

    def __len__(self) -> int:
        """How many rows."""
        return len(self.seen)

    @classmethod
    def of(
        cls, observations: Mapping[str, Any], actions: Any, lengths: Sequence[int], order: Iterable[str]
    ) -> Examples:
        """From plain arrays.

        Args:
            observations: By group, a row for each action.
            actions: A row each, in [-1, 1].
            lengths: Rows of each episode.
            order: In which the groups are put side by side.
        """
        missing = [name for name in order if name not in observations]
        if missing:
            raise UsageError(f"demonstrations: hold no '{missing[0]}', which the task shows; record them on this task")
        seen = np.concatenate([np.asarray(observations[name], np.float32) for name in order], axis=1)
        told = np.clip(np.asarray(actions, np.float32), -1.0, 1.0)
        if not len(seen) == len(told) == sum(lengths):
            raise UsageError(
                f"demonstrations: {len(seen)} observations, {len(told)} actions and {sum(lengths)} steps of episodes "
                "do not belong together; give one row of each for every step"
            )
        return cls(seen, told, tuple(lengths))

    def split(self, every: int) -> tuple[Examples, Examples]:
        """The episodes to learn from, and every so manieth one, which is held out."""
        out = np.arange(len(self.lengths)) % every == every - 1
        return self._chosen(~out), self._chosen(out)

    def _chosen(self, episodes: NDArray[np.bool_]) -> Examples:
        rows = np.repeat(episodes, self.lengths)
        lengths = tuple(length for length, wanted in zip(self.lengths, episodes, strict=True) if wanted)
        return Examples(self.seen[rows], self.actions[rows], lengths)


def joined(parts: Sequence[Examples]) -> Examples:
    """All episodes of several."""
    return Examples(
        np.concatenate([part.seen for part in parts]), np.concatenate([part.actions for part in parts]),
        tuple(length for part in parts for length in part.lengths),
    )  # fmt: skip


@dataclass(frozen=True)
class Normal:
    """Numbers around 0 with a deviation of 1, and back."""

    mean: Array
    std: Array

    @classmethod
    def of(cls, rows: Array) -> Normal:
        """As these are spread; numbers that never change are only shifted."""
        mean, std = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
        return cls(mean.astype(np.float32), np.where(std > _SMALL, std, 1.0).astype(np.float32))

    def apply(self, rows: Array) -> Array:
        """Normalised."""
        normal: Array = (rows - self.mean) / self.std
        return normal

    def undo(self, rows: Array) -> Array:
        """As they were."""
        original: Array = rows * self.std + self.mean
        return original
