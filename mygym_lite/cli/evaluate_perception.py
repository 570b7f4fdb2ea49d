"""Evaluate trained perception along every axis that affects images, or on the images of datasets."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.perception.evaluation.dataset_accuracy import DatasetAccuracy
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
_SCENE_OPTIONS = ("task", "suite", "axes", "scenes", "cameras", "workers", "ray", "out", "settings", "seed")
_DATA_HEAD = (
    "data",
    "weights",
    "images",
    "classes",
    "objects",
    "recall",
    "class accuracy",
    "mask IoU",
    "position mm",
    "95% mm",
    "yaw deg",
    "95% deg",
    "in 95% ellipsoid",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the weights, the task, the suite and the number of scenes."""
    about = "trained perception, shipped or folders; LABEL=FOLDER sets the name in the results"
    parser.add_argument("weights", nargs="+", metavar="WEIGHTS", help=about)
    data = "datasets in COCO format, shipped or folders, whose images are used instead of a task's scenes"
    add_values(parser, "--data", data, "DIR")
    add_values(parser, "--splits", "with --data: splits whose images are used (default test)", "SPLIT")
    parser.add_argument("--task", default="grasp", metavar="TASK", help="task whose scenes are used (default grasp)")
    options.add_suite(parser)
    add_values(parser, "--axes", "axes of the suite (default: all that affect images)", "A")
    options.add_count(
        parser,
        "--scenes",
        f"episodes, each evaluated at four frames under every condition (default {_SCENES})",
        _SCENES,
    )
    options.add_cameras(parser, "cameras of the task (default: all that the weights were trained for)")
    options.add_workers_or_ray(parser, "; all nodes must share the output folder")
    options.add_out(parser, "folder of the result (default runs/perception-TASK)")
    options.add_settings(parser)
    options.add_seed(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Evaluate all scenes, and print the metrics in nominal conditions and at medium severity."""
    if arguments.data:
        return _measure_on_datasets(arguments, out)
    if arguments.splits:
        raise UsageError("evaluate-perception: --splits selects images of a dataset; name one with --data")
    from mygym_lite.perception.evaluation.evaluate import evaluate_perception

    progress = ProgressBars(sys.stderr)
    folder = arguments.out or Path("runs") / f"perception-{Path(arguments.task).stem}"
    with options.report_interrupt(progress, f"interrupted; {folder} keeps its scenes; run the same command to resume"):
        result = options.call_with_options(evaluate_perception, arguments, out=folder, progress=progress)
    if arguments.json:
        write_json(out, {"folder": str(folder), "report": str(result.report), **result.document})
    else:
        _write_summary(out, result)
        print(f"report: {result.report}", file=out)
    return 0


def _measure_on_datasets(arguments: argparse.Namespace, out: TextIO) -> int:
    """Measure the accuracy on the images of datasets."""
    from mygym_lite.perception.evaluation.dataset_accuracy import DEFAULT_SPLITS, measure_on_datasets

    _refuse_scene_options(arguments)
    results = measure_on_datasets(arguments.weights, arguments.data, splits=arguments.splits or DEFAULT_SPLITS)
    if arguments.json:
        write_json(out, {"results": [result.as_json() for result in results]})
    else:
        write_table(out, _DATA_HEAD, map(_make_data_row, results))
    return 0


def _refuse_scene_options(arguments: argparse.Namespace) -> None:
    """Refuse options that select scenes, conditions or processes, none of which a dataset needs."""
    parser = argparse.ArgumentParser()
    configure(parser)
    for name in _SCENE_OPTIONS:
        if getattr(arguments, name) != parser.get_default(name):
            option = "set" if name == "settings" else name
            raise UsageError(f"evaluate-perception: --{option} has no effect with --data; leave it out")


def _make_data_row(result: DatasetAccuracy) -> list[object]:
    metrics = result.metrics
    return [
        result.data,
        result.weights,
        result.images,
        result.classes,
        metrics.objects,
        _format_percent(metrics.recall),
        _format_percent(metrics.class_accuracy),
        f"{metrics.mask_iou:.2f}",
        *(_format_measured(value, 1000.0) for value in (metrics.position_median, metrics.position_95)),
        *(_format_measured(value, math.degrees(1.0)) for value in (metrics.yaw_median, metrics.yaw_95)),
        None if math.isnan(metrics.inside_95) else _format_percent(metrics.inside_95),
    ]


def _format_measured(value: float, factor: float) -> str | None:
    """Format a metric with one decimal; None without any value."""
    return None if math.isnan(value) else _format_scaled(value, factor, 1)


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
