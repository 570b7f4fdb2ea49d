"""Measure the scripted expert on every task, with several robots, in both engines: `study expert`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values

_ROBOTS = ("humanoid_right", "humanoid_left", "panda")
_ENGINES = ("bullet", "mujoco")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add tasks, robots, engines, the number of episodes, and the outputs."""
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="shipped tasks (default: all)")
    add_values(parser, "--robots", f"robots (default {' '.join(_ROBOTS)})", "R", _ROBOTS)
    add_values(parser, "--engines", "physics engines (default bullet mujoco)", "E", _ENGINES)
    options.add_count(parser, "--episodes", "episodes on each task (default 200)", 200)
    options.add_seed(parser, "seed of the first episode (default 0)")
    options.add_perception(parser)
    options.add_workers(parser)
    runs = "folder of the runs (default runs/expert)"
    parser.add_argument("--runs", type=Path, default=Path("runs/expert"), metavar="DIR", help=runs)
    options.add_out(parser, "folder of the results (default evaluation/results/expert, or expert_perception)")
    options.add_stored_table(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run what is missing, or write the table of the stored results."""
    from mygym_lite.studies.expert.study import EXPERT, THROUGH_PERCEPTION
    from mygym_lite.studies.expert.table import MARKS, PERCEPTION_MARKS, format_expert
    from mygym_lite.studies.markdown_table import insert_table
    from mygym_lite.studies.result_files import get_results_folder, read_results

    is_stored = arguments.table or arguments.insert_into
    study = THROUGH_PERCEPTION if arguments.perception else EXPERT
    results = read_results(arguments.out or get_results_folder(study)) if is_stored else _measure(arguments)
    if arguments.json:
        write_json(out, results)
    elif arguments.insert_into:
        marks = PERCEPTION_MARKS if arguments.perception else MARKS
        insert_table(arguments.insert_into, format_expert(results), marks)
    else:
        out.write(format_expert(results))
    return 0


def _measure(arguments: argparse.Namespace) -> list[dict[str, object]]:
    from mygym_lite.studies.expert.study import study_expert

    bars = ProgressBars(sys.stderr)
    with options.report_interrupt(
        bars, f"interrupted; {arguments.runs} keeps finished work; run the same command to resume"
    ):
        return study_expert(
            arguments.tasks,
            arguments.robots,
            arguments.engines,
            arguments.out,
            arguments.runs,
            episodes=arguments.episodes,
            seed=arguments.seed,
            perception=arguments.perception,
            workers=arguments.workers,
            progress=bars,
        )
