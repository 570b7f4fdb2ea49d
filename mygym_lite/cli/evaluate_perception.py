"""Evaluate trained perception in nominal conditions and along every axis that affects images."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_json, add_seed, add_settings, add_suite, make_integer_parser, report_interrupt
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import ProgressBar

if TYPE_CHECKING:
    from mygym_lite.perception.evaluation.evaluate import PerceptionResult

_SCENES = 16
_SEVERITY = 3
_HEAD = (
    "weights",
    "axis",
    "severity",
    "position mm",
    "95% mm",
    "yaw deg",
    "recall",
    "false per image",
    "class accuracy",
    "mask IoU",
    "in 95% ellipsoid",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the weights, the task, the suite and the number of scenes."""
    about = "trained perception, shipped or folders; LABEL=FOLDER sets the name in the results"
    parser.add_argument("weights", nargs="+", metavar="WEIGHTS", help=about)
    parser.add_argument("--task", default="grasp", metavar="TASK", help="task whose scenes are used (default grasp)")
    add_suite(parser)
    parser.add_argument(
        "--axes", nargs="+", default=[], metavar="A", help="axes of the suite (default: all that affect images)"
    )
    parser.add_argument(
        "--scenes", type=make_integer_parser(1), default=_SCENES, metavar="N",
        help=f"episodes, each evaluated at four moments under every condition (default {_SCENES})",
    )  # fmt: skip
    parser.add_argument(
        "--cameras", nargs="+", default=[], metavar="CAMERA", dest="cameras",
        help="cameras of the task (default: all that the weights were trained for)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=make_integer_parser(1), metavar="N", help="processes, one for each core by default"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the result, runs/perception-TASK by default")
    add_settings(parser)
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Evaluate all scenes, and print the metrics in nominal conditions and at medium severity."""
    from mygym_lite.perception.evaluation.evaluate import evaluate_perception

    progress = ProgressBar(sys.stderr, "scenes")
    folder = arguments.out or Path("runs") / f"perception-{Path(arguments.task).stem}"
    with report_interrupt(progress, "interrupted; no result was written"):
        result = evaluate_perception(
            arguments.weights, arguments.task, arguments.suite, arguments.scenes, seed=arguments.seed,
            cameras=arguments.cameras, axes=arguments.axes, settings=arguments.settings, workers=arguments.workers,
            out=folder, progress=progress,
        )  # fmt: skip
    if arguments.json:
        write_json(out, {"folder": str(folder), "report": str(result.report), **result.as_json()})
    else:
        _write_summary(out, result)
        print(f"report: {result.report}", file=out)
    return 0


def _write_summary(out: TextIO, result: PerceptionResult) -> None:
    """Write one line per weights and axis, then the excluded axes."""
    conditions = [key for key in result.results.moments_by_condition if key[1] in (0, _SEVERITY)]
    rows = [_make_row(result, label, key) for key in conditions for label in result.results.plan.labels]
    write_table(out, _HEAD, rows)
    if excluded := result.results.plan.selection.excluded:
        print(f"excluded, because they do not affect images: {', '.join(excluded)}", file=out)


def _make_row(result: PerceptionResult, label: str, condition: tuple[str, int]) -> list[object]:
    def get(metric: str) -> float | None:
        return result.results.lookup(label, condition, metric).value

    axis, severity = condition
    return [
        label,
        axis,
        severity or None,
        _format_scaled(get("position_median"), 1000.0, 1),
        _format_scaled(get("position_95"), 1000.0, 1),
        _format_scaled(get("yaw_median"), math.degrees(1.0), 1),
        _format_percent(get("recall")),
        _format_scaled(get("false_detections"), 1.0, 2),
        _format_percent(get("accuracy")),
        _format_scaled(get("mask_iou"), 1.0, 2),
        _format_percent(get("inside_95")),
    ]


def _format_scaled(value: float | None, factor: float, digits: int) -> str | None:
    return None if value is None else f"{factor * value:.{digits}f}"


def _format_percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.0%}"
