"""Time limit for calls of foreign code, enforced by an alarm signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from mygym_lite.errors import UsageError

_T = TypeVar("_T")
_MIN_TIMER = 1e-6  # s; 0 would switch an alarm off
MAX_ACTION_TIMEOUT = 86_400.0  # s


class TimeLimitExpired(BaseException):
    """Timeout, which code that catches ``Exception`` does not catch."""


class TimeLimit:
    """Limit that raises ``TimeLimitExpired`` inside a call that takes too long.

    Setting up the alarm costs more than a call, so do it once for many: ``with limit:`` around them. Without it, every
    call installs and restores the handler.

    Args:
        seconds: Limit of one call, s; None for no limit. It takes effect between two bytecodes in the main thread of a
            POSIX process: a hang in compiled code, in another thread or on Windows is left to the parent process.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._is_enforced = seconds is not None and _can_interrupt()
        self._handlers: list[Any] = []
        self._running = False

    def __enter__(self) -> TimeLimit:
        """Install the alarm handler."""
        if self._is_enforced:
            self._handlers.append(signal.signal(signal.SIGALRM, self._handle_alarm))
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous alarm handler."""
        if self._is_enforced:
            signal.signal(signal.SIGALRM, self._handlers.pop() or signal.SIG_DFL)

    def call(self, function: Callable[[Any], _T], argument: Any) -> _T:
        """Call a function within the limit."""
        if not self._is_enforced:
            return function(argument)
        if self._handlers:
            return self._call_with_alarm(function, argument)
        with self:
            return self._call_with_alarm(function, argument)

    def _call_with_alarm(self, function: Callable[[Any], _T], argument: Any) -> _T:
        """Call under the alarm, and rearm an outer timer with its remaining time."""
        limit: float = self.seconds  # type: ignore[assignment]
        try:
            self._running = True
            outer, interval = signal.setitimer(signal.ITIMER_REAL, limit)
            try:
                return function(argument)
            finally:
                remaining, _ = signal.setitimer(signal.ITIMER_REAL, 0.0)
                self._running = False
                if outer > 0.0:
                    signal.setitimer(signal.ITIMER_REAL, max(outer - (limit - remaining), _MIN_TIMER), interval)
        except TimeLimitExpired:
            self._running = False
            raise

    def _handle_alarm(self, number: int, frame: Any) -> None:
        """Interrupt the running call; pass on an alarm outside of one."""
        if self._running:
            raise TimeLimitExpired
        if callable(self._handlers[-1]):
            self._handlers[-1](number, frame)


def _can_interrupt() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def validate_action_timeout(seconds: float) -> float:
    """Validate a time limit of one action.

    Raises:
        UsageError: The limit is not above 0 s and at most a day.
    """
    if not 0.0 < seconds <= MAX_ACTION_TIMEOUT:
        raise UsageError(
            f"patience is {seconds:g} s; give the time limit of an action in seconds, above 0 "
            f"and at most {MAX_ACTION_TIMEOUT:g} (a day)"
        )
    return float(seconds)
