"""The words that may stand where on the command line, as the parsers declare them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from mygym_lite.cli.options import Choice


@dataclass(frozen=True)
class Option:
    """An option of a command: its name, how many words follow it, and those that are known beforehand."""

    name: str
    help: str
    value_count: str
    """``none``, ``one`` or ``many`` words."""
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command, such as ``train imitate``, with its options and the names that may stand without one."""

    path: tuple[str, ...]
    help: str
    options: tuple[Option, ...]
    choices: tuple[str, ...]


def iterate_commands(parser: argparse.ArgumentParser, path: tuple[str, ...] = (), help: str = "") -> Iterator[Command]:
    """Every command below a parser, itself first."""
    actions = parser._actions
    groups = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    options = tuple(_option(action) for action in actions if action.option_strings)
    words = [word for action in actions if not action.option_strings for word in _words(action)]
    yield Command(path, help, options, tuple(words))
    for group in groups:
        abouts = {choice.dest: choice.help or "" for choice in group._choices_actions}
        for name, below in group.choices.items():
            yield from iterate_commands(below, (*path, name), abouts[name])


def _option(action: argparse.Action) -> Option:
    follow = "none" if action.nargs == 0 else "many" if action.nargs == "+" else "one"
    return Option(action.option_strings[-1], (action.help or "").replace("%%", "%"), follow, _words(action))


def _words(action: argparse.Action) -> tuple[str, ...]:
    """The names that an argument may be."""
    if isinstance(action, argparse._SubParsersAction):
        return tuple(action.choices)
    if isinstance(action.type, Choice):
        return action.type.names
    name = action.option_strings[-1] if action.option_strings else action.dest
    return _NAMES[name]() if name in _NAMES else ()


def _tasks() -> tuple[str, ...]:
    from mygym_lite.config.task import list_tasks

    return list_tasks()


def _policies() -> tuple[str, ...]:
    from mygym_lite.policies.saved import list_policies

    return ("expert", "random", *list_policies())


def _trained() -> tuple[str, ...]:
    from mygym_lite.policies.saved import list_policies

    return tuple(list_policies())


def _suites() -> tuple[str, ...]:
    from mygym_lite.randomization.suite import list_suites

    return tuple(list_suites())


def _robots() -> tuple[str, ...]:
    from mygym_lite.config.robot import list_robots

    return tuple(list_robots())


def _controls() -> tuple[str, ...]:
    from mygym_lite.config.task import Control

    return get_args(Control)


def _presets() -> tuple[str, ...]:
    from mygym_lite.randomization.preset import list_presets

    return tuple(list_presets())


def _presets_or_none() -> tuple[str, ...]:
    return ("none", *_presets())


def _perceptions() -> tuple[str, ...]:
    from mygym_lite.perception.metadata import list_estimators

    return tuple(list_estimators())


_NAMES: dict[str, Callable[[], tuple[str, ...]]] = {
    "task": _tasks, "tasks": _tasks, "--task": _tasks, "policy": _policies, "--policy": _policies,
    "--start": _trained, "--suite": _suites, "--robot": _robots, "--control": _controls,
    "--randomization": _presets_or_none, "--presets": _presets_or_none, "--adr": _presets,
    "--perception": _perceptions, "weights": _perceptions,
}  # fmt: skip
