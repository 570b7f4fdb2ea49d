"""Search for the combination of axes with which a policy succeeds least: `study worst_case TASK`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars

_LOADING = ("allow_pickle", "remote_mapping", "normalize", "python")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the policy, the combinations, and the episodes of the rounds."""
    options.add_task(parser)
    options.add_policy(parser)
    options.add_suite(parser)
    options.add_count(parser, "--severity", "severity of each axis (default 2)", 2)
    options.add_count(parser, "--size", "axes at once (default 2)", 2)
    options.add_count(parser, "--candidates", "combinations, sampled if there are more (default 32)", 32)
    options.add_count(parser, "--first-episodes", "episodes of each combination in the first round (default 4)", 4)
    options.add_count(parser, "--episodes", "episodes of the measurement at the end (default 100)", 100)
    options.add_seed(parser, "seed of the first episode (default 0)")
    options.add_workers(parser)
    options.add_out(parser, "folder of the search (default runs/TASK-worst_case)")
    options.add_settings(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run what is missing, and print the combinations that remain."""
    from mygym_lite.studies.worst_case.study import study_worst_case
    from mygym_lite.studies.worst_case.table import format_worst_case

    folder = arguments.out or Path("runs") / f"{Path(arguments.task).stem}-worst_case"
    bars = ProgressBars(sys.stderr)
    with options.report_interrupt(bars, f"interrupted; {folder} keeps finished work; run the same command to resume"):
        result = study_worst_case(
            arguments.task,
            arguments.policy,
            folder,
            suite=arguments.suite,
            severity=arguments.severity,
            size=arguments.size,
            candidates=arguments.candidates,
            first_episodes=arguments.first_episodes,
            episodes=arguments.episodes,
            seed=arguments.seed,
            settings=arguments.settings,
            loading={name: getattr(arguments, name) for name in _LOADING},
            workers=arguments.workers,
            command=shlex.join(["mygym-lite", *sys.argv[1:]]),
            progress=bars,
        )
    if arguments.json:
        write_json(out, result)
    else:
        out.write(format_worst_case(result))
    return 0
