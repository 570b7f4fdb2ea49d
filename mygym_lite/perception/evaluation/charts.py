"""Charts of the report: curves over severity, and calibration."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mygym_lite.perception.evaluation.calibration import COVERAGE_PROBABILITIES, bin_by_confidence, compute_coverage
from mygym_lite.perception.evaluation.results import OVERALL, ConditionKey, ResultTable
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.reports.formatting import format_name, format_percent
from mygym_lite.reports.severity_curves import SeverityLine, draw_chart, draw_panel
from mygym_lite.reports.svg import PlotArea, Point, draw_svg, draw_text
from mygym_lite.stats import Estimate

MEDIUM_SEVERITY = 3
Charts = list[tuple[str, Markup]]
_MILLIMETRES = 1000.0
_MAX_RANGE = 4.0  # times the median error, of the scale that all panels share
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_overall_charts(results: ResultTable) -> Charts:
    """Draw position error and recall over severity, mean over the axes of light and camera."""
    levels = _list_severities(results, OVERALL)
    if len(levels) < 2:
        return []
    errors = _make_lines(results, OVERALL, "position_median", _MILLIMETRES)
    recalls = _make_lines(results, OVERALL, "recall")
    charts = [("Objects found, %", draw_chart("Objects found over severity", "Mean over axes", recalls, levels))]
    if any(line.known_points for line in errors):
        title = "Position error over severity"
        chart = draw_chart(title, "Mean over axes of medians, mm", errors, levels, is_rate=False)
        charts.insert(0, ("Position error, mm, mean over the visual and camera axes of the median", chart))
    return charts


def draw_axis_charts(results: ResultTable) -> Charts:
    """Draw a panel of the median position error for each axis, all on one scale."""
    axes = {condition.axis: condition.group for condition in results.plan.selection.conditions}
    lines = {axis: _make_lines(results, axis, "position_median", _MILLIMETRES) for axis in axes if axis != NOMINAL}
    points = (point for panel in lines.values() for line in panel for point in line.known_points)
    values = sorted(estimate.value for _, estimate in points if estimate.value is not None)
    most = 1.1 * min(values[-1], _MAX_RANGE * values[len(values) // 2]) if values else 1.0
    return [
        (
            format_name(axis),
            draw_panel(
                f"Position error on {format_name(axis)}",
                "Median, mm, over severity",
                _clip_lines(panel, most),
                _list_severities(results, axis),
                most,
            ),
        )
        for axis, panel in lines.items()
    ]


def _clip_lines(lines: Sequence[SeverityLine], most: float) -> list[SeverityLine]:
    """Move points beyond the scale to its end."""

    def clip(value: float | None) -> float | None:
        return None if value is None else min(value, most)

    return [
        SeverityLine(
            line.policy, line.color, tuple((level, Estimate(*map(clip, estimate))) for level, estimate in line.points)
        )
        for line in lines
    ]


def _list_severities(results: ResultTable, axis: str) -> list[int]:
    return sorted({0, *(level for name, level in results.moments_by_condition if name == axis)})


def _make_lines(results: ResultTable, axis: str, metric: str, factor: float = 1.0) -> list[SeverityLine]:
    def look_up(label: str, level: int) -> Estimate:
        estimate = results.lookup(label, (axis, level) if level else (NOMINAL, 0), metric)
        return Estimate(*(None if value is None else factor * value for value in estimate))

    levels = _list_severities(results, axis)
    return [
        SeverityLine(label, color % 6, tuple((level, look_up(label, level)) for level in levels))
        for color, label in enumerate(results.plan.labels)
    ]


def draw_calibration_charts(results: ResultTable) -> Charts:
    """Draw coverage of the error ellipsoids and precision by confidence, nominal and at medium severity."""
    keys: dict[str, ConditionKey] = {"nominal": (NOMINAL, 0), f"severity {MEDIUM_SEVERITY}": (OVERALL, MEDIUM_SEVERITY)}
    charts: Charts = []
    for name, key in keys.items():
        conditions, numbers = results.moments_by_condition.get(key, []), range(len(results.plan.labels))
        coverage = [
            list(zip(COVERAGE_PROBABILITIES, compute_coverage(conditions, n) or (), strict=False)) for n in numbers
        ]
        precision = [
            [(entry.confidence, entry.precision) for entry in bin_by_confidence(conditions, n)] for n in numbers
        ]
        charts += _draw_calibration(f"Inside the ellipsoid, %, {name}", "claimed, %", coverage)
        charts += _draw_calibration(f"True detections, %, {name}", "confidence, %", precision)
    return charts


def _draw_calibration(title: str, x_label: str, lines: Sequence[Sequence[Point]]) -> Charts:
    """Draw one chart, if there is anything to draw."""
    if not any(lines):
        return []
    frame = PlotArea(440, 250, left=40, right=20, top=14, bottom=40, x_range=(0.0, 1.0))
    body = frame.draw_rows(_GRID, map(format_percent, _GRID)) + frame.draw_columns(_GRID, map(format_percent, _GRID))
    body += draw_text((frame.left + frame.width - frame.right) / 2, frame.height - 6, x_label, "middle")
    body += Markup('<path class="limit" d="{}"/>').format(frame.format_path([(0.0, 0.0), (1.0, 1.0)]))
    body += Markup("").join(_draw_curve(frame, color, line) for color, line in enumerate(lines) if line)
    return [(title, draw_svg(frame.width, frame.height, title, "The dashed line is perfect calibration", body))]


def _draw_curve(frame: PlotArea, color: int, line: Sequence[Point]) -> Markup:
    dots = Markup("").join(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.4"/>').format(frame.x(x), frame.y(y)) for x, y in line
    )
    return Markup('<g class="p{}"><path class="line" d="{}"/>{}</g>').format(color % 6, frame.format_path(line), dots)
