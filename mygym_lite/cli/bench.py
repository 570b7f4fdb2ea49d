"""Measure this machine: each figure as a ratio, with both its sides."""

from __future__ import annotations

import argparse
from typing import TextIO

from mygym_lite.cli.options import add_json, one_of
from mygym_lite.cli.output import table, write_json


def configure(parser: argparse.ArgumentParser) -> None:
    """What is measured."""
    parser.add_argument("what", metavar="step", type=one_of(["step"]), help="env.step, reset, other engines, workers")
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the figures; a missed target is a fact, not a failure of the command."""
    from mygym_lite.harness.bench_step import figures

    rows = [figure.as_row() for figure in figures()]
    if arguments.json:
        write_json(out, rows)
    else:
        out.write(table(list(rows[0]), [list(row.values()) for row in rows]))
    return 0
