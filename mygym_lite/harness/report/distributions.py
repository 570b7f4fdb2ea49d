"""Distributions of a value over episodes: one histogram per policy, stacked on a common scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from mygym_lite.reports.formatting import format_amount
from mygym_lite.reports.svg import PlotArea, choose_ticks, draw_svg, draw_text

_BINS = 48
_ROW, _HEAD, _FOOT = 62, 16, 36  # px
_RANGE_QUANTILE = 0.995  # of the values lie within the chart, since a few outliers would flatten the rest
_MIN_HISTOGRAM = 8  # values; fewer are drawn as one tick each


@dataclass(frozen=True)
class Distribution:
    """Nominal and perturbed values of one policy."""

    policy: str
    color: int
    nominal: NDArray[np.float64]
    perturbed: NDArray[np.float64]

    @property
    def all_values(self) -> NDArray[np.float64]:
        """Nominal and perturbed values."""
        return np.concatenate([self.nominal, self.perturbed])

    @property
    def median(self) -> float:
        """Median of the nominal values, or of the perturbed ones if there are none."""
        return float(np.median(self.nominal if self.nominal.size else self.perturbed))


def draw_distributions(
    title: str, unit: str, distributions: Sequence[Distribution], limit: float | None = None
) -> Markup:
    """Draw a row for each policy: perturbed values filled, nominal values as an outline, median as a line."""
    rows = [row for row in distributions if row.all_values.size]
    if not any(row.all_values.any() for row in rows):
        return Markup("")
    upper = max(float(np.quantile(distribution.all_values, _RANGE_QUANTILE)) for distribution in rows)
    upper = max(upper, limit or 0.0, 1e-3) * 1.04
    height = _HEAD + _ROW * len(rows) + _FOOT
    area = PlotArea(440, height, left=8, right=8, top=_HEAD, bottom=_FOOT, x_range=(0.0, upper))
    body = _draw_scale(area, unit, upper) + _draw_limit(area, limit)
    body += Markup("").join(_draw_row(area, row, _HEAD + _ROW * number, unit) for number, row in enumerate(rows))
    return draw_svg(area.width, height, title, "; ".join(_describe(row, unit) for row in rows), body)


def _draw_scale(area: PlotArea, unit: str, upper: float) -> Markup:
    values, floor = choose_ticks(upper, 8), area.height - _FOOT
    lines = Markup("").join(
        Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>').format(area.x(value), _HEAD, floor) for value in values
    )
    label = draw_text(area.width / 2, area.height - 5, unit, "middle")
    return lines + area.draw_columns(values, (f"{value:g}" for value in values)) + label


def _draw_limit(area: PlotArea, limit: float | None) -> Markup:
    if limit is None:
        return Markup("")
    mark = Markup('<path class="limit" d="M{:.1f} {:.1f}V{:.1f}"/>{}')
    text = f"task limit {format_amount(limit)} N"
    label = draw_text(area.x(limit) - 4, _HEAD - 5, text, "end", css_class="tick limit-name")
    return mark.format(area.x(limit), _HEAD, area.height - _FOOT, label)


def _draw_row(area: PlotArea, distribution: Distribution, top: float, unit: str) -> Markup:
    floor = top + _ROW - 6
    marks = _draw_histogram(area, distribution.perturbed, floor, "area") + _draw_histogram(
        area, distribution.nominal, floor, "line"
    )
    name = _draw_name(area, distribution, top + 13)
    return Markup('<g class="p{}"><path class="base" d="M{} {}H{}"/>{}</g>').format(
        distribution.color,
        area.left,
        floor,
        area.width - area.right,
        marks + _draw_median(area, distribution, floor, unit) + name,
    )


def _draw_histogram(area: PlotArea, values: NDArray[np.float64], floor: float, kind: str) -> Markup:
    if values.size == 0:
        return Markup("")
    if values.size < _MIN_HISTOGRAM:
        ticks_of = "".join(f"M{area.x(float(value)):.1f} {floor}v-10" for value in np.sort(values))
        return Markup('<path class="{} rug" d="{}"/>').format(kind, ticks_of)
    counts, edges = np.histogram(np.minimum(values, area.x_range[1]), _BINS, area.x_range)
    heights = (_ROW - 24) * counts / counts.max()
    steps = "".join(
        f"V{floor - upper:.1f}H{area.x(float(right)):.1f}" for upper, right in zip(heights, edges[1:], strict=True)
    )
    return Markup('<path class="{}" d="M{:.1f} {:.1f}{}V{:.1f}"/>').format(
        kind, area.x(float(edges[0])), floor, steps, floor
    )


def _draw_name(area: PlotArea, distribution: Distribution, base: float) -> Markup:
    """Draw the policy name at the end of the row opposite to the median."""
    right = distribution.median < 0.45 * area.x_range[1]
    x, anchor = (area.width - area.right, "end") if right else (area.left, "start")
    return draw_text(x, base, distribution.policy, anchor, css_class="name")


def _draw_median(area: PlotArea, distribution: Distribution, floor: float, unit: str) -> Markup:
    """Draw the median as a labeled line."""
    x = area.x(distribution.median)
    offset, anchor = (-5, "end") if distribution.median > 0.7 * area.x_range[1] else (5, "start")
    kind = "nominal median" if distribution.nominal.size else "median"
    text = f"{kind} {format_amount(distribution.median)} {unit}"
    label = draw_text(x + offset, floor - _ROW + 19, text, anchor, css_class="tick strong")
    return Markup('<path class="median" d="M{:.1f} {:.1f}V{:.1f}"/>{}').format(x, floor, floor - _ROW + 12, label)


def _describe(distribution: Distribution, unit: str) -> str:
    parts = [
        f"{kind} median {format_amount(float(np.median(values)))} {unit} of {values.size} episodes"
        for kind, values in (("nominal", distribution.nominal), ("perturbed", distribution.perturbed))
        if values.size
    ]
    return f"{distribution.policy}: {', '.join(parts)}"
