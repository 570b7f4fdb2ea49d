"""Axes and marks of small charts, as SVG whose colours the stylesheet decides."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

Point = tuple[float, float]
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class PlotArea:
    """The plotting area within a picture, and the values at its edges."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float] = (0.0, 1.0)

    def x(self, value: float) -> float:
        """Where a value lies from left to right."""
        low, high = self.x_range
        return self.left + (self.width - self.left - self.right) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Where a value lies from the top down."""
        low, high = self.y_range
        return self.height - self.bottom - (self.height - self.top - self.bottom) * (value - low) / (high - low)

    def format_path(self, points: Iterable[Point]) -> str:
        """Straight lines through points given as values."""
        return "M" + "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)

    def format_band(self, lows: Sequence[Point], highs: Sequence[Point]) -> str:
        """The area between two lines."""
        return self.format_path([*highs, *reversed(lows)]) + "Z"

    def draw_rows(self, values: Iterable[float], labels: Iterable[str]) -> Markup:
        """Horizontal grid lines with their values at the left."""
        line = Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>{}')
        return Markup("").join(
            line.format(self.left, self.y(value), self.width - self.right,
                        draw_text(self.left - 6, self.y(value) + 3.5, label, "end"))
            for value, label in zip(values, labels, strict=True)
        )  # fmt: skip

    def draw_columns(self, values: Iterable[float], labels: Iterable[str]) -> Markup:
        """Values below the plot."""
        below = self.height - self.bottom + 14
        return Markup("").join(
            draw_text(self.x(value), below, label, "middle") for value, label in zip(values, labels, strict=True)
        )


def draw_text(x: float, y: float, words: str, anchor: str = "start", css_class: str = "tick") -> Markup:
    """Words in a picture."""
    mark = Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    return mark.format(css_class, x, y, anchor, words)


def draw_svg(width: float, height: float, title: str, description: str, body: Markup) -> Markup:
    """A whole picture, with the words for those who do not see it."""
    start = Markup('<svg role="img" viewBox="0 0 {:g} {:g}"><title>{}</title><desc>{}</desc>')
    return start.format(width, height, title, description) + body + Markup("</svg>")


def choose_ticks(high: float, limit: int = 5) -> list[float]:
    """Round values from 0 up to a value, few enough to read."""
    if high <= 0:
        return [0.0]
    unit = 10.0 ** math.floor(math.log10(high / limit))
    step = next(unit * factor for factor in _STEPS if high / (unit * factor) <= limit)
    return [step * number for number in range(int(high / step + 1e-9) + 1)]


def spread_positions(places: Sequence[float], distance: float) -> list[float]:
    """The same places in the same order, moved down as far as needed to be this far from each other."""
    moved = dict.fromkeys(range(len(places)), 0.0)
    last = -math.inf
    for number in sorted(moved, key=lambda each: places[each]):
        last = moved[number] = max(places[number], last + distance)
    return [moved[number] for number in range(len(places))]
