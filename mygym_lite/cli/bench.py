"""Measure this machine: each figure as a ratio, with both its sides."""

from __future__ import annotations

import argparse
import importlib
from typing import TextIO

from mygym_lite.cli.options import add_json, make_choice
from mygym_lite.cli.output import write_json, write_table

_WHAT = ("step", "render", "evaluate", "dataset", "perception")


def configure(parser: argparse.ArgumentParser) -> None:
    """What is measured."""
    parser.add_argument(
        "what", metavar="|".join(_WHAT), type=make_choice(list(_WHAT)), help="physics, pictures, runs, datasets or eyes"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print the figures; a missed target is a fact, not a failure of the command."""
    figures = importlib.import_module(f"mygym_lite.bench.{arguments.what}").figures
    rows = [figure.to_dict() for figure in figures()]
    if arguments.json:
        write_json(out, rows)
    else:
        write_table(out, list(rows[0]), [list(row.values()) for row in rows])
    return 0
