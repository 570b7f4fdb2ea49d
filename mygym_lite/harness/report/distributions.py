"""How a number is spread over episodes: a binned outline for each policy, one above the other, on one scale."""

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
_SHOWN = 0.995  # of the episodes lie within the picture; a few that are far out would flatten all others
_FEW = 8  # episodes, from which an outline has a shape


@dataclass(frozen=True)
class Distribution:
    """One policy's values where nothing differs and where something does."""

    policy: str
    color: int
    nominal: NDArray[np.float64]
    perturbed: NDArray[np.float64]

    @property
    def all_values(self) -> NDArray[np.float64]:
        """All of them."""
        return np.concatenate([self.nominal, self.perturbed])

    @property
    def median(self) -> float:
        """The median of the nominal ones, or of all others where there is none."""
        return float(np.median(self.nominal if self.nominal.size else self.perturbed))


def draw_distributions(
    title: str, unit: str, distributions: Sequence[Distribution], limit: float | None = None
) -> Markup:
    """A row for each policy: all perturbed episodes filled, the nominal ones as an outline, medians as lines."""
    shown = [spread for spread in distributions if spread.all_values.size]
    if not any(spread.all_values.any() for spread in shown):
        return Markup("")
    high = max(float(np.quantile(spread.all_values, _SHOWN)) for spread in shown)
    high = max(high, limit or 0.0, 1e-3) * 1.04
    height = _HEAD + _ROW * len(shown) + _FOOT
    frame = PlotArea(440, height, 8, 8, _HEAD, _FOOT, (0.0, high))
    body = _scale(frame, unit, high) + _limit(frame, limit)
    body += Markup("").join(_row(frame, spread, _HEAD + _ROW * row, unit) for row, spread in enumerate(shown))
    return draw_svg(frame.width, height, title, "; ".join(_told(spread, unit) for spread in shown), body)


def _scale(frame: PlotArea, unit: str, high: float) -> Markup:
    values, floor = choose_ticks(high, 8), frame.height - _FOOT
    lines = Markup("").join(
        Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>').format(frame.x(value), _HEAD, floor)
        for value in values
    )
    named = draw_text(frame.width / 2, frame.height - 5, unit, "middle")
    return lines + frame.draw_columns(values, (f"{value:g}" for value in values)) + named


def _limit(frame: PlotArea, limit: float | None) -> Markup:
    if limit is None:
        return Markup("")
    mark = Markup('<path class="limit" d="M{:.1f} {:.1f}V{:.1f}"/>{}')
    words = draw_text(
        frame.x(limit) - 4, _HEAD - 5, f"limit of the task {format_amount(limit)} N", "end", "tick limit-name"
    )
    return mark.format(frame.x(limit), _HEAD, frame.height - _FOOT, words)


def _row(frame: PlotArea, spread: Distribution, top: float, unit: str) -> Markup:
    floor = top + _ROW - 6
    marks = _outline(frame, spread.perturbed, floor, "area") + _outline(frame, spread.nominal, floor, "line")
    name = _name(frame, spread, top + 13)
    return Markup('<g class="p{}"><path class="base" d="M{} {}H{}"/>{}{}{}</g>').format(
        spread.color, frame.left, floor, frame.width - frame.right, marks, _medians(frame, spread, floor, unit), name
    )


def _outline(frame: PlotArea, values: NDArray[np.float64], floor: float, kind: str) -> Markup:
    if values.size == 0:
        return Markup("")
    if values.size < _FEW:
        ticks_of = "".join(f"M{frame.x(float(value)):.1f} {floor}v-10" for value in np.sort(values))
        return Markup('<path class="{} rug" d="{}"/>').format(kind, ticks_of)
    counts, edges = np.histogram(np.minimum(values, frame.x_range[1]), _BINS, frame.x_range)
    heights = (_ROW - 24) * counts / counts.max()
    steps = "".join(
        f"V{floor - high:.1f}H{frame.x(float(right)):.1f}" for high, right in zip(heights, edges[1:], strict=True)
    )
    return Markup('<path class="{}" d="M{:.1f} {:.1f}{}V{:.1f}"/>').format(
        kind, frame.x(float(edges[0])), floor, steps, floor
    )


def _name(frame: PlotArea, spread: Distribution, base: float) -> Markup:
    """At the end of the row where the median is not."""
    right = spread.median < 0.45 * frame.x_range[1]
    x, anchor = (frame.width - frame.right, "end") if right else (frame.left, "start")
    return draw_text(x, base, spread.policy, anchor, "name")


def _medians(frame: PlotArea, spread: Distribution, floor: float, unit: str) -> Markup:
    """Where half of the episodes lie."""
    middle = spread.median
    x, left = frame.x(middle), middle > 0.7 * frame.x_range[1]
    what = "nominal median" if spread.nominal.size else "median"
    words = draw_text(x - 5 if left else x + 5, floor - _ROW + 19, f"{what} {format_amount(middle)} {unit}",
                 "end" if left else "start", "tick strong")  # fmt: skip
    return Markup('<path class="median" d="M{:.1f} {:.1f}V{:.1f}"/>{}').format(x, floor, floor - _ROW + 12, words)


def _told(spread: Distribution, unit: str) -> str:
    parts = [
        f"{what} median {format_amount(float(np.median(values)))} {unit} of {values.size} episodes"
        for what, values in (("nominal", spread.nominal), ("perturbed", spread.perturbed))
        if values.size
    ]
    return f"{spread.policy}: {', '.join(parts)}"
