"""How far an evaluation is: one line on a terminal with rate, time left and success so far; elsewhere now and then."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from mygym_lite.harness.record import EpisodeRecord

_PERIOD = 0.2  # s between two looks of the line on a terminal
_RARELY = 30.0  # s between two lines in a file
_BAR = 24  # columns at most
_CLEAR = "\r\x1b[K"


class RunProgress:
    """Give it as ``watch``.

    Args:
        stream: Where it says so.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._terminal = stream, stream.isatty()
        self._period = _PERIOD if self._terminal else _RARELY
        self._successes = self._ended = 0
        self._start = self._last = time.monotonic()

    def __call__(self, record: EpisodeRecord | None, done: int, total: int) -> None:
        """A record has come; or none yet, before the first."""
        now = time.monotonic()
        if record is None:
            self._start = self._last = now
            if done:
                self._stream.write(f"going on after {done} of {total} episodes\n")
            if self._terminal and done < total:
                self._stream.write(f"{_CLEAR}{'░' * _BAR} {done}/{total} episodes, starting")
            self._stream.flush()
            return
        self._ended += 1
        self._successes += record.success
        if done == total:
            self.clear()
        elif now - self._last >= self._period:
            self._last = now
            text = self.line(done, total, now - self._start)
            self._stream.write(_CLEAR + text if self._terminal else text + "\n")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._terminal:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def line(self, done: int, total: int, elapsed: float) -> str:
        """What there is to say after so many seconds."""
        rate = self._ended / max(elapsed, 1e-9)
        full = round(_BAR * done / total)
        bar = "█" * full + "░" * (_BAR - full)
        text = (
            f"{bar} {done}/{total} episodes, {rate:.1f}/s, {clock((total - done) / max(rate, 1e-9))} left, "
            f"success {self._successes / self._ended:.0%}"
        )
        return text[: columns(self._stream) - 1] if self._terminal else text


def clock(seconds: float) -> str:
    """Hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def columns(stream: TextIO) -> int:
    """How wide a terminal is; what is none is as wide as most."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
