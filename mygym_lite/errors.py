"""Errors a person can act on: one line that names the file, the key, what is wrong and the remedy."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable
from typing import Any

from mygym_lite.text import join_lines

_LISTED = 12


class MyGymError(Exception):
    """Base of every error this library raises on purpose."""


class ConfigError(MyGymError, ValueError):
    """Something declared (a task, robot, object, suite, path or option) is wrong; the message is one line."""

    def __init__(self, message: str) -> None:
        """Keep the message on one line of readable length, whatever names it quotes."""
        super().__init__(join_lines(message))


class UsageError(MyGymError, ValueError):
    """A call that makes no sense at this moment: a bad action, a step outside an episode, an unknown option."""


class TermError(MyGymError, RuntimeError):
    """A term of a task raised, or returned what it must not; the message names task, section and term."""

    def __init__(self, message: str) -> None:
        """Keep the message on one line, whatever the term said."""
        super().__init__(" ".join(message.split()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent between processes with the traceback of its cause as a note, since a cause does not travel."""
        notes = list(getattr(self, "__notes__", []))
        if self.__cause__ is not None:
            notes.append("".join(traceback.format_exception(self.__cause__)))
        return type(self), (str(self),), {"__notes__": notes}


class PolicyError(MyGymError, RuntimeError):
    """A policy raised, hung, or returned what is no action; the episode is void, the next one may go well."""

    def __init__(self, message: str) -> None:
        """Keep the message on one line of readable length, whatever the policy said."""
        super().__init__(join_lines(message))


class UnreachableError(PolicyError):
    """The server of a policy does not answer, or answers as another policy: nothing is known of how it would act."""


class PhysicsError(MyGymError, RuntimeError):
    """The simulation left what physics allows; the episode is void, the next one starts from a fresh world."""


class WorkerError(MyGymError, RuntimeError):
    """Worker processes cannot be started on this machine or cluster."""


def describe(error: BaseException) -> str:
    """Give the class and text of an error of somebody else's code, which may fail when it is asked for them."""
    try:
        name, text = type(error).__name__, str(error)
        return f"{name}: {text}" if text else f"{name}"
    except KeyboardInterrupt:
        raise
    except BaseException:  # a text that cannot be had must not hide that there was an error
        return "an error whose own text cannot be shown"


def suggest(word: str, words: Iterable[str], if_empty: str = "there are none to choose from, so leave it out") -> str:
    """Say what may have been meant, to be appended to a message about an unknown name.

    Args:
        word: The name that was written.
        words: The names that exist.
        if_empty: The remedy where there are no names, for example because something has to be made first.

    Returns:
        `"; did you mean 'mass'?"` where one is close, else `"; one of a, b, c"`.
    """
    names = {name.casefold(): name for name in sorted(words)}
    close = difflib.get_close_matches(word.casefold(), names, n=1)
    if close:
        return f"; did you mean '{names[close[0]]}'?"
    if not names:
        return f"; {if_empty}"
    listed = sorted(names.values())
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return f"; one of {', '.join(listed[:_LISTED])}{more}"
