"""The words that may stand where on the command line, as the parsers declare them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from mygym_lite.cli.options import OneOf


@dataclass(frozen=True)
class Option:
    """An option of a command: its name, how many words follow it, and those that are known beforehand."""

    name: str
    about: str
    follow: str
    """``none``, ``one`` or ``many`` words."""
    words: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command, such as ``train imitate``, with its options and the names that may stand without one."""

    path: tuple[str, ...]
    about: str
    options: tuple[Option, ...]
    words: tuple[str, ...]


def commands_of(parser: argparse.ArgumentParser, path: tuple[str, ...] = (), about: str = "") -> Iterator[Command]:
    """Every command below a parser, itself first."""
    actions = parser._actions
    groups = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    options = tuple(_option(action) for action in actions if action.option_strings)
    words = [word for action in actions if not action.option_strings for word in _words(action)]
    yield Command(path, about, options, tuple(words))
    for group in groups:
        abouts = {choice.dest: choice.help or "" for choice in group._choices_actions}
        for name, below in group.choices.items():
            yield from commands_of(below, (*path, name), abouts[name])


def _option(action: argparse.Action) -> Option:
    follow = "none" if action.nargs == 0 else "many" if action.nargs == "+" else "one"
    return Option(action.option_strings[-1], (action.help or "").replace("%%", "%"), follow, _words(action))


def _words(action: argparse.Action) -> tuple[str, ...]:
    """The names that an argument may be."""
    if isinstance(action, argparse._SubParsersAction):
        return tuple(action.choices)
    if isinstance(action.type, OneOf):
        return action.type.names
    name = action.option_strings[-1] if action.option_strings else action.dest
    return _NAMES[name]() if name in _NAMES else ()


def _tasks() -> tuple[str, ...]:
    from mygym_lite.config.task import task_names

    return task_names()


def _policies() -> tuple[str, ...]:
    from mygym_lite.policies.saved import policy_names

    return ("expert", "random", *policy_names())


def _trained() -> tuple[str, ...]:
    from mygym_lite.policies.saved import policy_names

    return tuple(policy_names())


def _suites() -> tuple[str, ...]:
    from mygym_lite.randomization.suite import suite_names

    return tuple(suite_names())


def _robots() -> tuple[str, ...]:
    from mygym_lite.config.robot import robot_names

    return tuple(robot_names())


def _controls() -> tuple[str, ...]:
    from mygym_lite.config.task import Control

    return get_args(Control)


def _presets() -> tuple[str, ...]:
    from mygym_lite.randomization.preset import preset_names

    return tuple(preset_names())


def _presets_or_none() -> tuple[str, ...]:
    return ("none", *_presets())


def _perceptions() -> tuple[str, ...]:
    from mygym_lite.perception.card import eyes_names

    return tuple(eyes_names())


_NAMES: dict[str, Callable[[], tuple[str, ...]]] = {
    "task": _tasks, "tasks": _tasks, "--task": _tasks, "policy": _policies, "--policy": _policies,
    "--start": _trained, "--suite": _suites, "--robot": _robots, "--control": _controls,
    "--randomization": _presets_or_none, "--presets": _presets_or_none, "--adr": _presets,
    "--perceive": _perceptions, "weights": _perceptions,
}  # fmt: skip
