"""A time limit for calls of somebody else's code, kept by an alarm."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from mygym_lite.errors import UsageError

_T = TypeVar("_T")
_SHORTEST = 1e-6  # s; 0 would switch an alarm off
MAX_ACTION_TIMEOUT = 86_400.0  # s


class TimeLimitExpired(BaseException):
    """The time is over; code that catches ``Exception`` does not catch this."""


class TimeLimit:
    """Raises ``TimeLimitExpired`` in a call that takes too long.

    Setting up the alarm costs more than a call, so do it once for many: ``with limit:`` around them. Without it every
    call sets it up and puts it back.

    Args:
        seconds: How long one call may take; None for any time. It holds between two steps of Python code in the main
            thread of a POSIX process: a hang in compiled code, in another thread or on Windows is left to the parent
            process.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._limits = seconds is not None and _can_interrupt()
        self._handlers: list[Any] = []
        self._running = False

    def __enter__(self) -> TimeLimit:
        """Take over the alarm."""
        if self._limits:
            self._handlers.append(signal.signal(signal.SIGALRM, self._alarmed))
        return self

    def __exit__(self, *_: object) -> None:
        """Give the alarm back."""
        if self._limits:
            signal.signal(signal.SIGALRM, self._handlers.pop() or signal.SIG_DFL)

    def call(self, function: Callable[[Any], _T], argument: Any) -> _T:
        """Call a function within the time."""
        if not self._limits:
            return function(argument)
        if self._handlers:
            return self._limited(function, argument)
        with self:
            return self._limited(function, argument)

    def _limited(self, function: Callable[[Any], _T], argument: Any) -> _T:
        """Call before the alarm goes, and leave another one that was set what it has left."""
        limit: float = self.seconds  # type: ignore[assignment]
        try:
            self._running = True
            before, interval = signal.setitimer(signal.ITIMER_REAL, limit)
            try:
                return function(argument)
            finally:
                left, _ = signal.setitimer(signal.ITIMER_REAL, 0.0)
                self._running = False
                if before > 0.0:
                    signal.setitimer(signal.ITIMER_REAL, max(before - (limit - left), _SHORTEST), interval)
        except TimeLimitExpired:
            self._running = False
            raise

    def _alarmed(self, number: int, frame: Any) -> None:
        """End the call; an alarm outside of one is somebody else's."""
        if self._running:
            raise TimeLimitExpired
        if callable(self._handlers[-1]):
            self._handlers[-1](number, frame)


def _can_interrupt() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def validate_action_timeout(seconds: float) -> float:
    """Refuse a time limit for one action that no alarm can keep.

    Raises:
        UsageError: It is not a number above 0 s and of at most a day.
    """
    if not 0.0 < seconds <= MAX_ACTION_TIMEOUT:
        raise UsageError(
            f"patience is {seconds:g} s; give the seconds that a policy may take for an action, "
            f"above 0 and at most {MAX_ACTION_TIMEOUT:g} (a day)"
        )
    return float(seconds)
