"""Guard around a policy: exceptions, timeouts and invalid actions become a ``PolicyError`` of one line."""

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

TOLERANCE = 1e-6  # a rounded tanh may exceed 1 by this
_MAX_MAGNITUDE = 1.0 + TOLERANCE
_T = TypeVar("_T")


class GuardedPolicy:
    """Policy that returns valid actions or raises ``PolicyError``.

    Setting up the time limit costs more than a call, so do it once for many: ``with guarded:`` around episodes.

    Args:
        policy: Untrusted policy.
        action_space: Space of valid actions.
        action_timeout: Time limit of one call, s; None for no limit, see ``TimeLimit``.
    """

    def __init__(self, policy: Policy, action_space: spaces.Box, action_timeout: float | None = None) -> None:
        self._policy, self._shape, self._limit = policy, action_space.shape, TimeLimit(action_timeout)

    def __enter__(self) -> GuardedPolicy:
        """Take over the alarm signal."""
        self._limit.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous alarm handler."""
        self._limit.__exit__()

    @property
    def repeated_actions(self) -> int | None:
        """Steps of the episode at which a policy with latency repeated an action."""
        return getattr(self._policy, "repeated_actions", None)

    def reset(self, seed: int) -> None:
        """Begin the episode with this seed."""
        call_guarded(self._limit, self._policy.reset, seed)

    def act(self, observation: Any) -> NDArray[Any]:
        """Return the action, an array of finite numbers in [-1, 1]."""
        return call_guarded(self._limit, self._compute_action, observation)

    def _compute_action(self, observation: Any) -> NDArray[Any]:
        action = np.asarray(self._policy.act(observation))
        if action.shape == self._shape and action.dtype.kind in "fiu":
            numbers = action.tolist()  # for so few numbers, Python is faster than NumPy
            total = sum(numbers)
            if total == total and max(numbers) <= _MAX_MAGNITUDE and min(numbers) >= -_MAX_MAGNITUDE:
                return action
        raise PolicyError(self._describe_error(action))

    def _describe_error(self, action: NDArray[Any]) -> str:
        """Describe why an array is not a valid action."""
        if action.dtype.kind not in "fiu":
            return f"policy returned {_format_value(action)}, which is not an array of numbers"
        if action.shape != self._shape:
            return f"policy returned an action of shape {action.shape}, this task takes {self._shape}"
        if not np.isfinite(action).all():
            return f"policy returned {action[~np.isfinite(action)][0]} in its action; every number must be finite"
        worst = action.flat[int(np.argmax(np.abs(action)))]
        return f"policy returned {worst:g} in its action; every number must be in [-1, 1]"


def call_guarded(limit: TimeLimit, function: Callable[[Any], _T], argument: Any) -> _T:
    """Call the code of a policy; raise ``PolicyError`` if it raises or exceeds the time limit."""
    try:
        return limit.call(function, argument)
    except TimeLimitExpired:
        raise PolicyError(f"policy took longer than {limit.seconds:g} s") from None
    except (KeyboardInterrupt, UnreachableError):  # not the policy's fault
        raise
    except BaseException as error:  # a policy may also raise SystemExit and the like
        raise PolicyError(_describe_exception(limit, error)) from error


def _describe_exception(limit: TimeLimit, error: BaseException) -> str:
    """Describe an exception under the time limit: its class is the policy's code too, and may raise or hang."""
    try:
        return limit.call(_format_exception, error)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return "policy raised an error whose own text cannot be shown"


def _format_exception(error: BaseException) -> str:
    if isinstance(error, MyGymError):
        return str(error)
    return f"policy raised {describe(error)}{_format_origin(error.__traceback__)}"


def _format_origin(trace: TracebackType | None) -> str:
    """Format file and line of the innermost frame."""
    frames = traceback.extract_tb(trace)
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _format_value(action: NDArray[Any]) -> str:
    if action.ndim:
        return f"an array of {action.dtype}"
    try:
        text = repr(action.item())
    except Exception:  # the class of the value may raise anything
        return "an object that cannot be shown"
    return text if len(text) <= 60 else f"{text[:57]}..."
