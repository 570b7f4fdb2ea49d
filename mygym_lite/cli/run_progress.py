"""How far an evaluation is, and how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.bar import Bar

if TYPE_CHECKING:
    from mygym_lite.harness.record import EpisodeRecord


class RunProgress:
    """Give it as ``watch``.

    Args:
        stream: Where it says so.
    """

    def __init__(self, stream: TextIO) -> None:
        self._bar = Bar(stream, "episodes")
        self._successes = self._ended = 0

    def __call__(self, record: EpisodeRecord | None, done: int, total: int) -> None:
        """A record has come; or none yet, before the first."""
        if record is not None:
            self._ended += 1
            self._successes += record.success
        self._bar(done, total, f", success {self._successes / self._ended:.0%}" if self._ended else "")

    def clear(self) -> None:
        """Take the line away."""
        self._bar.clear()
