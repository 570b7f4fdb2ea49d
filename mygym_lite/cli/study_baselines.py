"""Reference results of the shipped baselines, and the table made from them, `study baselines`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import add_json, make_integer_parser
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars

_INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    """Which, how thoroughly, and what is done with the table."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="some of the baselines; all of them by default")
    parser.add_argument(
        "--episodes", type=make_integer_parser(1), default=200, metavar="N", help="nominal ones, 200 by default"
    )
    parser.add_argument("--suite", metavar="S", default="sim2real", help="a shipped suite or the path of a suite file")
    parser.add_argument(
        "--suite-episodes",
        type=make_integer_parser(1),
        default=10,
        metavar="N",
        help="of each of its conditions, 10 by default",
    )
    parser.add_argument(
        "--seeds-of", nargs="+", default=[], metavar="DIR",
        help="policies of the one NAME that were trained with other seeds, whose nominal success stands beside",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=make_integer_parser(1), metavar="N", help="processes, one for each core by default"
    )
    parser.add_argument(
        "--runs", type=Path, default=Path("runs/baselines"), metavar="DIR",
        help="where episodes are kept, runs/baselines by default",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="of the results, evaluation/results/baselines by default"
    )
    table = parser.add_mutually_exclusive_group()
    table.add_argument(
        "--insert-into", type=Path, metavar="FILE", help="only put the table of the results into this file"
    )
    table.add_argument("--table", action="store_true", help="only print the table of the results, in Markdown")
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Measure what is missing, or make the table."""
    from mygym_lite.studies.baselines.results import get_results_folder, read_results
    from mygym_lite.studies.baselines.table import format_table, insert_table

    folder = arguments.out or get_results_folder()
    if arguments.table or arguments.insert_into:
        told = format_table(read_results(folder))
        if arguments.insert_into:
            insert_table(arguments.insert_into, told)
        else:
            out.write(told)
        return 0
    return _measure(arguments, folder, out)


def _measure(arguments: argparse.Namespace, folder: Path, out: TextIO) -> int:
    from mygym_lite.studies.baselines.study import study_baselines
    from mygym_lite.studies.baselines.table import format_table

    bars = ProgressBars(sys.stderr)
    try:
        results = study_baselines(
            arguments.names, folder, arguments.runs, episodes=arguments.episodes, suite=arguments.suite,
            suite_episodes=arguments.suite_episodes, seeds_of=arguments.seeds_of, workers=arguments.workers,
            progress=bars,
        )  # fmt: skip
    except KeyboardInterrupt:
        bars.clear()
        print(f"interrupted; {arguments.runs} keeps what has ended, and the same command goes on", file=sys.stderr)
        return _INTERRUPTED
    bars.clear()
    if arguments.json:
        write_json(out, results)
    else:
        out.write(format_table(results))
    return 0
