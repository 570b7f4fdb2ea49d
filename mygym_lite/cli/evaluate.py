"""Evaluate policies on tasks under a suite of perturbations: success, time and force, as a table and a page."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import (
    add_json,
    add_perception,
    add_remote_mapping,
    add_seed,
    add_settings,
    make_integer_parser,
    parse_positive,
)
from mygym_lite.cli.output import get_width, write_json
from mygym_lite.cli.progress import EvaluationProgress

if TYPE_CHECKING:
    from mygym_lite.harness.clips import Clips
    from mygym_lite.harness.result import EvaluationResult

FAILED, INTERRUPTED = 1, 130


def configure(parser: argparse.ArgumentParser) -> None:
    """Who is evaluated, on what, and how thoroughly."""
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="shipped tasks, or paths of task files")
    parser.add_argument(
        "--policy", nargs="+", default=["expert"], metavar="P", dest="policies",
        help="expert (default), random, a saved policy's folder, an SB3 .zip, module:function, ws://host:port; "
        "LABEL=P gives it another name in the results",
    )  # fmt: skip
    parser.add_argument("--suite", metavar="S", default="nominal", help="a shipped suite or the path of a suite file")
    parser.add_argument(
        "--episodes", type=make_integer_parser(1), default=20, metavar="N", help="of each condition, 20 by default"
    )
    parser.add_argument(
        "--until-ci-width", type=float, metavar="W",
        help="end a condition when the 95%% interval of its success is as narrow as this, and at --episodes",
    )  # fmt: skip
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=make_integer_parser(1), metavar="N", help="processes, one for each core by default"
    )
    where.add_argument("--ray", metavar="auto|ADDRESS", help="a Ray cluster instead; auto finds or starts one here")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the run, runs/TASKS-SUITE by default")
    parser.add_argument(
        "--allow-pickle", action="store_true", help="load SB3 archives, which may run code of their own"
    )
    add_perception(parser)
    add_remote_mapping(parser)
    parser.add_argument(
        "--action-timeout", type=parse_positive, default=30.0, metavar="S",
        help="time a policy may take for an action, s, above 0 and at most 86400; 30 by default",
    )  # fmt: skip
    parser.add_argument(
        "--clips",
        type=make_integer_parser(0),
        default=3,
        metavar="N",
        help="films of failures in the report, 3 by default",
    )
    add_settings(parser)
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run the episodes that are missing, and print one line for each policy and task."""
    from mygym_lite.harness.evaluate import prepare_evaluation, run_evaluation
    from mygym_lite.harness.report import write_report

    request = prepare_evaluation(
        arguments.policies, arguments.tasks, arguments.suite, arguments.episodes, seed=arguments.seed,
        settings=arguments.settings, until_ci_width=arguments.until_ci_width, allow_pickle=arguments.allow_pickle,
        remote_mapping=arguments.remote_mapping, action_timeout=arguments.action_timeout, perception=arguments.perception,
    )  # fmt: skip
    folder = arguments.out or _default_folder(arguments)
    progress = EvaluationProgress(sys.stderr)
    command = shlex.join(["mygym-lite", *sys.argv[1:]])
    try:
        result = run_evaluation(
            request,
            folder,
            workers=arguments.workers,
            ray=arguments.ray,
            command=command,
            progress=progress,
            on_record=progress.on_record,
        )
    except KeyboardInterrupt:
        progress.clear()
        print(f"interrupted; {folder} keeps what has ended, and the same command goes on", file=sys.stderr)
        return INTERRUPTED
    progress.clear()  # a run that is not complete leaves its bar
    page = write_report([result.run], folder, _clips(result, arguments))
    if arguments.json:
        summary = [row.to_dict() for row in result.summary]
        write_json(
            out,
            {
                "folder": str(folder),
                "report": str(page),
                "missing_episodes": len(result.missing_episodes),
                "summary": summary,
            },
        )
    else:
        out.write(result.format_table(get_width(out)))
        print(f"report: {page}", file=out)
    return _exit_code(result)


def _exit_code(result: EvaluationResult) -> int:
    """Fail where episodes are missing, or a policy broke in every episode of a task, and say so."""
    broken = [verdict for verdict in result.policy_summaries if not verdict.has_outcome]
    for verdict in broken:
        why = f"{verdict.errors[0].fraction_text} ended in {verdict.errors[0].code}"
        print(f"mygym-lite: {verdict.policy} has no result on {verdict.task}: {why}", file=sys.stderr)
    if result.incomplete_message:
        print(f"{result.folder}: {result.incomplete_message}; the same command plays them", file=sys.stderr)
    return FAILED if broken or result.incomplete_message else 0


def _default_folder(arguments: argparse.Namespace) -> Path:
    tasks = "-".join(Path(task).stem for task in arguments.tasks)
    return Path("runs") / f"{tasks}-{Path(arguments.suite).stem}"


def _clips(result: EvaluationResult, arguments: argparse.Namespace) -> Clips:
    """Films of the episodes that the page shows; the user has named these policies, so no further trust is needed."""
    from mygym_lite.harness.clips import film_episodes
    from mygym_lite.harness.report.worst_episodes import select_worst_episodes

    filming = film_episodes(select_worst_episodes([result.run], arguments.clips), True, arguments.workers)
    for line in filming.messages:
        print(line, file=sys.stderr)
    return filming.clips
