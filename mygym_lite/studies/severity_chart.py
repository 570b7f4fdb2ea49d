"""Chart of success over severity, one small panel per axis, as a stand-alone SVG."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mygym_lite.reports.formatting import format_name
from mygym_lite.reports.svg import PlotArea, draw_text
from mygym_lite.studies.severity import SeverityCurve

_PANEL = PlotArea(190, 132, left=30, right=12, top=34, bottom=20, x_range=(0.0, 5.0))
_COLUMNS, _MARGIN, _HEADER = 5, 10, 58  # panels in a row; px around the panels, px above them
_COLORS = {"graded": "#1f6fb2", "flat": "#8a94a0", "not applicable": "#8a94a0"}
_JUMP_COLOR = "#c2462e"
_STYLE = Markup(
    "text{font:11px system-ui,sans-serif;fill:#24292f}.name{font-weight:600}.tick{fill:#6a737d;font-size:10px}"
    ".grid{stroke:#d8dee4}.title{font-size:16px;font-weight:600}"
)


def draw_severity_chart(title: str, note: str, curves: Sequence[SeverityCurve]) -> str:
    """Draw all curves, with a title and a note above the panels."""
    rows = -(-len(curves) // _COLUMNS)
    width, height = _COLUMNS * _PANEL.width + 2 * _MARGIN, _HEADER + rows * _PANEL.height + _MARGIN
    body = draw_text(16, 26, title, css_class="title") + draw_text(16, 44, note)
    for number, curve in enumerate(curves):
        row, column = divmod(number, _COLUMNS)
        x, y = _MARGIN + column * _PANEL.width, _HEADER + row * _PANEL.height
        body += Markup('<g transform="translate({},{})">{}</g>').format(x, y, _draw_panel(curve))
    svg = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}"><style>{2}</style>'
        '<rect width="100%" height="100%" fill="white"/>{3}</svg>\n'
    )
    return str(svg.format(width, height, _STYLE, body))


def _draw_panel(curve: SeverityCurve) -> Markup:
    rates, severities = (0.0, 0.5, 1.0), range(6)
    body = draw_text(_PANEL.left, 14, format_name(curve.axis), css_class="name")
    body += draw_text(_PANEL.left, 27, f"{curve.group}: {curve.shape}")
    body += _PANEL.draw_rows(rates, (f"{rate:.0%}" for rate in rates))
    body += _PANEL.draw_columns(severities, map(str, severities))
    return body + _draw_curve(curve)


def _draw_curve(curve: SeverityCurve) -> Markup:
    """Draw interval band, line and points; the points have tooltips with the counts."""
    if not curve.points:
        return Markup("")
    color = _COLORS.get(curve.shape, _JUMP_COLOR)
    lows = [(point.severity, point.interval[0]) for point in curve.points]
    highs = [(point.severity, point.interval[1]) for point in curve.points]
    band = Markup('<path d="{}" fill="{}" opacity="0.15"/>').format(_PANEL.format_band(lows, highs), color)
    path = _PANEL.format_path((point.severity, point.rate) for point in curve.points)
    line = Markup('<path d="{}" fill="none" stroke="{}" stroke-width="2"/>').format(path, color)
    dot = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.6" fill="{}"><title>severity {}: {} of {}</title></circle>')
    dots = Markup("").join(
        dot.format(
            _PANEL.x(point.severity), _PANEL.y(point.rate), color, point.severity, point.successes, point.episodes
        )
        for point in curve.points
    )
    return band + line + dots
