"""Curves over severity and over what is claimed, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mygym_lite.perception.evaluation.calibration import SHARES, bins, coverage
from mygym_lite.perception.evaluation.results import OVERALL, Findings, Place
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import named, percent
from mygym_lite.reports.severity_curves import Line, chart, panel
from mygym_lite.reports.svg import Frame, Point, picture, text
from mygym_lite.stats import Estimate

SEVERITY = 3
Pictures = list[tuple[str, Markup]]
_MILLIMETRES = 1000.0
_FAR = 4.0  # times the nominal error: where a scale that many panels share may end
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


def overall(findings: Findings) -> Pictures:
    """Distance and recall over severity, mean over the axes of light and camera."""
    levels = _levels(findings, OVERALL)
    if len(levels) < 2:
        return []
    far = _lines(findings, OVERALL, "position_median", _MILLIMETRES)
    seen = _lines(findings, OVERALL, "recall")
    told = [("Objects found, %", chart("Objects found over severity", "Mean over axes", seen, levels))]
    if any(line.known for line in far):
        drawn = chart("Position error over severity", "Mean over axes of medians, mm", far, levels, share=False)
        told.insert(0, ("Position error, mm, mean over the visual and camera axes of the median", drawn))
    return told


def by_axis(findings: Findings) -> Pictures:
    """A panel of the median distance for each axis, all on one scale."""
    axes = {condition.axis: condition.group for condition in findings.plan.chosen.conditions}
    lines = {axis: _lines(findings, axis, "position_median", _MILLIMETRES) for axis in axes if axis != NOMINAL}
    values = sorted(
        e.value for told in lines.values() for line in told for _, e in line.known if e.value is not None
    )  # fmt: skip
    most = 1.1 * min(values[-1], _FAR * values[len(values) // 2]) if values else 1.0
    return [
        (named(axis), panel(f"Position error on {named(axis)}", "Median, mm, over severity", _within(told, most),
                            _levels(findings, axis), most))
        for axis, told in lines.items()
    ]  # fmt: skip


def _within(lines: Sequence[Line], most: float) -> list[Line]:
    """Points that lie beyond the scale, at its end."""

    def held(value: float | None) -> float | None:
        return None if value is None else min(value, most)

    return [
        Line(line.policy, line.color, tuple((level, Estimate(*map(held, one))) for level, one in line.points))
        for line in lines
    ]


def _levels(findings: Findings, axis: str) -> list[int]:
    return sorted({0, *(level for name, level in findings.places if name == axis)})


def _lines(findings: Findings, axis: str, metric: str, factor: float = 1.0) -> list[Line]:
    return [
        Line(label, color % 6, tuple(
            (level, _scaled(findings.at(label, (axis, level) if level else (NOMINAL, 0), metric), factor))
            for level in _levels(findings, axis)
        ))
        for color, label in enumerate(findings.plan.labels)
    ]  # fmt: skip


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(*(None if one is None else factor * one for one in estimate))


def reliability(findings: Findings) -> Pictures:
    """What is claimed against what is so: ellipsoids, and confidence; nominal and at medium severity."""
    places: dict[str, Place] = {"nominal": (NOMINAL, 0), f"severity {SEVERITY}": (OVERALL, SEVERITY)}
    told: Pictures = []
    for words, place in places.items():
        conditions, weights = findings.places.get(place, []), range(len(findings.plan.labels))
        inside = [list(zip(SHARES, coverage(conditions, n) or (), strict=False)) for n in weights]
        sure = [[(one.confidence, one.right) for one in bins(conditions, n)] for n in weights]
        told += _drawn(f"Inside the ellipsoid, %, {words}", "claimed, %", inside)
        told += _drawn(f"Detections of something that is there, %, {words}", "confidence, %", sure)
    return told


def _drawn(title: str, across: str, lines: Sequence[Sequence[Point]]) -> Pictures:
    """One picture, if there is anything to draw."""
    if not any(lines):
        return []
    frame = Frame(440, 250, 40, 20, 14, 40, (0.0, 1.0))
    body = frame.rows(_GRID, map(percent, _GRID)) + frame.columns(_GRID, map(percent, _GRID))
    body += text((frame.left + frame.width - frame.right) / 2, frame.height - 6, across, "middle")
    body += Markup('<path class="limit" d="{}"/>').format(frame.path([(0.0, 0.0), (1.0, 1.0)]))
    body += Markup("").join(_curve(frame, color, line) for color, line in enumerate(lines) if line)
    return [(title, picture(frame.width, frame.height, title, "On the dashed line what is claimed is so", body))]


def _curve(frame: Frame, color: int, line: Sequence[Point]) -> Markup:
    dots = Markup("").join(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.4"/>').format(frame.x(x), frame.y(y)) for x, y in line
    )
    return Markup('<g class="p{}"><path class="line" d="{}"/>{}</g>').format(color % 6, frame.path(line), dots)
