"""Measure how much experience a policy needs in changed worlds: `study adaptation TASK`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

_EXPERIENCE = (0, 1, 5, 20)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the policy, its worlds, and the amounts of experience."""
    options.add_task(parser)
    policy = "policy of imitation: a shipped one, or a folder"
    parser.add_argument("--policy", required=True, metavar="P", help=policy)
    world = "name of a world and its changes to the task, as in mujoco physics.engine=mujoco; may be repeated"
    parser.add_argument(
        "--world", nargs="+", action="append", required=True, metavar=("NAME", "PATH=VALUE"), help=world, dest="worlds"
    )
    experience = "numbers of demonstrations in each world (default 0 1 5 20)"
    add_values(parser, "--experience", experience, "N", _EXPERIENCE, options.make_integer_parser(0))
    options.add_count(parser, "--episodes", "test episodes of each policy (default 100)", 100)
    options.add_seed(parser, "seed of the first test episode (default 0)")
    noise = "standard deviation of noise on the expert's actions; recorded actions are noise-free"
    parser.add_argument("--noise", type=options.parse_non_negative, metavar="X", help=noise)
    options.add_workers(parser)
    options.add_out(parser, "folder of the study (default runs/TASK-adaptation)")
    insert = "insert the table into a Markdown file, between its two marks, and print nothing"
    parser.add_argument("--insert-into", type=Path, metavar="FILE", help=insert)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train and measure what is missing, and print the table."""
    from mygym_lite.studies.adaptation.study import study_adaptation
    from mygym_lite.studies.adaptation.table import MARKS, format_adaptation
    from mygym_lite.studies.markdown_table import insert_table

    folder = arguments.out or Path("runs") / f"{Path(arguments.task).stem}-adaptation"
    bars = ProgressBars(sys.stderr)
    with options.report_interrupt(bars, f"interrupted; {folder} keeps finished work; run the same command to resume"):
        result = study_adaptation(
            arguments.task,
            arguments.policy,
            _read_worlds(arguments.worlds),
            folder,
            experience=arguments.experience,
            episodes=arguments.episodes,
            seed=arguments.seed,
            noise=arguments.noise,
            workers=arguments.workers,
            command=shlex.join(["mygym-lite", *sys.argv[1:]]),
            progress=bars,
        )
    if arguments.json:
        write_json(out, result)
    elif arguments.insert_into:
        insert_table(arguments.insert_into, format_adaptation(result), MARKS)
    else:
        out.write(format_adaptation(result))
    return 0


def _read_worlds(worlds: list[list[str]]) -> dict[str, list[str]]:
    names = [name for name, *_ in worlds]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"--world: '{repeated}' is given twice; give each world a name of its own")
    return {name: changes for name, *changes in worlds}
