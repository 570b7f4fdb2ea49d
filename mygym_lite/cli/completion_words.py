"""Commands, options and names of the command line, collected from its parsers."""

from __future__ import annotations

import argparse
import importlib
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


def _list_names(kind: str) -> tuple[str, ...]:
    """List the names of a kind, importing what knows them; completion of other words stays fast."""
    module, function = _SOURCES[kind]
    return tuple(getattr(importlib.import_module(f"mygym_lite.{module}"), function)())


def _list_controls() -> tuple[str, ...]:
    from mygym_lite.config.task_robot import Control

    return get_args(Control)


def _list_engines() -> tuple[str, ...]:
    from mygym_lite.config.task_physics import EngineName

    return get_args(EngineName)


_SOURCES = {
    "tasks": ("config.task", "list_tasks"),
    "policies": ("policies.saved", "list_policies"),
    "suites": ("randomization.suite_file", "list_suites"),
    "robots": ("config.robot", "list_robots"),
    "presets": ("randomization.preset", "list_presets"),
    "estimators": ("perception.metadata", "list_estimators"),
}
_CHOICES: dict[str, Callable[[], tuple[str, ...]]] = {
    "--control": _list_controls,
    "--engine": _list_engines,
    **dict.fromkeys(("task", "tasks", "--task"), lambda: _list_names("tasks")),
    **dict.fromkeys(("policy", "--policy"), lambda: ("expert", "random", "zero", *_list_names("policies"))),
    **dict.fromkeys(("--start", "--init-from"), lambda: _list_names("policies")),
    "--suite": lambda: _list_names("suites"),
    "--robot": lambda: _list_names("robots"),
    **dict.fromkeys(("--randomization", "--presets"), lambda: ("none", *_list_names("presets"))),
    "--adr": lambda: _list_names("presets"),
    **dict.fromkeys(("--perception", "weights"), lambda: _list_names("estimators")),
}
