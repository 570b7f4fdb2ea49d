"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mygym_lite.errors import suggest

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv


def add_task(parser: argparse.ArgumentParser) -> None:
    """TASK and what may be changed about it."""
    parser.add_argument("task", metavar="TASK", help="a shipped task, or the path of a task file")
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add changes to the task; robot and control mode are settings like any other, with options of their own."""
    for option, path, metavar, about in (
        ("--robot", "robot.model", "NAME", "another robot than the task's, shipped or the path of a file"),
        ("--control", "robot.control", "MODE", "another control mode than the task's"),
    ):
        parser.add_argument(
            option, type=f"{path}={{}}".format, metavar=metavar, action="append", default=[], dest="settings",
            help=about,
        )  # fmt: skip
    parser.add_argument(
        "--set", metavar="PATH=VALUE", action="append", default=[], dest="settings",
        help="change a field, for example objects.target.mass=0.2 (repeatable; `show TASK` lists them)",
    )  # fmt: skip


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Which episode, or the first of several."""
    parser.add_argument(
        "--seed", type=make_integer_parser(0), default=0, metavar="N", help="of the (first) episode, 0 by default"
    )


def add_cameras(parser: argparse.ArgumentParser) -> None:
    """Through which cameras, and how large."""
    parser.add_argument(
        "--cameras", nargs="+", default=[], metavar="NAME", dest="cameras",
        help="one or several of the task's cameras, its first one by default",
    )  # fmt: skip
    parser.add_argument(
        "--size", type=parse_size, metavar="WxH", help="of a camera's picture in px, its own by default"
    )


def add_policy(parser: argparse.ArgumentParser) -> None:
    """One policy, and what it takes to load it."""
    parser.add_argument(
        "--policy", default="expert", metavar="P",
        help="expert (default), random, a saved policy's folder, an SB3 .zip, module:function, ws://host:port",
    )  # fmt: skip
    parser.add_argument(
        "--allow-pickle", action="store_true", help="load an SB3 archive, which may run code of its own"
    )
    add_remote_mapping(parser)


def add_perception(parser: argparse.ArgumentParser) -> None:
    """Through what the policy sees."""
    parser.add_argument(
        "--perception", metavar="DIR",
        help="trained perception, shipped or a folder: show where things are seen, not where they are",
    )  # fmt: skip


def add_remote_mapping(parser: argparse.ArgumentParser) -> None:
    """A file that translates for policies with names of their own."""
    parser.add_argument(
        "--remote-mapping", type=Path, metavar="FILE",
        help="what a policy server, a function or an object is shown, and how it answers",
    )  # fmt: skip


def add_json(parser: argparse._ActionsContainer) -> None:
    """For programs that read the answer."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def make_integer_parser(minimum: int) -> Callable[[str], int]:
    """A whole number of at least this."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < minimum:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least {minimum}")
        return int(text)

    return parse


def parse_positive(text: str) -> float:
    """A number above 0."""
    value = _float(text)
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return value


def parse_non_negative(text: str) -> float:
    """A number of at least 0."""
    value = _float(text)
    if not 0.0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of at least 0")
    return value


def parse_fraction(text: str) -> float:
    """A part of a whole."""
    value = _float(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number between 0 and 1")
    return value


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def parse_size(text: str) -> tuple[int, int]:
    """A width and a height."""
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a width and a height in px; write for example 640x480")
    return int(width), int(height)


@dataclass(frozen=True)
class Choice:
    """One of these names; another one is answered with the nearest."""

    names: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Refuse any other."""
        if text not in self.names:
            raise argparse.ArgumentTypeError(f"no '{text}' here{suggest(text, self.names)}")
        return text


def make_choice(names: Sequence[str]) -> Choice:
    """The type of an argument that is one of these names."""
    return Choice(tuple(names))


def make_env(
    arguments: argparse.Namespace,
    render_mode: str | None = None,
    renderer: str = "raster",
    quality: str = "fast",
    observe: Sequence[str] | None = None,
    cameras: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
    env_class: type[TaskEnv] | None = None,
) -> TaskEnv:
    """The environment that the arguments describe, a task's own unless another kind is wanted."""
    from mygym_lite.envs.task_env import TaskEnv

    return (env_class or TaskEnv)(
        arguments.task, settings=arguments.settings, render_mode=render_mode, renderer=renderer, quality=quality,
        observe=observe, cameras=cameras, size=size,
    )  # fmt: skip
