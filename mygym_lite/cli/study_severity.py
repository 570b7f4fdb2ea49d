"""Measure the success of a policy at every severity of every axis of a suite: `study severity TASK`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_count, add_json, add_out, add_seed, add_suite, add_task, add_workers, make_folder
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import EvaluationProgress

if TYPE_CHECKING:
    from mygym_lite.studies.severity import SeverityCurve


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the policy, the suite and the number of episodes."""
    add_task(parser)
    parser.add_argument("--policy", metavar="P", default="expert", help="expert (default), random or module:function")
    add_suite(parser)
    add_count(parser, "--episodes", "episodes per severity (default 20)", 20)
    add_workers(parser, 2, "worker processes (default 2)")
    add_out(parser, "folder of severity.json and severity.svg (default: not written)")
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print one line per axis, and write the files."""
    from mygym_lite.studies.severity import study_severity

    if arguments.out is not None:
        make_folder(arguments.out)
    progress = EvaluationProgress(sys.stderr)
    curves = study_severity(
        arguments.task,
        arguments.policy,
        arguments.suite,
        arguments.episodes,
        seed=arguments.seed,
        workers=arguments.workers,
        progress=progress,
        on_record=progress.on_record,
    )
    rows: list[dict[str, object]] = [
        {"axis": c.axis, "group": c.group, "shape": c.shape, "points": [asdict(x) for x in c.points]} for c in curves
    ]
    if arguments.out is not None:
        _write_files(arguments, curves, rows)
    if arguments.json:
        write_json(out, rows)
    else:
        levels = range(1 + max((cell.severity for curve in curves for cell in curve.points), default=0))
        head = ["group", "axis", *map(str, levels), "verdict"]
        write_table(out, head, [_make_row(curve, levels) for curve in curves])
    return 0


def _make_row(curve: SeverityCurve, levels: range) -> list[object]:
    rates = {cell.severity: f"{cell.rate:.0%}" for cell in curve.points}
    return [curve.group, curve.axis, *(rates.get(level) for level in levels), curve.shape]


def _write_files(arguments: argparse.Namespace, curves: list[SeverityCurve], rows: list[dict[str, object]]) -> None:
    from mygym_lite.files import write_text
    from mygym_lite.studies.severity_chart import draw_severity_chart

    title = f"{arguments.policy} on {arguments.task}, {arguments.suite}"
    note = (
        f"success rate by severity, {arguments.episodes} episodes each from seed {arguments.seed}, "
        "95% Wilson intervals; severity 0 is nominal"
    )
    write_text(arguments.out / "severity.svg", draw_severity_chart(title, note, curves))
    with (arguments.out / "severity.json").open("w", encoding="utf-8") as file:
        write_json(file, rows)
    print(f"written: {arguments.out / 'severity.json'}, {arguments.out / 'severity.svg'}", file=sys.stderr)
