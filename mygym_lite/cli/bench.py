"""Time this software against its targets: step, render, evaluate, dataset, perception or serve."""

from __future__ import annotations

import argparse
import importlib
from typing import TextIO

from mygym_lite.cli.options import Choice, add_json
from mygym_lite.cli.output import write_json, write_table

_BENCHMARKS = ("step", "render", "evaluate", "dataset", "perception", "serve")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the name of the benchmark."""
    about = "what to time: physics steps, rendering, evaluation runs, datasets, perception or policy servers"
    parser.add_argument("what", metavar="|".join(_BENCHMARKS), type=Choice(_BENCHMARKS), help=about)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the measurements; a missed target is a result, not a failure of the command."""
    benchmark = importlib.import_module(f"mygym_lite.bench.{arguments.what}")
    rows = [result.to_dict() for result in benchmark.run_benchmark()]
    if arguments.json:
        write_json(out, rows)
    else:
        write_table(out, list(rows[0]), [list(row.values()) for row in rows])
    return 0
