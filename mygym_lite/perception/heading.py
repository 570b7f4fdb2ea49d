"""Which way one object is turned, from sight to sight."""

from __future__ import annotations

import math

_REST, _MOVING = 0.03, 1.0  # rad, of what was in a second
_UNKNOWN = 100.0  # rad: the deviation of a yaw of which nothing is known
_SURE = 1e-3  # rad; nobody sees better than that


class Heading:
    """A Kalman filter on the circle of the folds of a shape.

    Args:
        folds: Of the shape; 0 for one whose yaw cannot be seen, which is told to be 0.
        declared: Yaw of the object in its task, rad: of those that look the same, the nearest one is told.
    """

    def __init__(self, folds: int, declared: float) -> None:
        self._folds, self._declared = folds, declared if folds else 0.0
        self.forget()

    def forget(self) -> None:
        """It is lost."""
        self.yaw, self._deviation = self._declared, _UNKNOWN

    def coast(self, seconds: float, moves: bool, turn: float = 0.0) -> None:
        """Time passes, in which it is known to have turned."""
        if self._folds:
            self.yaw += turn
            spread = (_MOVING if moves else _REST) * math.sqrt(seconds)
            self._deviation = min(_UNKNOWN, math.hypot(self._deviation, spread))

    def correct(self, yaw: float, deviation: float) -> None:
        """It is seen, or is not where one of these is no number."""
        if not self._folds or not math.isfinite(yaw + deviation):
            return
        period = 2.0 * math.pi / self._folds
        gap = (yaw - self.yaw + period / 2) % period - period / 2
        known, seen = self._deviation**2, max(_SURE, deviation) ** 2
        self.yaw += known / (known + seen) * gap
        self._deviation = math.sqrt(known * seen / (known + seen))
