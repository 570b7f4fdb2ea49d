"""Keeps an evaluation going whatever a policy does: what is no action becomes one line about one episode."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.errors import MyGymError, PolicyError, UnreachableError, describe
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.time_limit import TimeLimit, TimeLimitExpired

TOLERANCE = 1e-6  # a rounded tanh may be this far beyond 1
_REACH = 1.0 + TOLERANCE
_T = TypeVar("_T")


class GuardedPolicy:
    """A policy of which nothing comes but actions and ``PolicyError``.

    Setting up the time limit costs more than a call, so do it once for many: ``with guarded:`` around episodes.

    Args:
        policy: Whom nobody vouches for.
        action_space: What an action is.
        action_timeout: How long one call may take; None for any time, see ``TimeLimit``.
    """

    def __init__(self, policy: Policy, action_space: spaces.Box, action_timeout: float | None = None) -> None:
        self._policy, self._shape, self._limit = policy, action_space.shape, TimeLimit(action_timeout)

    def __enter__(self) -> GuardedPolicy:
        """Let the alarm be ours."""
        self._limit.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the alarm be whose it was."""
        self._limit.__exit__()

    def reset(self, seed: int) -> None:
        """Begin the episode with this seed."""
        call_guarded(self._limit, self._policy.reset, seed)

    def act(self, observation: Any) -> NDArray[Any]:
        """The action, an array of finite numbers in [-1, 1]."""
        return call_guarded(self._limit, self._action, observation)

    def _action(self, observation: Any) -> NDArray[Any]:
        action = np.asarray(self._policy.act(observation))
        if action.shape == self._shape and action.dtype.kind in "fiu":
            numbers = action.tolist()  # for these few, Python's sums are faster than NumPy's
            total = sum(numbers)
            if total == total and max(numbers) <= _REACH and min(numbers) >= -_REACH:
                return action
        raise PolicyError(self._objection(action))

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


def call_guarded(limit: TimeLimit, function: Callable[[Any], _T], argument: Any) -> _T:
    """Call a policy's code, and raise ``PolicyError`` for whatever it raises and when it takes too long."""
    try:
        return limit.call(function, argument)
    except TimeLimitExpired:
        raise PolicyError(f"policy took longer than {limit.seconds:g} s") from None
    except (KeyboardInterrupt, UnreachableError):  # no fault of the policy
        raise
    except BaseException as error:  # a policy may raise what is no Exception, too
        message = _message(limit, error)
        raise PolicyError(message) from error


def _message(limit: TimeLimit, error: BaseException) -> str:
    """Describe what was raised; an error's class is the policy's code as well, and may raise and hang again."""
    try:
        return limit.call(_quote, error)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return "policy raised an error whose own text cannot be shown"


def _quote(error: BaseException) -> str:
    if isinstance(error, MyGymError):
        return str(error)
    return f"policy raised {describe(error)}{_place(error.__traceback__)}"


def _place(trace: TracebackType | None) -> str:
    """Where it was raised: the last line of the policy's own."""
    frames = traceback.extract_tb(trace)
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _shown(action: NDArray[Any]) -> str:
    if action.ndim:
        return f"an array of {action.dtype}"
    try:
        text = repr(action.item())
    except Exception:  # whatever the class of what was returned does
        return "an object that cannot be shown"
    return text if len(text) <= 60 else f"{text[:57]}..."
