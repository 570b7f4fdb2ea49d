"""How far an evaluation is, and how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.bar import Bar
from mygym_lite.harness.episode_errors import PHYSICS_ERROR, POLICY_ERROR

if TYPE_CHECKING:
    from mygym_lite.harness.record import EpisodeRecord


class RunProgress:
    """Give it as ``watch``.

    Args:
        stream: Where it says so.
    """

    def __init__(self, stream: TextIO) -> None:
        self._bar = Bar(stream, "episodes")
        self._stream = stream
        self._successes = self._ended = 0
        self._announced: set[tuple[str, str, str]] = set()

    def __call__(self, record: EpisodeRecord | None, done: int, total: int) -> None:
        """A record has come; or none yet, before the first."""
        if record is not None:
            self._ended += 1
            self._successes += record.success
            self._announce(record)
        self._bar(done, total, f", success {self._successes / self._ended:.0%}" if self._ended else "")

    def _announce(self, record: EpisodeRecord) -> None:
        """Tell the first error of each kind at once: whoever waits for a long run should not learn of it at its end."""
        if record.failure not in (POLICY_ERROR, PHYSICS_ERROR):
            return
        kind = record.policy, record.task, record.failure
        if kind not in self._announced:
            self._announced.add(kind)
            self._bar.clear()
            said = f"{record.policy} on {record.task}, episode {record.episode}: {record.failure}: {record.message}"
            print(said, file=self._stream, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        self._bar.clear()
