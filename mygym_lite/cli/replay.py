"""Run a recorded episode again, check that it comes out the same to the bit, and film it if wanted."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_cameras, add_json, add_perception, make_integer_parser
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.errors import PolicyError

if TYPE_CHECKING:
    from mygym_lite.harness.replay import ReplayResult

_SHOWN = (
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
    """Which episode of which run."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    parser.add_argument(
        "episode", type=make_integer_parser(0), metavar="EPISODE", help="its number, as in episodes.jsonl and reports"
    )
    parser.add_argument("--video", type=Path, metavar="FILE", help="film it (.webm), or a sheet of moments (.png)")
    add_cameras(parser)
    parser.add_argument("--overlay", action="store_true", help="show forces, reward terms and success on the film")
    parser.add_argument("--policy", metavar="P", help="who acted, where that is not where it was any more")
    parser.add_argument(
        "--allow-code", action="store_true", help="import the code that the run names (module:function, .zip)"
    )
    add_perception(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the episode; exit code 1 says that it came out otherwise, or that its policy broke or hung."""
    from mygym_lite.harness.replay import replay

    try:
        played = replay(
            arguments.run, arguments.episode, arguments.video, cameras=arguments.cameras, size=arguments.size,
            overlay=arguments.overlay, policy=arguments.policy, allow_code=arguments.allow_code,
            perception=arguments.perception,
        )  # fmt: skip
    except PolicyError as error:
        print(f"mygym-lite: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        write_json(
            out, {"identical": played.identical, "differences": played.differences, "record": asdict(played.repeated)}
        )
    else:
        write_table(out, ("", "recorded", "replayed"), _rows(played))
        out.write("the same to the bit\n" if played.identical else f"NOT the same: {', '.join(played.differences)}\n")
    if arguments.video is not None:
        print(f"written: {arguments.video}", file=sys.stderr)
    return 0 if played.identical else 1


def _rows(played: ReplayResult) -> list[tuple[object, ...]]:
    before, now = played.original, played.repeated
    rows: list[tuple[object, ...]] = [(name, getattr(before, name), getattr(now, name)) for name in _SHOWN]
    peaks = [
        (f"peak {pair} N", before.forces[pair].peak if pair in before.forces else None, force.peak)
        for pair, force in now.forces.items()
    ]
    return [*rows, *peaks, ("digest", before.digest, now.digest)]
