"""Axes, grid lines and text of small SVG charts, colored by the style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

Point = tuple[float, float]
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class PlotArea:
    """Plotting area within a chart, with margins in px and value ranges of both axes."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float] = (0.0, 1.0)

    def x(self, value: float) -> float:
        """Return the horizontal position of a value, px from the left."""
        low, high = self.x_range
        return self.left + (self.width - self.left - self.right) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Return the vertical position of a value, px from the top."""
        low, high = self.y_range
        return self.height - self.bottom - (self.height - self.top - self.bottom) * (value - low) / (high - low)

    def format_path(self, points: Iterable[Point]) -> str:
        """Return the path of a polyline through points in data coordinates."""
        return "M" + "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)

    def format_band(self, lows: Sequence[Point], highs: Sequence[Point]) -> str:
        """Return the path of the area between two polylines."""
        return self.format_path([*highs, *reversed(lows)]) + "Z"

    def draw_rows(self, values: Iterable[float], labels: Iterable[str]) -> Markup:
        """Draw horizontal grid lines with tick labels at the left."""
        line = Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>{}')
        rows = Markup("")
        for value, label in zip(values, labels, strict=True):
            text = draw_text(self.left - 6, self.y(value) + 3.5, label, "end")
            rows += line.format(self.left, self.y(value), self.width - self.right, text)
        return rows

    def draw_columns(self, values: Iterable[float], labels: Iterable[str]) -> Markup:
        """Draw tick labels below the plot."""
        below = self.height - self.bottom + 14
        return Markup("").join(
            draw_text(self.x(value), below, label, "middle") for value, label in zip(values, labels, strict=True)
        )


def draw_text(x: float, y: float, text: str, anchor: str = "start", css_class: str = "tick") -> Markup:
    """Draw text."""
    mark = Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    return mark.format(css_class, x, y, anchor, text)


def draw_svg(width: float, height: float, title: str, description: str, body: Markup) -> Markup:
    """Assemble a chart, with title and description for screen readers."""
    start = Markup('<svg role="img" viewBox="0 0 {:g} {:g}"><title>{}</title><desc>{}</desc>')
    return start.format(width, height, title, description) + body + Markup("</svg>")


def choose_ticks(high: float, limit: int = 5) -> list[float]:
    """Return at most ``limit`` + 1 round tick values from 0 to ``high``."""
    if high <= 0:
        return [0.0]
    unit = 10.0 ** math.floor(math.log10(high / limit))
    step = next(unit * factor for factor in _STEPS if high / (unit * factor) <= limit)
    return [step * number for number in range(int(high / step + 1e-9) + 1)]


def spread_positions(positions: Sequence[float], distance: float) -> list[float]:
    """Move positions down, in order, until they are at least ``distance`` apart."""
    moved = dict.fromkeys(range(len(positions)), 0.0)
    last = -math.inf
    for number in sorted(moved, key=lambda index: positions[index]):
        last = moved[number] = max(positions[number], last + distance)
    return [moved[number] for number in range(len(positions))]
