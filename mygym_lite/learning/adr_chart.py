"""How the ranges of automatic domain randomization have grown, as SVG: one line for each boundary."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

_WIDE, _HIGH = 860, 320  # px of the plot
_LEFT, _TOP, _LEGEND = 56, 30, 300  # px
_ROW = 16  # px of the legend
_HUES = ("#1f6fb2", "#c2462e", "#2e8b57", "#8a5cc2", "#c28a1f", "#3aa0a8", "#b23a7a", "#5f6b78")
_STYLE = "text{font:11px system-ui,sans-serif;fill:#24292f}.g{stroke:#d8dee4}path{fill:none;stroke-width:1.8}"


def draw_growth_chart(state: Mapping[str, Any]) -> str:
    """Draw the state that ``Adr.state`` gives; boundaries that never moved are left out."""
    lines: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for judged, path, end, strength in state["history"]:
        lines.setdefault((path, end), [(0, 0.0)]).append((judged, strength))
    last = max(1, int(state["judged"]))
    most = max([1.0, *(strength for points in lines.values() for _, strength in points)])
    high = max(_HIGH, _ROW * len(lines)) + _TOP + 50
    drawn = "".join(_line(number, name, points, last, most) for number, (name, points) in enumerate(lines.items()))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE + _LEGEND} {high}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="white"/>'
        f'<text x="{_LEFT}" y="18">strength of each boundary over the episodes played at boundaries</text>'
        f"{_grid(last, most)}{drawn}</svg>\n"
    )


def _grid(last: int, most: float) -> str:
    rows = [most * k / 4 for k in range(5)]
    level = "".join(
        f'<line class="g" x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{_y(row, most):.1f}" y2="{_y(row, most):.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{_y(row, most) + 4:.1f}" text-anchor="end">{row:.2f}</text>'
        for row in rows
    )
    ends = f'<text x="{_LEFT}" y="{_TOP + _HIGH + 18}">0</text>'
    return level + ends + f'<text x="{_LEFT + _WIDE}" y="{_TOP + _HIGH + 18}" text-anchor="end">{last}</text>'


def _line(number: int, name: tuple[str, str], points: list[tuple[int, float]], last: int, most: float) -> str:
    """A staircase: a strength holds until it moves; the lower boundaries are dashed."""
    color = _HUES[number % len(_HUES)]
    steps = "".join(f"H{_x(at, last):.1f}V{_y(strength, most):.1f}" for at, strength in points)
    dash = ' stroke-dasharray="5 3"' if name[1] == "low" else ""
    style = f'stroke="{color}"{dash}'
    y, x = _TOP + _ROW * (number + 0.5), _LEFT + _WIDE + 14
    return (
        f'<path {style} d="M{_LEFT},{_y(0.0, most):.1f}{steps}H{_LEFT + _WIDE}"/>'
        f'<path {style} d="M{x},{y}h20"/><text x="{x + 26}" y="{y + 4}">{escape(f"{name[0]}, {name[1]}")}</text>'
    )


def _x(judged: int, last: int) -> float:
    return _LEFT + _WIDE * judged / last


def _y(strength: float, most: float) -> float:
    return _TOP + _HIGH * (1.0 - strength / most)
