"""Exceptions with one-line messages that name the file, the key, the problem and the remedy."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable
from typing import Any

from mygym_lite.text import join_lines

_MAX_LISTED = 12


class MyGymError(Exception):
    """Base class of every error that this library raises on purpose."""


class ConfigError(MyGymError, ValueError):
    """An invalid declaration: a task, robot, object, suite, path or option."""

    def __init__(self, message: str) -> None:
        super().__init__(join_lines(message))


class UsageError(MyGymError, ValueError):
    """An invalid call: a bad action, a step outside an episode, an unknown option."""


class TermError(MyGymError, RuntimeError):
    """A term of a task raised, or returned an invalid value; the message names task, section and term."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the traceback of the cause as a note, since pickling drops the cause itself."""
        notes = list(getattr(self, "__notes__", []))
        if self.__cause__ is not None:
            notes.append("".join(traceback.format_exception(self.__cause__)))
        return type(self), (str(self),), {"__notes__": notes}


class PolicyError(MyGymError, RuntimeError):
    """A policy raised, hung, or returned an invalid action; the episode is void, but the next one may succeed."""

    def __init__(self, message: str) -> None:
        super().__init__(join_lines(message))


class UnreachableError(PolicyError):
    """The server of a policy does not answer, or serves another policy, so that the policy cannot be evaluated."""


class PhysicsError(MyGymError, RuntimeError):
    """The simulation became unphysical; the episode is void, and the next one starts from a fresh world."""


class WorkerError(MyGymError, RuntimeError):
    """Worker processes cannot be started on this machine or cluster."""


def require_positive(noun: str, count: int) -> None:
    """Raise ``UsageError`` for a count below 1."""
    if count < 1:
        raise UsageError(f"{noun} must be at least 1, got {count}")


def describe(error: BaseException) -> str:
    """Return the class and message of an error from foreign code, even if formatting the error itself fails."""
    try:
        name, text = type(error).__name__, str(error)
        return f"{name}: {text}" if text else f"{name}"
    except KeyboardInterrupt:
        raise
    except BaseException:  # an unprintable message must not hide the error
        return "an error whose own text cannot be shown"


def suggest(word: str, words: Iterable[str], if_empty: str = "there are none to choose from, so leave it out") -> str:
    """Suggest a remedy for an unknown name, to be appended to the message about it.

    Args:
        word: Unknown name.
        words: Known names.
        if_empty: Remedy if there are no known names.

    Returns:
        `"; did you mean 'mass'?"` if a known name is close, else `"; one of a, b, c"`.
    """
    names = {name.casefold(): name for name in sorted(words)}
    close = difflib.get_close_matches(word.casefold(), names, n=1)
    if close:
        return f"; did you mean '{names[close[0]]}'?"
    if not names:
        return f"; {if_empty}"
    listed = sorted(names.values())
    more = f" and {len(listed) - _MAX_LISTED} more" if len(listed) > _MAX_LISTED else ""
    return f"; one of {', '.join(listed[:_MAX_LISTED])}{more}"
