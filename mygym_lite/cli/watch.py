"""Watch a policy at a task: a table of results, and if wanted a window, a film or a sheet of moments."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_task, make_env, whole
from mygym_lite.cli.output import line_of
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.harness.rollout import EpisodeRecord

_HEAD = ("seed", "success", "seconds", "peak hand N", "failure")
_WIDTHS = (10, 7, 7, 11, 20)


def configure(parser: argparse.ArgumentParser) -> None:
    """Who is watched, how often, and how it is shown."""
    add_task(parser)
    parser.add_argument("--policy", metavar="P", default="expert", help="expert (default), random or module:function")
    parser.add_argument("--episodes", type=whole(1), default=5, metavar="N", help="how many, 5 by default")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--gui", action="store_true", help="in a window, at real speed")
    shown.add_argument("--video", type=Path, metavar="FILE", help="as a film (.webm) or a sheet of moments (.png)")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print one line an episode, then the success rate."""
    if arguments.gui and not _has_display():
        raise UsageError("--gui: there is no display here; use --video FILE.webm")
    from mygym_lite.harness.rollout import run_seeds

    seeds = range(arguments.seed, arguments.seed + arguments.episodes)
    if arguments.video is not None:
        return _film(arguments, seeds, out)
    with closing(make_env(arguments, "human" if arguments.gui else None)) as env:
        return _report(run_seeds(env, arguments.policy, seeds), out)


def _film(arguments: argparse.Namespace, seeds: range, out: TextIO) -> int:
    from mygym_lite.harness.rollout import run_seeds
    from mygym_lite.harness.video import Camera, open_film

    with closing(open_film(arguments.video)) as film, closing(make_env(arguments, "rgb_array")) as env:
        code = _report(run_seeds(env, arguments.policy, seeds, Camera(env, film).on_step), out)
    print(f"written: {arguments.video}", file=sys.stderr)
    return code


def _report(records: Iterable[EpisodeRecord], out: TextIO) -> int:
    from mygym_lite.harness.rollout import wilson

    print(line_of(_HEAD, _WIDTHS), file=out, flush=True)
    successes = episodes = 0
    for record in records:
        force = record.peak_force.get("hand_object")
        row = (record.seed, record.success, record.seconds, force, record.failure)
        print(line_of(row, _WIDTHS), file=out, flush=True)
        episodes += 1
        successes += record.success
    low, high = wilson(successes, episodes)
    print(
        f"{record.policy} on {record.task}: {successes} of {episodes} solved, {successes / episodes:.1%} "
        f"(95% interval {low:.1%} to {high:.1%})",
        file=out,
    )
    return 0


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY"))
