"""How far a long command is: one line on a terminal, written over itself; elsewhere a line now and then."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TextIO

from mygym_lite.harness.episode_errors import PHYSICS_ERROR, POLICY_ERROR

if TYPE_CHECKING:
    from mygym_lite.rollout.record import EpisodeRecord


ERASE_LINE = "\r\x1b[K"
"""With which the text of a progress bar begins."""
_PERIOD = 0.2  # s between two looks of the line on a terminal
_RARELY = 30.0  # s between two lines in a file
_WIDE = 24  # columns


class ProgressBar:
    """Counts things that are made: how many, how fast, and how long the rest takes.

    Args:
        stream: Where it says so.
        noun: What is counted.
    """

    def __init__(self, stream: TextIO, noun: str) -> None:
        self._stream, self._things, self._terminal = stream, noun, stream.isatty()
        self._period = _PERIOD if self._terminal else _RARELY
        self._before: int | None = None
        self._start = self._last = time.monotonic()

    def __call__(self, done: int, total: int, more: str = "") -> None:
        """So many there are; first of all, those that were there before."""
        now = time.monotonic()
        if self._before is None:
            self._before, self._start, self._last = done, now, now
            self._begin(done, total)
        elif done == total:
            self.clear()
        elif now - self._last >= self._period:
            self._last = now
            text = self._line(done, total, (done - self._before) / max(now - self._start, 1e-9), more)
            self._write(ERASE_LINE + text[: get_terminal_width(self._stream) - 1] if self._terminal else text + "\n")

    def _begin(self, done: int, total: int) -> None:
        if 0 < done < total:
            self._write(f"going on after {done} of {total} {self._things}\n")
        if self._terminal and done < total:
            self._write(f"{ERASE_LINE}{'░' * _WIDE} {done}/{total} {self._things}, starting")

    def _line(self, done: int, total: int, rate: float, more: str) -> str:
        full = round(_WIDE * done / total)
        speed = f", {rate:.1f}/s, {format_duration((total - done) / rate)} left" if rate else ""
        return f"{'█' * full}{'░' * (_WIDE - full)} {done}/{total} {self._things}{speed}{more}"

    def clear(self) -> None:
        """Take the line away."""
        if self._terminal:
            self._write(ERASE_LINE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def format_duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def get_terminal_width(stream: TextIO) -> int:
    """Width of the terminal, or the one that COLUMNS gives; 80 columns without a terminal."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class ProgressBars:
    """A new bar for each thing that is counted, and for each time that counting begins again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._what, self._last = stream, "", 0

    def __call__(self, what: str, done: int, total: int, more: str) -> None:
        """So many there are."""
        if what != self._what or done < self._last:
            self.clear()
            self._bar = ProgressBar(self._stream, what)
        self._what, self._last = what, done
        self._bar(done, total, more)

    def clear(self) -> None:
        """Take the line away."""
        if self._what:
            self._bar.clear()


class EvaluationProgress:
    """Progress of an evaluation: its success rate, and the first error of each kind.

    Args:
        stream: Stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._bar = ProgressBar(stream, "episodes")
        self._stream = stream
        self._successes = self._ended = 0
        self._announced: set[tuple[str, str, str]] = set()

    def on_record(self, record: EpisodeRecord) -> None:
        """Count a record, and report its error."""
        self._ended += 1
        self._successes += record.success
        self._announce(record)

    def __call__(self, _noun: str, done: int, total: int, _detail: str) -> None:
        """Show the number of episodes."""
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
