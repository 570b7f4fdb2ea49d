"""Rank the policies of several runs, with ties where they cannot be told apart, as one page and a CSV file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import add_count, add_json, add_out, add_seed, add_workers, make_folder
from mygym_lite.cli.output import get_width, write_json
from mygym_lite.cli.value_lists import add_values


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the runs, the folder of the page and the options of the verification."""
    runs = "folders of runs with one suite, one simulation and the same tasks and seeds, in any order"
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help=runs)
    add_out(parser, "folder of leaderboard.html and leaderboard.csv (default: not written)")
    adaptation = "results of study adaptation of some of these policies: files, or folders of the study"
    add_values(parser, "--adaptation", adaptation, "FILE", type=Path)
    verify = "replay N episodes of each policy first, and refuse a run whose record differs (default 0)"
    add_count(parser, "--verify", verify, default=0, minimum=0)
    add_seed(parser, "seed of the choice of these episodes (default 0)")
    code = "import the code that a run names (module:function, .zip) to replay it"
    parser.add_argument("--allow-code", action="store_true", help=code)
    add_workers(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the leaderboard of each task, and write the page."""
    from mygym_lite.harness.leaderboard.leaderboard import PAGE, leaderboard

    if arguments.out is not None:
        make_folder(arguments.out)
    result = leaderboard(
        arguments.runs,
        out=arguments.out,
        verify=arguments.verify,
        seed=arguments.seed,
        allow_code=arguments.allow_code,
        workers=arguments.workers,
        adaptation=arguments.adaptation,
    )
    if arguments.json:
        write_json(out, result.to_dict())
    else:
        out.write(result.format_table(get_width(out)))
    if arguments.out is not None:
        print(f"written: {arguments.out / PAGE}", file=sys.stderr)
    return 0
