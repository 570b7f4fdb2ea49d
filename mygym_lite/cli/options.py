"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, get_args

from mygym_lite.errors import nearest

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv


def add_task(parser: argparse.ArgumentParser) -> None:
    """TASK and what may be changed about it."""
    parser.add_argument("task", metavar="TASK", help="a shipped task, or the path of a task file")
    parser.add_argument("--robot", metavar="NAME", help="another robot than the task's")
    parser.add_argument("--control", metavar="MODE", help="another control mode than the task's")
    parser.add_argument(
        "--set", metavar="PATH=VALUE", action="append", default=[], dest="settings",
        help="change a field, for example objects.target.mass=0.2 (repeatable; `show TASK` lists them)",
    )  # fmt: skip
    add_seed(parser)


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Which episode, or the first of several."""
    parser.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of the (first) episode, 0 by default")


def add_json(parser: argparse.ArgumentParser) -> None:
    """For programs that read the answer."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def whole(least: int) -> Callable[[str], int]:
    """A whole number of at least this."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least {least}")
        return int(text)

    return parse


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """One of these names; another one is answered with the nearest."""

    def parse(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"no '{text}' here{nearest(text, names)}")
        return text

    return parse


def make_env(arguments: argparse.Namespace, render_mode: str | None = None) -> TaskEnv:
    """The environment that the arguments describe."""
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.errors import SpecError
    from mygym_lite.spec.task import Control

    modes = get_args(Control)
    if arguments.control is not None and arguments.control not in modes:
        raise SpecError(f"--control: no mode '{arguments.control}'{nearest(arguments.control, modes)}")
    return TaskEnv(
        arguments.task, robot=arguments.robot, control=arguments.control, settings=arguments.settings,
        render_mode=render_mode,
    )  # fmt: skip
