"""A chart of success over severity: one small panel for each axis, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mygym_lite.studies.severity import SeverityCurve, SeverityResult

_WIDE, _HIGH, _COLUMNS = 190, 132, 5  # px of a panel, panels in a row
_LEFT, _TOP, _PLOT_WIDE, _PLOT_HIGH = 30, 34, 148, 78  # px, the plot within a panel
_HEAD = 58  # px above the panels
_LINES = {"graded": "#1f6fb2", "flat": "#8a94a0", "not applicable": "#8a94a0"}
_JUMP = "#c2462e"
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#24292f}.t{font-weight:600}.s{fill:#6a737d;font-size:10px}"
    ".g{stroke:#d8dee4}.h{font-size:16px;font-weight:600}"
)


def draw_severity_chart(title: str, note: str, curves: Sequence[SeverityCurve]) -> str:
    """The whole picture."""
    rows = -(-len(curves) // _COLUMNS)
    width, height = _COLUMNS * _WIDE + 20, _HEAD + rows * _HIGH + 10
    panels = [
        _panel(curve, 10 + (number % _COLUMNS) * _WIDE, _HEAD + (number // _COLUMNS) * _HIGH)
        for number, curve in enumerate(curves)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="white"/>'
        f'<text class="h" x="16" y="26">{escape(title)}</text><text class="s" x="16" y="44">{escape(note)}</text>'
        f"{''.join(panels)}</svg>\n"
    )


def _panel(curve: SeverityCurve, left: int, top: int) -> str:
    color = _LINES.get(curve.shape, _JUMP)
    name = escape(curve.axis.replace("_", " "))
    grid = "".join(
        f'<line class="g" x1="{_LEFT}" x2="{_LEFT + _PLOT_WIDE}" y1="{_y(rate):.1f}" y2="{_y(rate):.1f}"/>'
        f'<text class="s" x="{_LEFT - 5}" y="{_y(rate) + 3:.1f}" text-anchor="end">{rate:.0%}</text>'
        for rate in (0.0, 0.5, 1.0)
    )
    levels = "".join(
        f'<text class="s" x="{_x(level):.1f}" y="{_TOP + _PLOT_HIGH + 13}" text-anchor="middle">{level}</text>'
        for level in range(6)
    )
    return (
        f'<g transform="translate({left},{top})"><text class="t" x="{_LEFT}" y="14">{name}</text>'
        f'<text class="s" x="{_LEFT}" y="27">{escape(curve.group)}: {escape(curve.shape)}</text>'
        f"{grid}{levels}{_line(curve.points, color)}</g>"
    )


def _line(cells: Sequence[SeverityResult], color: str) -> str:
    if not cells:
        return ""
    highs = [f"{_x(cell.severity):.1f},{_y(cell.interval[1]):.1f}" for cell in cells]
    lows = [f"{_x(cell.severity):.1f},{_y(cell.interval[0]):.1f}" for cell in reversed(cells)]
    points = " ".join(f"{_x(cell.severity):.1f},{_y(cell.rate):.1f}" for cell in cells)
    dots = "".join(
        f'<circle cx="{_x(cell.severity):.1f}" cy="{_y(cell.rate):.1f}" r="2.6" fill="{color}">'
        f"<title>level {cell.severity}: {cell.successes} of {cell.episodes}</title></circle>"
        for cell in cells
    )
    return (
        f'<polygon points="{" ".join([*highs, *lows])}" fill="{color}" opacity="0.15"/>'
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>{dots}'
    )


def _x(level: int) -> float:
    return _LEFT + _PLOT_WIDE * level / 5


def _y(rate: float) -> float:
    return _TOP + _PLOT_HIGH * (1.0 - rate)
