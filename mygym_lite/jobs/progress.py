"""Progress of a long command."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Callback of a long command, called before the first item and after each."""

    def __call__(self, noun: str, done: int, total: int, detail: str, /) -> None:
        """Receive a count.

        Args:
            noun: Name of what is counted, in the plural: ``episodes``.
            done: Number of finished items, those of an earlier run included.
            total: Number of all items, as far as it is known.
            detail: Text to append, such as ``, loss 0.0134``; may be empty.
        """


def no_progress(_noun: str, _done: int, _total: int, _detail: str) -> None:
    """Ignore progress."""
