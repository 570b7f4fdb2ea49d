"""Curves over severity and over what is claimed, as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mygym_lite.perception.evaluation.calibration import COVERAGE_PROBABILITIES, bin_by_confidence, compute_coverage
from mygym_lite.perception.evaluation.results import OVERALL, ConditionKey, ResultTable
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import format_name, format_percent
from mygym_lite.reports.severity_curves import SeverityLine, draw_chart, draw_panel
from mygym_lite.reports.svg import PlotArea, Point, draw_svg, draw_text
from mygym_lite.stats import Estimate

MEDIUM_SEVERITY = 3
Charts = list[tuple[str, Markup]]
_MILLIMETRES = 1000.0
_FAR = 4.0  # times the nominal error: where a scale that many panels share may end
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_overall_charts(results: ResultTable) -> Charts:
    """Distance and recall over severity, mean over the axes of light and camera."""
    levels = _levels(results, OVERALL)
    if len(levels) < 2:
        return []
    far = _lines(results, OVERALL, "position_median", _MILLIMETRES)
    seen = _lines(results, OVERALL, "recall")
    told = [("Objects found, %", draw_chart("Objects found over severity", "Mean over axes", seen, levels))]
    if any(line.known_points for line in far):
        drawn = draw_chart("Position error over severity", "Mean over axes of medians, mm", far, levels, is_rate=False)
        told.insert(0, ("Position error, mm, mean over the visual and camera axes of the median", drawn))
    return told


def draw_axis_charts(results: ResultTable) -> Charts:
    """A panel of the median distance for each axis, all on one scale."""
    axes = {condition.axis: condition.group for condition in results.plan.selection.conditions}
    lines = {axis: _lines(results, axis, "position_median", _MILLIMETRES) for axis in axes if axis != NOMINAL}
    values = sorted(
        e.value for told in lines.values() for line in told for _, e in line.known_points if e.value is not None
    )  # fmt: skip
    most = 1.1 * min(values[-1], _FAR * values[len(values) // 2]) if values else 1.0
    return [
        (
            format_name(axis),
            draw_panel(
                f"Position error on {format_name(axis)}",
                "Median, mm, over severity",
                _within(told, most),
                _levels(results, axis),
                most,
            ),
        )
        for axis, told in lines.items()
    ]


def _within(lines: Sequence[SeverityLine], most: float) -> list[SeverityLine]:
    """Points that lie beyond the scale, at its end."""

    def held(value: float | None) -> float | None:
        return None if value is None else min(value, most)

    return [
        SeverityLine(line.policy, line.color, tuple((level, Estimate(*map(held, one))) for level, one in line.points))
        for line in lines
    ]


def _levels(findings: ResultTable, axis: str) -> list[int]:
    return sorted({0, *(level for name, level in findings.moments_by_condition if name == axis)})


def _lines(findings: ResultTable, axis: str, metric: str, factor: float = 1.0) -> list[SeverityLine]:
    return [
        SeverityLine(label, color % 6, tuple(
            (level, _scaled(findings.lookup(label, (axis, level) if level else (NOMINAL, 0), metric), factor))
            for level in _levels(findings, axis)
        ))
        for color, label in enumerate(findings.plan.labels)
    ]  # fmt: skip


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(*(None if one is None else factor * one for one in estimate))


def draw_calibration_charts(results: ResultTable) -> Charts:
    """What is claimed against what is so: ellipsoids, and confidence; nominal and at medium severity."""
    places: dict[str, ConditionKey] = {
        "nominal": (NOMINAL, 0),
        f"severity {MEDIUM_SEVERITY}": (OVERALL, MEDIUM_SEVERITY),
    }
    told: Charts = []
    for words, place in places.items():
        conditions, weights = results.moments_by_condition.get(place, []), range(len(results.plan.labels))
        inside = [
            list(zip(COVERAGE_PROBABILITIES, compute_coverage(conditions, n) or (), strict=False)) for n in weights
        ]
        sure = [[(one.confidence, one.precision) for one in bin_by_confidence(conditions, n)] for n in weights]
        told += _drawn(f"Inside the ellipsoid, %, {words}", "claimed, %", inside)
        told += _drawn(f"Detections of something that is there, %, {words}", "confidence, %", sure)
    return told


def _drawn(title: str, across: str, lines: Sequence[Sequence[Point]]) -> Charts:
    """One picture, if there is anything to draw."""
    if not any(lines):
        return []
    frame = PlotArea(440, 250, 40, 20, 14, 40, (0.0, 1.0))
    body = frame.draw_rows(_GRID, map(format_percent, _GRID)) + frame.draw_columns(_GRID, map(format_percent, _GRID))
    body += draw_text((frame.left + frame.width - frame.right) / 2, frame.height - 6, across, "middle")
    body += Markup('<path class="limit" d="{}"/>').format(frame.format_path([(0.0, 0.0), (1.0, 1.0)]))
    body += Markup("").join(_curve(frame, color, line) for color, line in enumerate(lines) if line)
    return [(title, draw_svg(frame.width, frame.height, title, "On the dashed line what is claimed is so", body))]


def _curve(frame: PlotArea, color: int, line: Sequence[Point]) -> Markup:
    dots = Markup("").join(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.4"/>').format(frame.x(x), frame.y(y)) for x, y in line
    )
    return Markup('<g class="p{}"><path class="line" d="{}"/>{}</g>').format(color % 6, frame.format_path(line), dots)
