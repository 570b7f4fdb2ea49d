"""Evaluate how well trained perception sees, nominal and along every axis that a picture shows."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_json, add_seed, add_settings, make_integer_parser
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import ProgressBars

if TYPE_CHECKING:
    from mygym_lite.perception.evaluation.evaluate import PerceptionResult
    from mygym_lite.stats import Estimate

_SCENES = 16
_SEVERITY = 3
_INTERRUPTED = 130
_HEAD = ("weights", "axis", "severity", "mm", "95%", "degrees", "found", "false", "class", "IoU", "in 95%")


def configure(parser: argparse.ArgumentParser) -> None:
    """Whose eyes, on which scenes, and under what."""
    parser.add_argument(
        "weights", nargs="+", metavar="WEIGHTS",
        help="trained perception, shipped or folders, which see the same pictures; LABEL=FOLDER calls one otherwise",
    )  # fmt: skip
    parser.add_argument("--task", default="grasp", metavar="TASK", help="whose scenes, grasp by default")
    parser.add_argument(
        "--suite", default="sim2real", metavar="S", help="a shipped suite (sim2real) or the path of a suite file"
    )
    parser.add_argument(
        "--axes", nargs="+", default=[], metavar="A", help="some of its axes; all that can be seen by default"
    )
    parser.add_argument(
        "--scenes", type=make_integer_parser(1), default=_SCENES, metavar="N",
        help=f"episodes, each seen at four moments under every condition; {_SCENES} by default",
    )  # fmt: skip
    parser.add_argument(
        "--cameras", nargs="+", default=[], metavar="NAME", dest="cameras",
        help="some of the task's cameras; all that the weights know by default",
    )  # fmt: skip
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=make_integer_parser(1), metavar="N", help="processes, one for each core by default"
    )
    where.add_argument("--ray", metavar="auto|ADDRESS", help="a Ray cluster instead, whose nodes share the folders")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the result, runs/perception-TASK by default")
    add_settings(parser)
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Look at all scenes, and print the nominal numbers and those at medium severity."""
    from mygym_lite.perception.evaluation.evaluate import evaluate_perception

    progress = ProgressBars(sys.stderr)
    folder = arguments.out or Path("runs") / f"perception-{Path(arguments.task).stem}"
    try:
        result = evaluate_perception(
            arguments.weights, arguments.task, arguments.suite, arguments.scenes, seed=arguments.seed,
            cameras=arguments.cameras, axes=arguments.axes, settings=arguments.settings, workers=arguments.workers,
            ray=arguments.ray, out=folder, progress=progress,
        )  # fmt: skip
    except KeyboardInterrupt:
        progress.clear()
        print(f"interrupted; {folder} keeps the finished scenes, and the same command goes on", file=sys.stderr)
        return _INTERRUPTED
    if arguments.json:
        write_json(out, {"folder": str(folder), "report": str(result.report), **result.document})
    else:
        _write_summary(out, result)
        print(f"report: {result.report}", file=out)
    return 0


def _write_summary(out: TextIO, result: PerceptionResult) -> None:
    """One line for each weights and axis, then what was left out."""
    places = [place for place in result.results.moments_by_condition if place[1] in (0, _SEVERITY)]
    lines = [_line(result, label, place) for place in places for label in result.results.plan.labels]
    write_table(out, _HEAD, lines)
    if left_out := result.results.plan.selection.excluded:
        print(f"left out, since a picture does not show them: {', '.join(left_out)}", file=out)


def _line(result: PerceptionResult, label: str, place: tuple[str, int]) -> list[object]:
    def at(metric: str) -> Estimate:
        return result.results.lookup(label, place, metric)

    return [
        label, place[0], place[1] or None, _times(at("position_median").value, 1000.0, 1),
        _times(at("position_95").value, 1000.0, 1), _times(at("yaw_median").value, math.degrees(1.0), 1),
        _percent(at("recall").value), _times(at("false_detections").value, 1.0, 2), _percent(at("accuracy").value),
        _times(at("mask_iou").value, 1.0, 2), _percent(at("inside_95").value),
    ]  # fmt: skip


def _times(value: float | None, factor: float, digits: int) -> str | None:
    return None if value is None else f"{factor * value:.{digits}f}"


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.0%}"
