"""Backlash: a motor that must cross the play of its gear before the joint follows."""

from __future__ import annotations

from collections.abc import Sequence


class Play:
    """The play of every joint of an arm: what it drives to stays until the command has left a band around it.

    An episode begins in the middle of the band, so that the first half of its width is lost in either direction, and
    all of it wherever the command turns back.

    Args:
        width: Of the band, rad.
        start: Where the joints are when the episode begins, rad.
    """

    def __init__(self, width: float, start: Sequence[float]) -> None:
        self._half = 0.5 * width
        self._driven = list(start)

    def follow(self, commands: Sequence[float]) -> list[float]:
        """Where the joints are driven to by these commands, rad."""
        half = self._half
        self._driven = [
            min(max(driven, command - half), command + half)
            for driven, command in zip(self._driven, commands, strict=True)
        ]
        return list(self._driven)
