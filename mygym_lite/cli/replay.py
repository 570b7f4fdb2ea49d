"""Re-run a recorded episode, verify that it is bit-identical, and optionally record a video."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import (
    add_cameras,
    add_json,
    add_overlay,
    add_perception,
    add_size,
    call_with_options,
    make_integer_parser,
)
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.errors import PolicyError

if TYPE_CHECKING:
    from mygym_lite.harness.replay import ReplayResult

_FIELDS = (
    "policy",
    "task",
    "suite",
    "axis",
    "severity",
    "seed",
    "success",
    "failure",
    "message",
    "time_to_success",
    "steps",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the run, the episode and the options of the video."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    number = "number of the episode, as in episodes.jsonl and in the report"
    parser.add_argument("episode", type=make_integer_parser(0), metavar="EPISODE", help=number)
    video = "write a video (.webm) or a contact sheet (.png) of the episode"
    parser.add_argument("--video", type=Path, metavar="FILE", help=video)
    add_cameras(parser)
    add_size(parser)
    add_overlay(parser)
    parser.add_argument("--policy", metavar="P", help="path of the policy, if it has moved since the run")
    code = "import the code that the run names (module:function, .zip)"
    parser.add_argument("--allow-code", action="store_true", help=code)
    add_perception(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print both results; return 1 if they differ, or if the policy failed."""
    from mygym_lite.harness.replay import replay

    try:
        result = call_with_options(replay, arguments)
    except PolicyError as error:
        print(f"mygym-lite: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        comparison = {"identical": result.identical, "differences": result.differences}
        write_json(out, {**comparison, "record": asdict(result.repeated)})
    else:
        write_table(out, ("", "recorded", "replayed"), _make_rows(result))
        print("bit-identical" if result.identical else f"DIFFERENT: {', '.join(result.differences)}", file=out)
    if arguments.video is not None:
        print(f"written: {arguments.video}", file=sys.stderr)
    return 0 if result.identical else 1


def _make_rows(result: ReplayResult) -> list[tuple[object, ...]]:
    before, now = result.original, result.repeated
    rows: list[tuple[object, ...]] = [(name, getattr(before, name), getattr(now, name)) for name in _FIELDS]
    peaks = [
        (f"peak force {pair} N", before.forces[pair].peak if pair in before.forces else None, force.peak)
        for pair, force in now.forces.items()
    ]
    return [*rows, *peaks, ("digest", before.digest, now.digest)]
