"""Train the shipped baselines anew by their declared commands: `train baselines`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import add_count, add_json, add_workers, call_with_options, report_interrupt
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the baselines, the seeds and the folder."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="baselines (default: all)")
    add_count(parser, "--seeds", "trainings of each, with seeds from 0 (default 1)", 1)
    add_workers(parser)
    policies = "folder of the policies (default runs/trained)"
    parser.add_argument("--out", type=Path, default=Path("runs/trained"), metavar="DIR", help=policies)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train what is missing, and list the policies."""
    from mygym_lite.studies.baselines.training import train_baselines

    bars = ProgressBars(sys.stderr)
    with report_interrupt(
        bars, f"interrupted; {arguments.out} keeps finished policies; run the same command to resume"
    ):
        folders = call_with_options(train_baselines, arguments, progress=bars)
    if arguments.json:
        write_json(out, [str(folder) for folder in folders])
    else:
        out.write("".join(f"policy: {folder}\n" for folder in folders))
    return 0
