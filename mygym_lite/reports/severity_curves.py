"""What becomes of a number as an axis becomes harder: lines with their bands, as large charts and as small panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mygym_lite.reports.formatting import format_amount, format_percent
from mygym_lite.reports.svg import PlotArea, choose_ticks, draw_svg, draw_text, spread_positions
from mygym_lite.stats import Estimate

_SHARES = (0.0, 0.5, 1.0)
_NAME_WIDTH, _NAME_APART = 92, 14  # px


@dataclass(frozen=True)
class SeverityLine:
    """One policy's values by severity; severity 0 is the declared task."""

    policy: str
    color: int
    points: tuple[tuple[int, Estimate], ...]

    @property
    def known_points(self) -> list[tuple[int, Estimate]]:
        """The points that have a value."""
        return [(level, estimate) for level, estimate in self.points if estimate.value is not None]


def draw_panel(
    title: str, description: str, lines: Sequence[SeverityLine], severities: Sequence[int], maximum: float | None = None
) -> Markup:
    """A small picture of what becomes of a number on one axis.

    Args:
        title: What is shown, for those who do not see it.
        description: What it shows, likewise.
        lines: One for each policy.
        severities: The severities.
        maximum: The end of the scale, which several panels share; the values are shares of 1 if it is left out.
    """
    frame = PlotArea(180, 104, 30, 8, 8, 20, _severities(severities), (0.0, maximum or 1.0))
    values, label = (_SHARES, format_percent) if maximum is None else (choose_ticks(maximum, 3), _tick)
    body = frame.draw_rows(values, map(label, values)) + frame.draw_columns(severities, map(str, severities))
    body += Markup("").join(_line(frame, line) for line in lines)
    return draw_svg(frame.width, frame.height, title, description, body)


def draw_chart(
    title: str,
    description: str,
    lines: Sequence[SeverityLine],
    severities: Sequence[int],
    limit: float | None = None,
    is_rate: bool = True,
) -> Markup:
    """A large picture whose lines bear the names of their policies.

    Args:
        title: What is shown, for those who do not see it.
        description: What it shows, likewise.
        lines: One for each policy.
        severities: The severities.
        limit: Where the task says that it is too much.
        is_rate: Whether the values are shares of 1.
    """
    most = 1.0 if is_rate else _most(lines, limit)
    frame = PlotArea(440, 236, 40, _NAME_WIDTH, 14, 40, _severities(severities), (0.0, most))
    values = [0.0, 0.25, 0.5, 0.75, 1.0] if is_rate else choose_ticks(most)
    body = frame.draw_rows(values, map(format_percent if is_rate else _tick, values)) + frame.draw_columns(
        severities, map(_severity, severities)
    )
    body += draw_text((frame.left + frame.width - frame.right) / 2, frame.height - 6, "severity", "middle")
    body += Markup("").join(_line(frame, line) for line in lines) + _limit(frame, limit) + _names(frame, lines)
    return draw_svg(frame.width, frame.height, title, description, body)


def _severities(levels: Sequence[int]) -> tuple[float, float]:
    return 0.0, float(max(1, *levels)) if levels else 1.0


def _severity(level: int) -> str:
    return str(level) if level else "nominal"


def _tick(value: float) -> str:
    return f"{value:g}"


def _most(lines: Sequence[SeverityLine], limit: float | None) -> float:
    """The end of a scale: an interval from a few episodes, which may end anywhere, does not stretch it."""
    values = [estimate.value or 0.0 for line in lines for _, estimate in line.known_points]
    highs = [estimate.high or 0.0 for line in lines for _, estimate in line.known_points]
    return max(1.08 * max([*values, limit or 0.0, 1e-3]), min(max([*highs, 0.0]), 1.3 * max([*values, 0.0])))


def _limit(frame: PlotArea, limit: float | None) -> Markup:
    if limit is None:
        return Markup("")
    line = Markup('<path class="limit" d="M{:.1f} {:.1f}H{:.1f}"/>{}')
    words = draw_text(
        frame.left + 4, frame.y(limit) - 4, f"limit of the task {format_amount(limit)} N", css_class="tick limit-name"
    )
    return line.format(frame.left, frame.y(limit), frame.width - frame.right, words)


def _line(frame: PlotArea, line: SeverityLine) -> Markup:
    """A band, a line and points, in this order so that no band hides a line's own points."""
    points = [(float(level), estimate.value) for level, estimate in line.known_points if estimate.value is not None]
    if not points:
        return Markup("")
    band = [
        (float(level), estimate.low, estimate.high)
        for level, estimate in line.known_points
        if estimate.low is not None and estimate.high is not None
    ]
    bottom, top = frame.y_range
    lows, highs = [(x, max(low, bottom)) for x, low, _ in band], [(x, min(high, top)) for x, _, high in band]
    area = (
        Markup('<path class="band" d="{}"/>').format(frame.format_band(lows, highs))
        if len(band) > 1
        else _bar(frame, band)
    )
    dots = Markup("").join(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.4"/>').format(frame.x(x), frame.y(y))
                           for x, y in points)  # fmt: skip
    return Markup('<g class="p{}">{}<path class="line" d="{}"/>{}</g>').format(
        line.color, area, frame.format_path(points), dots
    )


def _bar(frame: PlotArea, band: Sequence[tuple[float, float, float]]) -> Markup:
    """The interval of a single point."""
    mark = Markup('<path class="whisker" d="M{:.1f} {:.1f}V{:.1f}"/>')
    bottom, top = frame.y_range
    return Markup("").join(
        mark.format(frame.x(x), frame.y(max(low, bottom)), frame.y(min(high, top))) for x, low, high in band
    )


def _names(frame: PlotArea, lines: Sequence[SeverityLine]) -> Markup:
    ends = [(line, line.known_points[-1][1].value or 0.0) for line in lines if line.known_points]
    places = spread_positions([frame.y(value) for _, value in ends], _NAME_APART)
    lift = max(0.0, places[-1] - (frame.height - frame.bottom) if places else 0.0)
    mark = Markup('<text class="name p{}" x="{:.1f}" y="{:.1f}">{}</text>')
    return Markup("").join(
        mark.format(line.color, frame.width - frame.right + 8, place + 4 - lift, _short(line.policy))
        for (line, _), place in zip(ends, places, strict=True)
    )


def _short(name: str) -> str:
    return name if len(name) <= 13 else name[:12] + "…"
