"""The report of a perception evaluation: one self-contained HTML file in the common style."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mygym_lite.perception.evaluation.charts import (
    MEDIUM_SEVERITY,
    draw_axis_charts,
    draw_calibration_charts,
    draw_overall_charts,
)
from mygym_lite.perception.evaluation.example_images import draw_examples
from mygym_lite.perception.evaluation.metrics import METRICS
from mygym_lite.perception.evaluation.results import OVERALL, ConditionKey, ResultTable
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.reports.formatting import (
    DASH,
    format_amount,
    format_count,
    format_name,
    format_percent,
    format_ranges,
    join_names,
)
from mygym_lite.reports.page import render_page
from mygym_lite.stats import Estimate

_FACTORS = {"m": 1000.0, "rad": math.degrees(1.0)}
_PROPORTIONS = ("recall", "accuracy", "lost", "inside_68", "inside_95")
COLUMNS = {
    "position_median": "position error, mm, median",
    "position_95": "95th percentile",
    "yaw_median": "yaw error, °, median",
    "yaw_95": "95th percentile",
    "rotation_median": "rotation error, °, median",
    "rotation_95": "95th percentile",
    "recall": "found, %",
    "false_detections": "false, an image",
    "accuracy": "class right, %",
    "mask_iou": "mask IoU",
    "ap": "AP of masks",
    "inside_68": "inside 68%, %",
    "inside_95": "inside 95%, %",
    "deviation": "expected error, mm",
    "ece": "confidence off by, points",
}
_FURTHER_DEFINITIONS = {
    "AP of masks": "COCO's average precision over overlaps of 0.50 to 0.95; hardly visible objects are ignored.",
    "confidence off by": "Expected calibration error: mean distance of confidence from precision at that confidence.",
    "visible": "At least a tenth of an object shows in an image.",
    "detected": "A mask that overlaps the object's by a tenth or more; the most confident detection chooses first.",
}
_UNITS = {metric.name: metric.unit for metric in METRICS}


@dataclass(frozen=True)
class TableRow:
    """One estimator under one condition."""

    weights: str
    color: int
    cells: list[tuple[str, str]]
    """Formatted value and interval, by column."""


def render_perception_page(results: ResultTable, manifest: Mapping[str, Any]) -> str:
    """Render the HTML report as one self-contained page."""
    labels = results.plan.labels
    by_axis, reliability = draw_axis_charts(results), draw_calibration_charts(results)
    examples = draw_examples(results)
    sections = (
        ("table", "Accuracy by axis", True),
        ("curves", "Severity curves", by_axis),
        ("calibration", "Calibration", reliability),
        ("examples", "Examples", examples),
        ("numbers", "All results", True),
        ("method", "Methodology", True),
    )
    return render_page(
        "mygym_lite.perception.evaluation",
        title=f"Perception accuracy of {join_names(labels)} on {results.plan.task.name}",
        subtitle=_write_lede(results),
        sections=[(anchor, title) for anchor, title, included in sections if included],
        version=manifest["version"],
        headlines=build_headlines(results),
        labels=list(enumerate(labels)),
        legend=[(label, color) for color, label in enumerate(labels)],
        columns=list(COLUMNS.values()),
        groups=_group_rows(results),
        cameras=_compare_cameras(results),
        overall=draw_overall_charts(results),
        by_axis=by_axis,
        reliability=reliability,
        examples=examples,
        severity=MEDIUM_SEVERITY,
        all_results=[
            (axis, severity, _make_rows(results, (axis, severity))) for axis, severity in results.moments_by_condition
        ],
        excluded_axes=manifest["irrelevant_axes"],
        facts=_list_facts(manifest),
        command=manifest["command"],
        definitions=[
            *((format_name(metric.name), metric.description) for metric in METRICS),
            *_FURTHER_DEFINITIONS.items(),
        ],
    )


def build_headlines(results: ResultTable) -> list[str]:
    """Write a sentence for each estimator, and one for each comparison."""
    sentences = []
    axes = {c.axis for c in results.plan.selection.conditions if c.group in ("visual", "camera")}
    for label in results.plan.labels:
        sentence = (
            f"{label} finds {_format_metric(results, label, (NOMINAL, 0), 'recall')}% of the objects that show, and is "
            f"off by {_format_error(results, label, (NOMINAL, 0))} when nothing differs"
        )
        if (OVERALL, MEDIUM_SEVERITY) in results.moments_by_condition:
            key = (OVERALL, MEDIUM_SEVERITY)
            count = format_count(len(axes), "axis").replace("axiss", "axes")
            sentence += (
                f"; at severity {MEDIUM_SEVERITY}, mean over {count} of light and camera, it finds "
                f"{_format_metric(results, label, key, 'recall')}% and is off by {_format_error(results, label, key)}"
            )
        sentences.append(sentence + ".")
    return sentences + list(filter(None, (_describe_difference(results, label) for label in results.plan.labels[1:])))


def _describe_difference(results: ResultTable, label: str) -> str:
    first = results.plan.labels[0]
    key = (OVERALL, MEDIUM_SEVERITY) if (OVERALL, MEDIUM_SEVERITY) in results.moments_by_condition else (NOMINAL, 0)
    value, low, high = (
        None if x is None else 1000.0 * x for x in results.lookup(label, key, "position_median", baseline=first)
    )
    if value is None or low is None or high is None:
        return ""
    significance = "beyond chance" if low > 0.0 or high < 0.0 else "which may be chance"
    direction = "less" if value < 0 else "more"
    return (
        f"On the same images {label} is off by {format_amount(abs(value))} mm {direction} than {first} "
        f"(95% interval of the difference {format_amount(low)} to {format_amount(high)}), {significance}."
    )


def _format_metric(results: ResultTable, label: str, key: ConditionKey, metric: str) -> str:
    return format_percent(results.lookup(label, key, metric).value)


def _format_error(results: ResultTable, label: str, key: ConditionKey) -> str:
    value, interval = format_cell("position_median", results.lookup(label, key, "position_median"))
    return "more than it finds" if value == DASH else f"{value} mm{f' ({interval})' if interval else ''}"


def _write_lede(results: ResultTable) -> str:
    plan = results.plan
    seeds = format_ranges(range(plan.seed, plan.seed + plan.scenes))
    return (
        f"{format_count(plan.scenes, 'scene')} of {plan.task.name}, seeds {seeds} · suite {plan.suite.name}, "
        f"{format_count(len(plan.selection.conditions), 'condition')} · cameras {join_names(plan.cameras)} at "
        f"{plan.size[0]} x {plan.size[1]} px · all conditions and estimators share the same moments"
    )


def _group_rows(results: ResultTable) -> list[tuple[str, list[tuple[str, list[TableRow]]]]]:
    """Group the rows: nominal, the mean, and every axis at medium severity."""
    groups: dict[str, list[tuple[str, list[TableRow]]]] = {"": [("nominal", _make_rows(results, (NOMINAL, 0)))]}
    if (OVERALL, MEDIUM_SEVERITY) in results.moments_by_condition:
        groups[""].append(("visual and camera, mean", _make_rows(results, (OVERALL, MEDIUM_SEVERITY))))
    for condition in results.plan.selection.conditions:
        if condition.severity == MEDIUM_SEVERITY:
            rows = _make_rows(results, (condition.axis, MEDIUM_SEVERITY))
            groups.setdefault(condition.group, []).append((format_name(condition.axis), rows))
    return list(groups.items())


def _make_rows(results: ResultTable, key: ConditionKey) -> list[TableRow]:
    return [
        TableRow(label, color % 6, [format_cell(metric, results.lookup(label, key, metric)) for metric in COLUMNS])
        for color, label in enumerate(results.plan.labels)
    ]


def _compare_cameras(results: ResultTable) -> list[tuple[str, list[tuple[int, tuple[str, str]]]]]:
    """Format the nominal median position error of each camera alone, and of all of them."""

    def format_error(label: str, camera: str | None) -> tuple[str, str]:
        return format_cell("position_median", results.lookup(label, (NOMINAL, 0), "position_median", camera))

    return [
        (
            camera or "all together",
            [(color % 6, format_error(label, camera)) for color, label in enumerate(results.plan.labels)],
        )
        for camera in (*results.plan.cameras, None)
    ]


def format_cell(metric: str, estimate: Estimate) -> tuple[str, str]:
    """Format a value and its interval."""
    factor = 100.0 if metric == "ece" else _FACTORS.get(_UNITS.get(metric, ""), 1.0)
    format_value = format_percent if metric in _PROPORTIONS else format_amount
    value, low, high = (None if x is None else format_value(factor * x) for x in estimate)
    return value or DASH, "" if low is None or high is None else f"{low} to {high}"


def _list_facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("weights", ", ".join(f"{label} {digest[:12]}" for label, digest in manifest["perceptions"].items())),
        ("simulation", str(manifest["simulation"])[:12]),
        ("revision", str((manifest["git"] or {}).get("revision", "unknown"))[:12]),
        ("versions", ", ".join(f"{name} {version}" for name, version in manifest["versions"].items() if version)),
        *((f"without {name}", reason) for name, reason in manifest["missing_metrics"].items()),
    ]
