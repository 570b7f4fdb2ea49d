"""Queues of numbered jobs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol


class JobQueue(Protocol):
    """The jobs of a command, and its progress."""

    @property
    def done(self) -> int:
        """Number of finished items, those of an earlier run included."""

    @property
    def total(self) -> int:
        """Number of all items, as far as it is known."""

    def pop(self) -> int | None:
        """Return the number of a job that was not handed out yet; None if there is none for now."""

    def mark_done(self, result: Any) -> None:
        """Receive the result of a job."""


class FixedQueue:
    """Queue of given jobs, each handed out once.

    Args:
        numbers: Numbers of the jobs.
        done: Number of items that an earlier run finished.
        total: Number of all items; `done` and one for each job if left out.
    """

    def __init__(self, numbers: Iterable[int], done: int = 0, total: int | None = None) -> None:
        self._pending = deque(numbers)
        self.done = done
        self.total = done + len(self._pending) if total is None else total

    def pop(self) -> int | None:
        """Return the next job; None after the last."""
        return self._pending.popleft() if self._pending else None

    def mark_done(self, _result: object) -> None:
        """Count a finished job."""
        self.done += 1
