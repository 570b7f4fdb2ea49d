"""Progress callback of trainings."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int, str], None]
"""Function of the current activity, the amount done, the total, and a note to display after them."""


def no_progress(_activity: str, _done: int, _total: int, _note: str) -> None:
    """Ignore progress."""
