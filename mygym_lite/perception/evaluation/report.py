"""The page of an evaluation of perception: one file that loads nothing, in the dress of the other reports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from mygym_lite.perception.evaluation.charts import SEVERITY, by_axis, overall, reliability
from mygym_lite.perception.evaluation.example_images import examples
from mygym_lite.perception.evaluation.metrics import MEASURES
from mygym_lite.perception.evaluation.results import OVERALL, Findings, Place
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import DASH, amount, listed, named, percent, plural, spans
from mygym_lite.stats import Estimate

_DRESS, _HERE = files("mygym_lite.reports"), files("mygym_lite.perception.evaluation")
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
_UNITS = {measure.name: measure.unit for measure in MEASURES}


@dataclass(frozen=True)
class Line:
    """One weights at one place."""

    weights: str
    color: int
    cells: list[tuple[str, str]]
    """Value and interval as they are read."""


def page(findings: Findings, manifest: Mapping[str, Any]) -> str:
    """The whole text of the HTML file."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["named"] = named
    return environment.from_string((_HERE / "page.html.j2").read_text(encoding="utf-8")).render(
        title=f"How {listed(findings.plan.labels)} {'sees' if len(findings.plan.labels) == 1 else 'see'} "
              f"{findings.plan.task.name}",
        lede=_lede(findings), headlines=headlines(findings), labels=list(enumerate(findings.plan.labels)),
        columns=list(COLUMNS.values()), groups=_groups(findings), cameras=_cameras(findings), overall=overall(findings),
        by_axis=by_axis(findings), reliability=reliability(findings), examples=examples(findings), severity=SEVERITY,
        every=[(axis, level, _lines(findings, (axis, level))) for axis, level in findings.places],
        left_out=manifest["left_out"], facts=_facts(manifest), command=manifest["command"],
        definitions=[*((named(measure.name), measure.about) for measure in MEASURES), *_FURTHER.items()],
        style=Markup((_DRESS / "style.css").read_text(encoding="utf-8")),
        script=Markup((_DRESS / "script.js").read_text(encoding="utf-8")), version=manifest["version"],
    )  # fmt: skip


def headlines(findings: Findings) -> list[str]:
    """What it comes down to, a sentence for each weights, and one for each comparison."""
    told = []
    axes = {c.axis for c in findings.plan.chosen.conditions if c.group in ("visual", "camera")}
    for label in findings.plan.labels:
        words = f"{label} finds {_number(findings, label, (NOMINAL, 0), 'recall')}% of the objects that show, and is " \
                f"off by {_millimetres(findings, label, (NOMINAL, 0))} when nothing differs"  # fmt: skip
        if (OVERALL, SEVERITY) in findings.places:
            words += f"; at severity {SEVERITY}, mean over {plural(len(axes), 'axis').replace('axiss', 'axes')} of " \
                     f"light and camera, it finds {_number(findings, label, (OVERALL, SEVERITY), 'recall')}% and is " \
                     f"off by {_millimetres(findings, label, (OVERALL, SEVERITY))}"  # fmt: skip
        told.append(words + ".")
    return told + list(filter(None, (_compared(findings, label) for label in findings.plan.labels[1:])))


def _compared(findings: Findings, label: str) -> str:
    first = findings.plan.labels[0]
    place = (OVERALL, SEVERITY) if (OVERALL, SEVERITY) in findings.places else (NOMINAL, 0)
    value, low, high = (
        None if x is None else 1000.0 * x for x in findings.at(label, place, "position_median", against=first)
    )
    if value is None or low is None or high is None:
        return ""
    sure = "beyond chance" if low > 0.0 or high < 0.0 else "which may be chance"
    less = "less" if value < 0 else "more"
    return (
        f"On the same pictures {label} is off by {amount(abs(value))} mm {less} than {first} "
        f"(95% interval of the difference {amount(low)} to {amount(high)}), {sure}."
    )


def _number(findings: Findings, label: str, place: Place, metric: str) -> str:
    return percent(findings.at(label, place, metric).value)


def _millimetres(findings: Findings, label: str, place: Place) -> str:
    value, between = cell("position_median", findings.at(label, place, "position_median"))
    return "more than it finds" if value == DASH else f"{value} mm{f' ({between})' if between else ''}"


def _lede(findings: Findings) -> str:
    plan = findings.plan
    seeds = spans(range(plan.seed, plan.seed + plan.scenes))
    return (
        f"{plural(plan.scenes, 'scene')} of {plan.task.name}, seeds {seeds} · suite {plan.suite.name}, "
        f"{plural(len(plan.chosen.conditions), 'condition')} · cameras {listed(plan.cameras)} at "
        f"{plan.size[0]} x {plan.size[1]} px · every condition and all weights see the same moments"
    )


def _groups(findings: Findings) -> list[tuple[str, list[tuple[str, list[Line]]]]]:
    """Nominal, the mean, and every axis at medium severity, by group."""
    groups: dict[str, list[tuple[str, list[Line]]]] = {"": [("nominal", _lines(findings, (NOMINAL, 0)))]}
    if (OVERALL, SEVERITY) in findings.places:
        groups[""].append(("visual and camera, mean", _lines(findings, (OVERALL, SEVERITY))))
    for condition in findings.plan.chosen.conditions:
        if condition.level == SEVERITY:
            lines = _lines(findings, (condition.axis, SEVERITY))
            groups.setdefault(condition.group, []).append((named(condition.axis), lines))
    return list(groups.items())


def _lines(findings: Findings, place: Place) -> list[Line]:
    return [
        Line(label, color % 6, [cell(metric, findings.at(label, place, metric)) for metric in COLUMNS])
        for color, label in enumerate(findings.plan.labels)
    ]


def _cameras(findings: Findings) -> list[tuple[str, list[tuple[int, tuple[str, str]]]]]:
    """The median distance by each camera alone, and by all of them, when nothing differs."""
    return [
        (camera or "all together", [
            (color % 6, cell("position_median", findings.at(label, (NOMINAL, 0), "position_median", camera)))
            for color, label in enumerate(findings.plan.labels)
        ])
        for camera in (*findings.plan.cameras, None)
    ]  # fmt: skip


def cell(metric: str, estimate: Estimate) -> tuple[str, str]:
    """A value and its interval as they are read."""
    factor = 100.0 if metric == "ece" else _FACTORS.get(_UNITS.get(metric, ""), 1.0)
    write = percent if metric in _SHARES else amount
    value, low, high = (None if x is None else write(factor * x) for x in estimate)
    return value or DASH, "" if low is None or high is None else f"{low} to {high}"


def _facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("weights", ", ".join(f"{label} {told[:12]}" for label, told in manifest["weights"].items())),
        ("simulation", str(manifest["simulation"])[:12]),
        ("revision", str((manifest["git"] or {}).get("revision", "unknown"))[:12]),
        ("versions", ", ".join(f"{name} {told}" for name, told in manifest["versions"].items() if told)),
        *((f"without {name}", why) for name, why in manifest["metrics_left_out"].items()),
    ]
