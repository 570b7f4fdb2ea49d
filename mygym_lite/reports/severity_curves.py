"""Line charts of a value over severity, with interval bands: large charts and small panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mygym_lite.reports.formatting import format_amount, format_percent
from mygym_lite.reports.svg import PlotArea, choose_ticks, draw_svg, draw_text, spread_positions
from mygym_lite.stats import Estimate

_SHARES = (0.0, 0.5, 1.0)
_SEVERITY = "severity"
_NAME_WIDTH, _NAME_APART = 92, 14  # px
CHART_WIDTH, CHART_HEIGHT = 440, 236
"""Size of a large chart, px."""


@dataclass(frozen=True)
class SeverityLine:
    """Values of one policy by severity; severity 0 is the nominal task."""

    policy: str
    color: int
    points: tuple[tuple[int, Estimate], ...]

    @property
    def known_points(self) -> list[tuple[int, Estimate]]:
        """Points with a value."""
        return [(level, estimate) for level, estimate in self.points if estimate.value is not None]


def draw_panel(
    title: str, description: str, lines: Sequence[SeverityLine], severities: Sequence[int], maximum: float | None = None
) -> Markup:
    """Draw a small chart of a value over the severity of one axis.

    Args:
        title: Title for screen readers.
        description: Description for screen readers.
        lines: One line per policy.
        severities: Tick values of the horizontal axis.
        maximum: Upper end of the vertical axis; by default the values are rates from 0 to 1.
    """
    x_range = _get_severity_range(severities)
    area = PlotArea(180, 104, left=30, right=8, top=8, bottom=20, x_range=x_range, y_range=(0.0, maximum or 1.0))
    values, label = (_SHARES, format_percent) if maximum is None else (choose_ticks(maximum, 3), _format_tick)
    body = area.draw_rows(values, map(label, values)) + area.draw_columns(severities, map(str, severities))
    body += Markup("").join(_draw_line(area, line) for line in lines)
    return draw_svg(area.width, area.height, title, description, body)


def draw_chart(
    title: str,
    description: str,
    lines: Sequence[SeverityLine],
    severities: Sequence[int],
    limit: float | None = None,
    is_rate: bool = True,
    x_label: str = _SEVERITY,
) -> Markup:
    """Draw a large chart whose lines are labeled with their policies.

    Args:
        title: Title for screen readers.
        description: Description for screen readers.
        lines: One line per policy.
        severities: Tick values of the horizontal axis.
        limit: Limit declared by the task, drawn as a line.
        is_rate: Use a percent scale from 0 to 1.
        x_label: Quantity along the horizontal axis.
    """
    upper = 1.0 if is_rate else _choose_maximum(lines, limit)
    x_range = _get_severity_range(severities)
    area = PlotArea(
        CHART_WIDTH, CHART_HEIGHT, left=40, right=_NAME_WIDTH, top=14, bottom=40, x_range=x_range, y_range=(0.0, upper)
    )
    values = [0.0, 0.25, 0.5, 0.75, 1.0] if is_rate else choose_ticks(upper)
    body = area.draw_rows(values, map(format_percent if is_rate else _format_tick, values)) + area.draw_columns(
        severities, map(_format_severity if x_label == _SEVERITY else str, severities)
    )
    body += draw_text((area.left + area.width - area.right) / 2, area.height - 6, x_label, "middle")
    body += (
        Markup("").join(_draw_line(area, line) for line in lines) + _draw_limit(area, limit) + _draw_names(area, lines)
    )
    return draw_svg(area.width, area.height, title, description, body)


def _get_severity_range(levels: Sequence[int]) -> tuple[float, float]:
    return 0.0, float(max(1, *levels)) if levels else 1.0


def _format_severity(level: int) -> str:
    return str(level) if level else "nominal"


def _format_tick(value: float) -> str:
    return f"{value:g}"


def _choose_maximum(lines: Sequence[SeverityLine], limit: float | None) -> float:
    """Return the end of the scale; wide intervals from few episodes extend it only slightly."""
    values = [estimate.value or 0.0 for line in lines for _, estimate in line.known_points]
    highs = [estimate.high or 0.0 for line in lines for _, estimate in line.known_points]
    return max(1.08 * max([*values, limit or 0.0, 1e-3]), min(max([*highs, 0.0]), 1.3 * max([*values, 0.0])))


def _draw_limit(area: PlotArea, limit: float | None) -> Markup:
    if limit is None:
        return Markup("")
    line = Markup('<path class="limit" d="M{:.1f} {:.1f}H{:.1f}"/>{}')
    text = f"task limit {format_amount(limit)} N"
    label = draw_text(area.left + 4, area.y(limit) - 4, text, css_class="tick limit-name")
    return line.format(area.left, area.y(limit), area.width - area.right, label)


def _draw_line(area: PlotArea, line: SeverityLine) -> Markup:
    """Draw band, line and points, in this order so that the band does not hide the points."""
    points = [(float(level), estimate.value) for level, estimate in line.known_points if estimate.value is not None]
    if not points:
        return Markup("")
    band = [
        (float(level), estimate.low, estimate.high)
        for level, estimate in line.known_points
        if estimate.low is not None and estimate.high is not None
    ]
    bottom, top = area.y_range
    lows, highs = [(x, max(low, bottom)) for x, low, _ in band], [(x, min(high, top)) for x, _, high in band]
    band_path = (
        Markup('<path class="band" d="{}"/>').format(area.format_band(lows, highs))
        if len(band) > 1
        else _draw_intervals(area, band)
    )
    dot = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.4"/>')
    dots = Markup("").join(dot.format(area.x(x), area.y(y)) for x, y in points)
    return Markup('<g class="p{}">{}<path class="line" d="{}"/>{}</g>').format(
        line.color, band_path, area.format_path(points), dots
    )


def _draw_intervals(area: PlotArea, band: Sequence[tuple[float, float, float]]) -> Markup:
    """Draw vertical intervals, used for a single point instead of a band."""
    mark = Markup('<path class="whisker" d="M{:.1f} {:.1f}V{:.1f}"/>')
    bottom, top = area.y_range
    return Markup("").join(
        mark.format(area.x(x), area.y(max(low, bottom)), area.y(min(high, top))) for x, low, high in band
    )


def _draw_names(area: PlotArea, lines: Sequence[SeverityLine]) -> Markup:
    ends = [(line, line.known_points[-1][1].value or 0.0) for line in lines if line.known_points]
    positions = spread_positions([area.y(value) for _, value in ends], _NAME_APART)
    lift = max(0.0, positions[-1] - (area.height - area.bottom) if positions else 0.0)
    mark = Markup('<text class="name p{}" x="{:.1f}" y="{:.1f}">{}</text>')
    return Markup("").join(
        mark.format(line.color, area.width - area.right + 8, position + 4 - lift, _shorten(line.policy))
        for (line, _), position in zip(ends, positions, strict=True)
    )


def _shorten(name: str) -> str:
    return name if len(name) <= 13 else name[:12] + "…"
