"""Commands, options and names of the command line, collected from its parsers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from mygym_lite.cli.options import Choice


@dataclass(frozen=True)
class Option:
    """An option of a command, with the number and the known choices of its values."""

    name: str
    help: str
    value_count: str
    """``none``, ``one`` or ``many``."""
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command, such as ``train imitate``, with its options and the choices of its positional arguments."""

    path: tuple[str, ...]
    help: str
    options: tuple[Option, ...]
    choices: tuple[str, ...]


def iterate_commands(parser: argparse.ArgumentParser, path: tuple[str, ...] = (), help: str = "") -> Iterator[Command]:
    """Iterate over the command of a parser and all its subcommands, depth first."""
    actions = parser._actions
    groups = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    options = tuple(_make_option(action) for action in actions if action.option_strings)
    words = [word for action in actions if not action.option_strings for word in _list_choices(action)]
    yield Command(path, help, options, tuple(words))
    for group in groups:
        abouts = {choice.dest: choice.help or "" for choice in group._choices_actions}
        for name, below in group.choices.items():
            yield from iterate_commands(below, (*path, name), abouts[name])


def _make_option(action: argparse.Action) -> Option:
    follow = "none" if action.nargs == 0 else "many" if action.nargs == "+" else "one"
    return Option(action.option_strings[-1], (action.help or "").replace("%%", "%"), follow, _list_choices(action))


def _list_choices(action: argparse.Action) -> tuple[str, ...]:
    """List the known values of an argument."""
    if isinstance(action, argparse._SubParsersAction):
        return tuple(action.choices)
    if isinstance(action.type, Choice):
        return action.type.names
    name = action.option_strings[-1] if action.option_strings else action.dest
    return _CHOICES[name]() if name in _CHOICES else ()


def _list_tasks() -> tuple[str, ...]:
    from mygym_lite.config.task import list_tasks

    return list_tasks()


def _list_policies() -> tuple[str, ...]:
    from mygym_lite.policies.saved import list_policies

    return ("expert", "random", *list_policies())


def _list_saved_policies() -> tuple[str, ...]:
    from mygym_lite.policies.saved import list_policies

    return tuple(list_policies())


def _list_suites() -> tuple[str, ...]:
    from mygym_lite.randomization.suite import list_suites

    return tuple(list_suites())


def _list_robots() -> tuple[str, ...]:
    from mygym_lite.config.robot import list_robots

    return tuple(list_robots())


def _list_controls() -> tuple[str, ...]:
    from mygym_lite.config.task import Control

    return get_args(Control)


def _list_engines() -> tuple[str, ...]:
    from mygym_lite.config.task import EngineName

    return get_args(EngineName)


def _list_presets() -> tuple[str, ...]:
    from mygym_lite.randomization.preset import list_presets

    return tuple(list_presets())


def _list_presets_or_none() -> tuple[str, ...]:
    return ("none", *_list_presets())


def _list_estimators() -> tuple[str, ...]:
    from mygym_lite.perception.metadata import list_estimators

    return tuple(list_estimators())


_CHOICES: dict[str, Callable[[], tuple[str, ...]]] = {
    "task": _list_tasks,
    "tasks": _list_tasks,
    "--task": _list_tasks,
    "policy": _list_policies,
    "--policy": _list_policies,
    "--init-from": _list_saved_policies,
    "--suite": _list_suites,
    "--robot": _list_robots,
    "--control": _list_controls,
    "--engine": _list_engines,
    "--randomization": _list_presets_or_none,
    "--presets": _list_presets_or_none,
    "--adr": _list_presets,
    "--perception": _list_estimators,
    "weights": _list_estimators,
}
