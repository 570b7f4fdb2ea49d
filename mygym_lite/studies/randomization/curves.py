"""Curves of success over severity along each axis, one line for each training randomization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from mygym_lite.harness.condition_results import NOMINAL_KEY
from mygym_lite.reports.formatting import format_name
from mygym_lite.reports.severity_curves import CHART_HEIGHT, CHART_WIDTH, SeverityLine, draw_chart
from mygym_lite.reports.standalone_svg import join_charts
from mygym_lite.stats import Estimate
from mygym_lite.studies.randomization.findings import MEAN

Cells = Sequence[dict[str, Any]]


def draw_curves(cells: Cells) -> list[tuple[str, Markup]]:
    """Draw a chart for each axis that was tested at several severities, with its name.

    Args:
        cells: Cells of the study, as in its JSON document.
    """
    estimates = {(c["preset"], c["axis"], c["severity"]): Estimate(**c["success"]) for c in cells}
    presets = list(dict.fromkeys(cell["preset"] for cell in cells))
    axes = list(dict.fromkeys(cell["axis"] for cell in cells if cell["axis"] not in (NOMINAL_KEY[0], MEAN)))
    return [(format_name(axis), chart) for axis in axes if (chart := _draw_axis(axis, presets, estimates))]


def draw_curves_file(cells: Cells) -> str:
    """Draw all curves as the text of an SVG file; empty if no axis was tested at several severities."""
    charts = draw_curves(cells)
    return join_charts(charts, CHART_WIDTH, CHART_HEIGHT) if charts else ""


def _draw_axis(axis: str, presets: Sequence[str], estimates: dict[tuple[str, str, int], Estimate]) -> Markup | None:
    severities = sorted({severity for _, name, severity in estimates if name == axis})
    if len(severities) < 2:
        return None
    lines = []
    for number, preset in enumerate(presets):
        points = [(severity, estimates[preset, axis, severity]) for severity in severities]
        lines.append(SeverityLine(preset, number % 6, ((0, estimates[preset, *NOMINAL_KEY]), *points)))
    return draw_chart(f"Success along {format_name(axis)}", "Success over severity", lines, (0, *severities))
