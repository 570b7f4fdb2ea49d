"""Evaluate policies under a suite of perturbations: success, time and contact force, as a table and a report."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import get_width, write_json
from mygym_lite.cli.progress import EvaluationProgress
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.harness.latencies import Latency
    from mygym_lite.harness.result import EvaluationResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the tasks, the policies, the suite and the number of episodes."""
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="shipped tasks, or paths of task files")
    about = f"{options.POLICY_FORMS} (default expert); LABEL=P sets the name in the results"
    add_values(parser, "--policy", about, "P", default=["expert"], dest="policies")
    options.add_suite(parser, "nominal")
    options.add_count(parser, "--episodes", "episodes per condition (default 20)", 20)
    width = (
        "stop a condition once the 95%% interval of its success rate is at most this wide, at the latest at --episodes"
    )
    parser.add_argument("--until-ci-width", type=float, metavar="W", help=width)
    options.add_workers_or_ray(parser)
    options.add_out(parser, "folder of the run (default runs/TASKS-SUITE)")
    options.add_policy_loading(parser)
    options.add_perception(parser)
    latency = (
        "simulated time that an inference of the policies takes, s; several values repeat each policy; measured: on "
        "this machine, once for a run; or a JSON file with seconds by policy (default 0)"
    )
    add_values(parser, "--latency", latency, "S|measured|FILE", default=[])
    options.add_action_timeout(parser)
    options.add_clips(parser, 3)
    options.add_settings(parser)
    options.add_seed(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run the missing episodes, write the report and print one line per policy and task."""
    from mygym_lite.harness.evaluate import prepare_evaluation, run_evaluation
    from mygym_lite.harness.report import write_report

    folder = arguments.out or _choose_folder(arguments)
    request = options.call_with_options(prepare_evaluation, arguments, out=folder, latency=_get_latency(arguments))
    progress = EvaluationProgress(sys.stderr)
    command = shlex.join(["mygym-lite", *sys.argv[1:]])
    with options.report_interrupt(
        progress, f"interrupted; {folder} keeps its episodes; run the same command to resume"
    ):
        result = run_evaluation(
            request,
            folder,
            workers=arguments.workers,
            ray=arguments.ray,
            command=command,
            progress=progress,
            on_record=progress.on_record,
        )
    clips = options.record_clips([result.run], arguments.clips, True, arguments.workers)  # the user named the policies
    page = write_report([result.run], folder, clips)
    if arguments.json:
        document = {"folder": str(folder), "report": str(page), "missing_episodes": len(result.missing_episodes)}
        write_json(out, {**document, "summary": [row.to_dict() for row in result.summary]})
    else:
        out.write(result.format_table(get_width(out)))
        print(f"report: {page}", file=out)
    return _report_failures(result)


def _get_latency(arguments: argparse.Namespace) -> Latency:
    """Return numbers, or the single word."""
    words: list[str] = arguments.latency
    try:
        return [float(word) for word in words] or None
    except ValueError:
        if len(words) > 1:
            raise UsageError(f"latency: {' '.join(words)}: give numbers, or one word or file") from None
        return words[0]


def _report_failures(result: EvaluationResult) -> int:
    """Return 1, with a message, if episodes are missing or a policy failed in every episode of a task."""
    failures = [summary for summary in result.policy_summaries if not summary.has_outcome]
    for summary in failures:
        reason = f"{summary.errors[0].fraction_text} ended in {summary.errors[0].code}"
        print(f"mygym-lite: {summary.policy} has no result on {summary.task}: {reason}", file=sys.stderr)
    if result.incomplete_message:
        print(f"{result.folder}: {result.incomplete_message}; run the same command to complete them", file=sys.stderr)
    return 1 if failures or result.incomplete_message else 0


def _choose_folder(arguments: argparse.Namespace) -> Path:
    tasks = "-".join(Path(task).stem for task in arguments.tasks)
    return Path("runs") / f"{tasks}-{Path(arguments.suite).stem}"
