"""Arguments and behaviour shared by several commands."""

from __future__ import annotations

import argparse
import inspect
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError, suggest

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.harness.clips import Clips
    from mygym_lite.harness.run_folder import RunFolder

Result = TypeVar("Result")
POLICY_FORMS = (
    "expert, random, zero, a saved policy's folder, an SB3 .zip, a network .onnx or .pt2, lerobot:DIR, module:function "
    "or ws://host:port"
)


class _Progress(Protocol):
    """A progress line that can be removed."""

    def clear(self) -> None:
        """Remove the line."""


def add_task(parser: argparse.ArgumentParser) -> None:
    """Add the positional argument TASK."""
    parser.add_argument("task", metavar="TASK", help="shipped task, or path of a task file")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add ``--set`` and its shorthands ``--robot``, ``--control`` and ``--engine``; all collect into ``settings``."""
    for option, path, metavar, about in (
        ("--robot", "robot.model", "NAME", "robot to use instead of the task's: shipped, or path of a robot file"),
        ("--control", "robot.control", "MODE", "control mode to use instead of the task's"),
        ("--engine", "physics.engine", "NAME", "physics engine to use instead of the task's: bullet or mujoco"),
    ):
        text = f"{path}={{}}"
        parser.add_argument(
            option, type=text.format, metavar=metavar, action="append", default=[], dest="settings", help=about
        )
    example = "change a field, for example objects.target.mass=0.2 (repeatable; `show TASK` lists all fields)"
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="settings", help=example)


def add_seed(parser: argparse.ArgumentParser, help: str = "seed of the first episode (default 0)") -> None:
    """Add ``--seed``."""
    parser.add_argument("--seed", type=make_integer_parser(0), default=0, metavar="N", help=help)


def add_suite(parser: argparse.ArgumentParser, default: str = "sim2real") -> None:
    """Add ``--suite``."""
    about = f"suite of perturbations: shipped, or path of a suite file (default {default})"
    parser.add_argument("--suite", metavar="S", default=default, help=about)


def add_cameras(parser: argparse.ArgumentParser, help: str = "cameras of the task (default: its first)") -> None:
    """Add ``--cameras``."""
    add_values(parser, "--cameras", help, "CAMERA")


def add_observe(parser: argparse.ArgumentParser) -> None:
    """Add ``--observe``."""
    about = "observation groups of the task, and instruction for the tokens of its instruction (default: all groups)"
    add_values(parser, "--observe", about, "GROUP")


def add_size(parser: argparse.ArgumentParser, help: str = "image size in px (default: the camera's own)") -> None:
    """Add ``--size``."""
    parser.add_argument("--size", type=parse_size, metavar="WxH", help=help)


def add_overlay(parser: argparse.ArgumentParser) -> None:
    """Add ``--overlay``."""
    parser.add_argument("--overlay", action="store_true", help="draw forces, reward terms and success on the video")


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Add ``--policy`` and the options that loading one policy needs."""
    parser.add_argument("--policy", default="expert", metavar="P", help=f"{POLICY_FORMS} (default expert)")
    add_policy_loading(parser)


def add_policy_loading(parser: argparse.ArgumentParser) -> None:
    """Add ``--allow-pickle``, ``--remote-mapping``, ``--normalize`` and ``--python``."""
    pickle = "load SB3 archives and torch .pt2 files, which can execute arbitrary code"
    parser.add_argument("--allow-pickle", action="store_true", help=pickle)
    mapping = "file that maps observations and actions to those of a policy server, checkpoint, function or object"
    parser.add_argument("--remote-mapping", type=Path, metavar="FILE", help=mapping)
    normalize = "VecNormalize of an SB3 archive (default: vecnormalize.pkl beside it, if there is one)"
    parser.add_argument("--normalize", type=Path, metavar="FILE", help=normalize)
    python = "interpreter of the environment in which LeRobot is installed, for lerobot:DIR (default: this one)"
    parser.add_argument("--python", metavar="PATH", help=python)


def add_action_timeout(parser: argparse.ArgumentParser) -> None:
    """Add ``--action-timeout``."""
    about = "time limit of the policy for one action in s, above 0 and at most 86400 (default 30)"
    parser.add_argument("--action-timeout", type=parse_positive, default=30.0, metavar="S", help=about)


def add_perception(parser: argparse.ArgumentParser) -> None:
    """Add ``--perception``."""
    about = "trained perception, shipped or a folder: observe estimated instead of ground-truth poses"
    parser.add_argument("--perception", metavar="DIR", help=about)


def add_workers(parser: argparse._ActionsContainer) -> None:
    """Add ``--workers``."""
    add_count(parser, "--workers", "worker processes (default: one per core)")


def add_workers_or_ray(parser: argparse.ArgumentParser, note: str = "") -> None:
    """Add ``--workers`` and ``--ray``, which exclude each other."""
    backend = parser.add_mutually_exclusive_group()
    add_workers(backend)
    about = f"run on a Ray cluster instead; auto finds or starts one{note}"
    backend.add_argument("--ray", metavar="auto|ADDRESS", help=about)


def add_clips(parser: argparse.ArgumentParser, default: int) -> None:
    """Add ``--clips``."""
    about = f"videos of failures in the report (default {default})"
    parser.add_argument("--clips", type=make_integer_parser(0), default=default, metavar="N", help=about)


def add_out(parser: argparse.ArgumentParser, help: str, required: bool = False) -> None:
    """Add ``--out``."""
    parser.add_argument("--out", type=Path, metavar="DIR", required=required, help=help)


def add_count(
    parser: argparse._ActionsContainer, option: str, help: str, default: int | None = None, minimum: int = 1
) -> None:
    """Add an option that takes an integer."""
    parser.add_argument(option, type=make_integer_parser(minimum), default=default, metavar="N", help=help)


def add_stored_table(parser: argparse.ArgumentParser) -> None:
    """Add the options that write the table of stored results instead of measuring."""
    table = parser.add_mutually_exclusive_group()
    insert = "only insert the table of the stored results into this Markdown file"
    table.add_argument("--insert-into", type=Path, metavar="FILE", help=insert)
    table.add_argument("--table", action="store_true", help="only print the table of the stored results in Markdown")


def add_json(parser: argparse._ActionsContainer) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def make_integer_parser(minimum: int) -> Callable[[str], int]:
    """Return a parser of integers that are not below a minimum."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < minimum:
            raise argparse.ArgumentTypeError(f"must be an integer of at least {minimum}, got '{text}'")
        return int(text)

    return parse


def parse_positive(text: str) -> float:
    """Parse a number above 0."""
    value = _parse_float(text)
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got '{text}'")
    return value


def parse_non_negative(text: str) -> float:
    """Parse a number of at least 0."""
    value = _parse_float(text)
    if not 0.0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, got '{text}'")
    return value


def parse_fraction(text: str) -> float:
    """Parse a number between 0 and 1, both excluded."""
    value = _parse_float(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"must be a number between 0 and 1, got '{text}'")
    return value


def _parse_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def parse_size(text: str) -> tuple[int, int]:
    """Parse a width and a height, such as ``640x480``."""
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be width and height in px, for example 640x480, got '{text}'")
    return int(width), int(height)


@dataclass(frozen=True)
class Choice:
    """Parser of one of several names; an error suggests the nearest."""

    names: tuple[str, ...]

    def __call__(self, text: str) -> str:
        """Return the text if it is one of the names."""
        if text not in self.names:
            raise argparse.ArgumentTypeError(f"unknown name '{text}'{suggest(text, self.names)}")
        return text


def call_with_options(function: Callable[..., Result], arguments: argparse.Namespace, **others: Any) -> Result:
    """Call a function with the options that the user gave and that it has parameters for, and with other arguments."""
    return function(**get_given(arguments, *inspect.signature(function).parameters) | others)


def get_given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return the options that the user gave, so that the library's defaults apply to the others."""
    return {name: value for name in names if (value := getattr(arguments, name, None)) is not None}


@contextmanager
def report_interrupt(progress: _Progress, message: str | Callable[[], str]) -> Iterator[None]:
    """Clear the progress line at the end; if the block is interrupted, print a message and pass the interrupt on."""
    try:
        yield
    except KeyboardInterrupt:
        progress.clear()
        print(message if isinstance(message, str) else message(), file=sys.stderr)
        raise
    progress.clear()


def record_clips(runs: Sequence[RunFolder], count: int, allow_code: bool, workers: int | None = None) -> Clips:
    """Record videos of the worst episodes for a report, and print why any are missing."""
    if not count:
        return {}
    from mygym_lite.harness.clips import film_episodes
    from mygym_lite.harness.report.worst_episodes import select_worst_episodes

    recording = film_episodes(select_worst_episodes(runs, count), allow_code, workers)
    for message in recording.messages:
        print(message, file=sys.stderr)
    return recording.clips


def make_folder(folder: Path) -> None:
    """Create the folder that ``--out`` names."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be created ({error.strerror}); choose another --out") from error


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
    """Create the environment that TASK and ``--set`` describe, of ``TaskEnv`` or another class."""
    from mygym_lite.envs.task_env import TaskEnv

    return (env_class or TaskEnv)(
        arguments.task,
        settings=arguments.settings,
        render_mode=render_mode,
        renderer=renderer,
        quality=quality,
        observe=observe,
        cameras=cameras,
        size=size,
    )
