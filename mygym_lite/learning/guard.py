"""Keeps an evaluation going whatever a policy does: what is no action becomes one line about one episode."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.errors import MyGymError, PolicyError
from mygym_lite.learning.policy import Policy

TOLERANCE = 1e-6  # a rounded tanh may be this far beyond 1
_REACH = 1.0 + TOLERANCE


class _Expired(BaseException):
    """The time is over; no policy that catches ``Exception`` catches this."""


class Guarded:
    """A policy of which nothing comes but actions and ``PolicyError``.

    The time limit is kept by an alarm. Setting that up costs more than a call, so do it once for many: ``with
    guarded:`` around episodes. Without it every call sets it up and puts it back.

    Args:
        policy: Whom nobody vouches for.
        action_space: What an action is.
        seconds: How long one call may take; None for any time. It holds between two steps of Python code in the main
            thread of a POSIX process: what hangs in compiled code, in another thread or on Windows is left to whoever
            watches the process.
    """

    def __init__(self, policy: Policy, action_space: spaces.Box, seconds: float | None = None) -> None:
        self._policy, self._shape, self._seconds = policy, action_space.shape, seconds
        self._limits = seconds is not None and _can_interrupt()
        self._handlers: list[Any] = []
        self._running = False

    def __enter__(self) -> Guarded:
        """Let the alarm be ours."""
        if self._limits:
            self._handlers.append(signal.signal(signal.SIGALRM, self._alarmed))
        return self

    def __exit__(self, *_: object) -> None:
        """Let the alarm be whose it was."""
        if self._limits:
            signal.signal(signal.SIGALRM, self._handlers.pop() or signal.SIG_DFL)

    def reset(self, seed: int) -> None:
        """Begin the episode with this seed."""
        self._guarded(self._policy.reset, seed)

    def act(self, observation: Any) -> NDArray[Any]:
        """The action, an array of finite numbers in [-1, 1]."""
        action: NDArray[Any] = self._guarded(self._asked, observation)
        if action.shape == self._shape and action.dtype.kind in "fiu":
            numbers = action.tolist()  # for these few, Python's sums are faster than NumPy's
            total = sum(numbers)
            if total == total and max(numbers) <= _REACH and min(numbers) >= -_REACH:
                return action
        raise PolicyError(self._objection(action))

    def _asked(self, observation: Any) -> NDArray[Any]:
        return np.asarray(self._policy.act(observation))

    def _guarded(self, function: Callable[[Any], Any], argument: Any) -> Any:
        try:
            return self._call(function, argument)
        except _Expired:
            self._running = False
            raise PolicyError(f"policy took longer than {self._seconds:g} s") from None
        except MyGymError as error:
            raise PolicyError(str(error)) from error
        except (Exception, SystemExit) as error:
            said = f": {error}" if str(error) else ""
            raise PolicyError(f"policy raised {type(error).__name__}{said}{_place(error.__traceback__)}") from error

    def _call(self, function: Callable[[Any], Any], argument: Any) -> Any:
        if not self._limits:
            return function(argument)
        if self._handlers:
            return self._limited(function, argument)
        with self:
            return self._limited(function, argument)

    def _limited(self, function: Callable[[Any], Any], argument: Any) -> Any:
        """Call before the alarm goes, and leave another one that was set what it has left."""
        limit: float = self._seconds  # type: ignore[assignment]
        self._running = True
        before, interval = signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            return function(argument)
        finally:
            left, _ = signal.setitimer(signal.ITIMER_REAL, 0.0)
            self._running = False
            if before > 0.0:
                signal.setitimer(signal.ITIMER_REAL, max(before - (limit - left), TOLERANCE), interval)

    def _alarmed(self, number: int, frame: Any) -> None:
        """End the policy's call; an alarm outside of one is somebody else's."""
        if self._running:
            raise _Expired
        if callable(self._handlers[-1]):
            self._handlers[-1](number, frame)

    def _objection(self, action: NDArray[Any]) -> str:
        """What is wrong with what should have been an action."""
        if action.dtype.kind not in "fiu":
            return f"policy returned {_shown(action)}, which is not an array of numbers"
        if action.shape != self._shape:
            return f"policy returned an action of shape {action.shape}, this task takes {self._shape}"
        if not np.isfinite(action).all():
            return f"policy returned {action[~np.isfinite(action)][0]} in its action; every number must be finite"
        worst = action.flat[int(np.argmax(np.abs(action)))]
        return f"policy returned {worst:g} in its action; every number must be in [-1, 1]"


def _can_interrupt() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _place(trace: TracebackType | None) -> str:
    """Where it was raised: the last line of the policy's own."""
    frames = traceback.extract_tb(trace)
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _shown(action: NDArray[Any]) -> str:
    text = repr(action.item()) if action.ndim == 0 else f"an array of {action.dtype}"
    return text if len(text) <= 60 else f"{text[:57]}..."
