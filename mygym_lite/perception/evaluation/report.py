"""The page of an evaluation of perception: one file that loads nothing, in the dress of the other reports."""

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
from mygym_lite.randomization.suite import NOMINAL
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
_SHARES = ("recall", "accuracy", "lost", "inside_68", "inside_95")
COLUMNS = {
    "position_median": "position error, mm, median", "position_95": "95th percentile",
    "yaw_median": "yaw error, °, median", "yaw_95": "95th percentile",
    "recall": "found, %", "false_detections": "false, a picture",
    "accuracy": "class right, %", "mask_iou": "mask IoU", "ap": "AP of masks", "inside_68": "inside 68%, %",
    "inside_95": "inside 95%, %", "deviation": "admitted error, mm", "ece": "confidence off by, points",
}  # fmt: skip
_FURTHER = {
    "AP of masks": "COCO's average precision over overlaps of 0.50 to 0.95; objects that hardly show are ignored.",
    "confidence off by": "Mean distance of a detection's confidence from the share that is right at that confidence.",
    "visible": "At least a tenth of an object shows in a picture.",
    "detected": "A detection's mask overlaps the object's by a tenth or more; the surest detection chooses first.",
}
_UNITS = {measure.name: measure.unit for measure in METRICS}


@dataclass(frozen=True)
class TableRow:
    """One weights at one place."""

    weights: str
    color: int
    cells: list[tuple[str, str]]
    """Value and interval as they are read."""


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
        subtitle=_lede(results),
        sections=[(anchor, title) for anchor, title, included in sections if included],
        version=manifest["version"],
        headlines=build_headlines(results),
        labels=list(enumerate(labels)),
        legend=[(label, color) for color, label in enumerate(labels)],
        columns=list(COLUMNS.values()),
        groups=_groups(results),
        cameras=_cameras(results),
        overall=draw_overall_charts(results),
        by_axis=by_axis,
        reliability=reliability,
        examples=examples,
        severity=MEDIUM_SEVERITY,
        all_results=[(axis, level, _lines(results, (axis, level))) for axis, level in results.moments_by_condition],
        excluded_axes=manifest["irrelevant_axes"],
        facts=_facts(manifest),
        command=manifest["command"],
        definitions=[*((format_name(measure.name), measure.description) for measure in METRICS), *_FURTHER.items()],
    )


def build_headlines(results: ResultTable) -> list[str]:
    """What it comes down to, a sentence for each weights, and one for each comparison."""
    told = []
    axes = {c.axis for c in results.plan.selection.conditions if c.group in ("visual", "camera")}
    for label in results.plan.labels:
        words = f"{label} finds {_number(results, label, (NOMINAL, 0), 'recall')}% of the objects that show, and is " \
                f"off by {_millimetres(results, label, (NOMINAL, 0))} when nothing differs"  # fmt: skip
        if (OVERALL, MEDIUM_SEVERITY) in results.moments_by_condition:
            words += (
                f"; at severity {MEDIUM_SEVERITY}, mean over {format_count(len(axes), 'axis').replace('axiss', 'axes')} of "
                f"light and camera, it finds {_number(results, label, (OVERALL, MEDIUM_SEVERITY), 'recall')}% and is "
                f"off by {_millimetres(results, label, (OVERALL, MEDIUM_SEVERITY))}"
            )
        told.append(words + ".")
    return told + list(filter(None, (_compared(results, label) for label in results.plan.labels[1:])))


def _compared(findings: ResultTable, label: str) -> str:
    first = findings.plan.labels[0]
    place = (OVERALL, MEDIUM_SEVERITY) if (OVERALL, MEDIUM_SEVERITY) in findings.moments_by_condition else (NOMINAL, 0)
    value, low, high = (
        None if x is None else 1000.0 * x for x in findings.lookup(label, place, "position_median", baseline=first)
    )
    if value is None or low is None or high is None:
        return ""
    sure = "beyond chance" if low > 0.0 or high < 0.0 else "which may be chance"
    less = "less" if value < 0 else "more"
    return (
        f"On the same pictures {label} is off by {format_amount(abs(value))} mm {less} than {first} "
        f"(95% interval of the difference {format_amount(low)} to {format_amount(high)}), {sure}."
    )


def _number(findings: ResultTable, label: str, place: ConditionKey, metric: str) -> str:
    return format_percent(findings.lookup(label, place, metric).value)


def _millimetres(findings: ResultTable, label: str, place: ConditionKey) -> str:
    value, between = format_cell("position_median", findings.lookup(label, place, "position_median"))
    return "more than it finds" if value == DASH else f"{value} mm{f' ({between})' if between else ''}"


def _lede(findings: ResultTable) -> str:
    plan = findings.plan
    seeds = format_ranges(range(plan.seed, plan.seed + plan.scenes))
    return (
        f"{format_count(plan.scenes, 'scene')} of {plan.task.name}, seeds {seeds} · suite {plan.suite.name}, "
        f"{format_count(len(plan.selection.conditions), 'condition')} · cameras {join_names(plan.cameras)} at "
        f"{plan.size[0]} x {plan.size[1]} px · every condition and all weights see the same moments"
    )


def _groups(findings: ResultTable) -> list[tuple[str, list[tuple[str, list[TableRow]]]]]:
    """Nominal, the mean, and every axis at medium severity, by group."""
    groups: dict[str, list[tuple[str, list[TableRow]]]] = {"": [("nominal", _lines(findings, (NOMINAL, 0)))]}
    if (OVERALL, MEDIUM_SEVERITY) in findings.moments_by_condition:
        groups[""].append(("visual and camera, mean", _lines(findings, (OVERALL, MEDIUM_SEVERITY))))
    for condition in findings.plan.selection.conditions:
        if condition.severity == MEDIUM_SEVERITY:
            lines = _lines(findings, (condition.axis, MEDIUM_SEVERITY))
            groups.setdefault(condition.group, []).append((format_name(condition.axis), lines))
    return list(groups.items())


def _lines(findings: ResultTable, place: ConditionKey) -> list[TableRow]:
    return [
        TableRow(label, color % 6, [format_cell(metric, findings.lookup(label, place, metric)) for metric in COLUMNS])
        for color, label in enumerate(findings.plan.labels)
    ]


def _cameras(findings: ResultTable) -> list[tuple[str, list[tuple[int, tuple[str, str]]]]]:
    """The median distance by each camera alone, and by all of them, when nothing differs."""
    return [
        (camera or "all together", [
            (color % 6, format_cell("position_median", findings.lookup(label, (NOMINAL, 0), "position_median", camera)))
            for color, label in enumerate(findings.plan.labels)
        ])
        for camera in (*findings.plan.cameras, None)
    ]  # fmt: skip


def format_cell(metric: str, estimate: Estimate) -> tuple[str, str]:
    """A value and its interval as they are read."""
    factor = 100.0 if metric == "ece" else _FACTORS.get(_UNITS.get(metric, ""), 1.0)
    write = format_percent if metric in _SHARES else format_amount
    value, low, high = (None if x is None else write(factor * x) for x in estimate)
    return value or DASH, "" if low is None or high is None else f"{low} to {high}"


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("weights", ", ".join(f"{label} {told[:12]}" for label, told in manifest["perceptions"].items())),
        ("simulation", str(manifest["simulation"])[:12]),
        ("revision", str((manifest["git"] or {}).get("revision", "unknown"))[:12]),
        ("versions", ", ".join(f"{name} {told}" for name, told in manifest["versions"].items() if told)),
        *((f"without {name}", why) for name, why in manifest["missing_metrics"].items()),
    ]
