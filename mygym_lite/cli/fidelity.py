"""Measure whether two worlds rank policies alike: two runs, or a run and a CSV file of a real robot."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import add_json, add_out, make_folder, make_integer_parser
from mygym_lite.cli.output import get_width, write_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Add both worlds and the options of the page."""
    parser.add_argument("run_a", type=Path, metavar="RUN_A", help="run in the world that predicts")
    second = (
        "run of the same policies, tasks, suite and seeds in another world, or a CSV file of real results: "
        "policy,task,condition,successes,episodes"
    )
    parser.add_argument("run_b", type=Path, metavar="RUN_B", help=second)
    add_out(parser, "folder of fidelity.html and fidelity.json (default: not written)")
    films = "number of disagreements to film in both worlds, for the page (default 0)"
    parser.add_argument("--films", type=make_integer_parser(0), default=0, metavar="N", help=films)
    code = "import the code that a run names (module:function, .zip) to film it"
    parser.add_argument("--allow-code", action="store_true", help=code)
    parser.add_argument("--seed", type=make_integer_parser(0), default=0, metavar="N", help="seed of the bootstrap")
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the agreement of both worlds, and write the page."""
    from mygym_lite.studies.fidelity.study import PAGE, fidelity

    if arguments.out is not None:
        make_folder(arguments.out)
    result = fidelity(
        arguments.run_a,
        arguments.run_b,
        out=arguments.out,
        films=arguments.films,
        allow_code=arguments.allow_code,
        seed=arguments.seed,
    )
    for message in result.films.messages:
        print(message, file=sys.stderr)
    if arguments.json:
        write_json(out, result.to_dict())
    else:
        out.write(result.format_table(get_width(out)))
    if arguments.out is not None:
        print(f"written: {arguments.out / PAGE}", file=sys.stderr)
    return 0
