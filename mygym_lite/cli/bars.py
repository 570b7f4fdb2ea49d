"""Bars for a long command that counts several things, one after the other."""

from __future__ import annotations

from typing import TextIO

from mygym_lite.cli.bar import Bar


class Bars:
    """A new bar for each thing that is counted, and for each time that counting begins again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._what, self._last = stream, "", 0

    def __call__(self, what: str, done: int, total: int, more: str) -> None:
        """So many there are."""
        if what != self._what or done < self._last:
            self.clear()
            self._bar = Bar(self._stream, what)
        self._what, self._last = what, done
        self._bar(done, total, more)

    def clear(self) -> None:
        """Take the line away."""
        if self._what:
            self._bar.clear()
