"""Measure the shipped baselines and write the table of their results: `study baselines`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import (
    add_count,
    add_json,
    add_out,
    add_stored_table,
    add_suite,
    add_workers,
    call_with_options,
    report_interrupt,
)
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the baselines, the numbers of episodes and the outputs."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="baselines (default: all)")
    add_count(parser, "--episodes", "episodes in nominal conditions (default 200)", 200)
    add_suite(parser)
    add_count(parser, "--suite-episodes", "episodes per condition of the suite (default 10)", 10)
    seeds = "policies of the one NAME trained with other seeds, whose nominal success is reported beside it"
    add_values(parser, "--seeds-of", seeds, "DIR")
    add_workers(parser)
    runs = "folder of the runs (default runs/baselines)"
    parser.add_argument("--runs", type=Path, default=Path("runs/baselines"), metavar="DIR", help=runs)
    add_out(parser, "folder of the results (default evaluation/results/baselines)")
    add_stored_table(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run the missing evaluations, or write the table of stored results."""
    from mygym_lite.studies.baselines.table import MARKS, format_table
    from mygym_lite.studies.markdown_table import insert_table
    from mygym_lite.studies.result_files import get_results_folder, read_results

    folder = arguments.out or get_results_folder("baselines")
    if arguments.table or arguments.insert_into:
        table = format_table(read_results(folder))
        if arguments.insert_into:
            insert_table(arguments.insert_into, table, MARKS)
        else:
            out.write(table)
        return 0
    return _measure(arguments, folder, out)


def _measure(arguments: argparse.Namespace, folder: Path, out: TextIO) -> int:
    from mygym_lite.studies.baselines.study import study_baselines
    from mygym_lite.studies.baselines.table import format_table

    bars = ProgressBars(sys.stderr)
    with report_interrupt(bars, f"interrupted; {arguments.runs} keeps its episodes; run the same command to resume"):
        results = call_with_options(study_baselines, arguments, out=folder, progress=bars)
    if arguments.json:
        write_json(out, results)
    else:
        out.write(format_table(results))
    return 0
