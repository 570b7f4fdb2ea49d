"""Measure the difficulty of tasks and perturbations with a panel of policies: `study difficulty`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import (
    add_count,
    add_json,
    add_out,
    add_seed,
    add_stored_table,
    add_suite,
    add_workers,
    make_integer_parser,
    report_interrupt,
)
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the tasks, the numbers of demonstrations and episodes, and the outputs."""
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="shipped tasks (default: all)")
    add_count(parser, "--demonstrations", "demonstrations of each training (default 100)", 100, minimum=2)
    add_count(parser, "--episodes", "episodes in nominal conditions (default 200)", 200)
    add_suite(parser)
    add_count(parser, "--suite-episodes", "episodes per condition of the suite (default 10)", 10)
    severities = "severities of the suite (default 1 3 5)"
    add_values(parser, "--severities", severities, "L", (1, 3, 5), make_integer_parser(1))
    add_seed(parser, "seed of the first episode (default 0)")
    add_workers(parser)
    runs = "folder of trained policies and runs (default runs/difficulty)"
    parser.add_argument("--runs", type=Path, default=Path("runs/difficulty"), metavar="DIR", help=runs)
    add_out(parser, "folder of the results (default evaluation/results/difficulty)")
    axes = "write the drop of success along the axes of the suite instead of the success on each task"
    parser.add_argument("--axes", action="store_true", help=axes)
    add_stored_table(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train and measure what is missing, or write a table of stored results."""
    from mygym_lite.studies.difficulty.drops import MARKS as AXIS_MARKS
    from mygym_lite.studies.difficulty.drops import compute_drops, format_drops
    from mygym_lite.studies.difficulty.table import MARKS, format_difficulty
    from mygym_lite.studies.markdown_table import insert_table
    from mygym_lite.studies.result_files import get_results_folder, read_results

    folder = arguments.out or get_results_folder("difficulty")
    is_stored = arguments.table or arguments.insert_into
    results = read_results(folder) if is_stored else _measure(arguments, folder)
    if arguments.json:
        write_json(out, results)
        return 0
    table = format_drops(compute_drops(results)) if arguments.axes else format_difficulty(results)
    if arguments.insert_into:
        insert_table(arguments.insert_into, table, AXIS_MARKS if arguments.axes else MARKS)
    else:
        out.write(table)
    return 0


def _measure(arguments: argparse.Namespace, folder: Path) -> list[dict[str, object]]:
    from mygym_lite.studies.difficulty.study import DifficultySettings, study_difficulty

    settings = DifficultySettings(
        arguments.demonstrations,
        arguments.episodes,
        str(arguments.suite),
        arguments.suite_episodes,
        tuple(sorted(set(arguments.severities))),
        arguments.seed,
    )
    bars = ProgressBars(sys.stderr)
    with report_interrupt(bars, f"interrupted; {arguments.runs} keeps finished work; run the same command to resume"):
        return study_difficulty(
            arguments.tasks, folder, arguments.runs, settings, workers=arguments.workers, progress=bars
        )
