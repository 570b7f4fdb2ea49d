"""Charts of a fidelity result: success in both worlds by policy, drops in both worlds by axis, curves over severity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from mygym_lite.reports.formatting import format_name, format_percent, format_points
from mygym_lite.reports.severity_curves import SeverityLine, draw_panel
from mygym_lite.reports.svg import PlotArea, draw_svg, draw_text
from mygym_lite.stats import Estimate
from mygym_lite.studies.fidelity.agreement import Agreement, PolicyScore
from mygym_lite.studies.fidelity.drops import DropAgreement
from mygym_lite.studies.fidelity.world_pair import WorldPair

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_SIZE, _NAME_HEIGHT, _NAME_GAP, _LETTER = 440, 14, 9, 7.2  # px
_SHIFTS = tuple(sign * 7 * step for step in range(200) for sign in (1, -1))  # px, of a name from its point
Box = tuple[float, float, str]
"""Left end, baseline and text of a name."""
_MAX_NAMES = 6  # axes labeled in the chart of drops
_DOT = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"/>')


def draw_score_scatter(pair: WorldPair, agreement: Agreement) -> Markup:
    """Draw the success of each policy in both worlds with error bars, and its mean along each axis as a faint dot."""
    area = _make_square((0.0, 1.0))
    body = _draw_frame(area, _SHARES, format_percent, f"success in {pair.a.name}, %", f"success in {pair.b.name}, %")
    axes = _group_by_axis(pair, agreement.task)
    for number in range(len(agreement.scores)):
        points = [[world.rates[number, columns].mean() for world in (pair.a, pair.b)] for columns in axes]
        dots = Markup("").join(_DOT.format("faint", area.x(x), area.y(y), 2.6) for x, y in points)
        body += Markup('<g class="p{}">{}</g>').format(number % 6, dots)
    for number, score in enumerate(agreement.scores):
        body += Markup('<g class="p{}">{}</g>').format(number % 6, _draw_score(area, score))
    marks = [(s.policy, s.a.value or 0.0, s.b.value or 0.0, n % 6) for n, s in enumerate(agreement.scores)]
    body += _draw_names(area, marks)
    description = "; ".join(
        f"{s.policy}: {format_percent(s.a.value)}% and {format_percent(s.b.value)}%" for s in agreement.scores
    )
    return draw_svg(area.width, area.height, f"Success in {pair.a.name} and {pair.b.name}", description, body)


def _group_by_axis(pair: WorldPair, task: str | None) -> list[list[int]]:
    """Group the shared conditions by task and axis; nominal is a group of its own."""
    groups: dict[tuple[str, str], list[int]] = {}
    for column in pair.select_shared(task):
        condition = pair.conditions[column]
        groups.setdefault((condition.task, condition.axis), []).append(column)
    return list(groups.values())


def draw_drop_scatter(pair: WorldPair, drops: Sequence[DropAgreement]) -> Markup:
    """Draw the mean drop along each axis in both worlds; the axes that differ most are named."""
    rows = [drop for drop in drops if drop.axis is not None and drop.severity is None]
    values = [(row.drop_a.value or 0.0, row.drop_b.value or 0.0) for row in rows]
    low, high = min(0.0, *(min(value) for value in values)), max(0.2, *(max(value) for value in values))
    margin = 0.06 * (high - low)
    area = _make_square((low - margin, high + margin))
    step = 0.25 if high - low > 0.6 else 0.1
    ticks = [step * number for number in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]
    labels = f"drop in {pair.a.name}, points", f"drop in {pair.b.name}, points"
    body = _draw_frame(area, ticks, _format_tick, *labels)
    for x, y in values:
        body += Markup('<g class="p5">{}</g>').format(_DOT.format("", area.x(x), area.y(y), 3.2))
    ranked = sorted(zip(rows, values, strict=True), key=lambda entry: -abs(entry[1][0] - entry[1][1]))
    different = [(row, value) for row, value in ranked[:_MAX_NAMES] if abs(value[0] - value[1]) > 0.0]
    body += _draw_names(area, [(format_name(row.axis or ""), x, y, 5) for row, (x, y) in different])
    description = "; ".join(
        f"{row.axis}: {format_points(x)} and {format_points(y)}" for row, (x, y) in zip(rows, values, strict=True)
    )
    return draw_svg(area.width, area.height, f"Drops in {pair.a.name} and {pair.b.name}", description, body)


def draw_axis_panels(pair: WorldPair, drops: Sequence[DropAgreement]) -> list[tuple[str, Markup]]:
    """Draw the mean success of all policies over severity in both worlds, one panel for each axis."""
    by_axis: dict[str, list[DropAgreement]] = {}
    for drop in drops:
        if drop.axis is not None and drop.severity is not None:
            by_axis.setdefault(drop.axis, []).append(drop)
    panels = []
    for axis, rows in by_axis.items():
        lines = [
            SeverityLine(pair.a.name, 0, _list_points(rows, "a")),
            SeverityLine(pair.b.name, 1, _list_points(rows, "b")),
        ]
        severities = [severity for severity, _ in lines[0].points]
        description = f"Mean success of the policies by severity of {format_name(axis)}"
        panels.append((format_name(axis), draw_panel(format_name(axis), description, lines, severities)))
    return panels


def _list_points(rows: Sequence[DropAgreement], world: str) -> tuple[tuple[int, Estimate], ...]:
    """List the success at each severity; nominal success is that of the first row before its drop."""
    first = rows[0]
    success, drop = getattr(first, f"success_{world}").value or 0.0, getattr(first, f"drop_{world}").value or 0.0
    nominal = Estimate(success + drop, None, None)
    return ((0, nominal), *((row.severity or 0, getattr(row, f"success_{world}")) for row in rows))


def _make_square(span: tuple[float, float]) -> PlotArea:
    return PlotArea(_SIZE, _SIZE - 22, left=48, right=16, top=12, bottom=42, x_range=span, y_range=span)


def _format_tick(value: float) -> str:
    return format_points(value).lstrip("+")


def _draw_frame(
    area: PlotArea, ticks: Sequence[float], format_tick: Callable[[float], str], x_label: str, y_label: str
) -> Markup:
    """Draw grid, ticks, axis labels, and the diagonal on which both worlds agree."""
    labels = [format_tick(tick) for tick in ticks]
    body = area.draw_rows(ticks, labels) + area.draw_columns(ticks, labels)
    line = Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>')
    body += Markup("").join(line.format(area.x(x), area.top, area.height - area.bottom) for x in ticks)
    low, high = area.x_range
    body += Markup('<path class="diagonal" d="{}"/>').format(area.format_path([(low, low), (high, high)]))
    middle = (area.left + area.width - area.right) / 2
    body += draw_text(middle, area.height - 6, x_label, "middle")
    height = (area.top + area.height - area.bottom) / 2
    turned = '<text class="tick" transform="translate(12 {:.1f}) rotate(-90)" text-anchor="middle">{}</text>'
    return body + Markup(turned).format(height, y_label)


def _draw_score(area: PlotArea, score: PolicyScore) -> Markup:
    point = score.a.value or 0.0, score.b.value or 0.0
    return _draw_bars(area, point, score.a, score.b) + _DOT.format("point", area.x(point[0]), area.y(point[1]), 5)


def _draw_bars(area: PlotArea, point: tuple[float, float], a: Estimate, b: Estimate) -> Markup:
    """Draw the intervals of both values, cut at the edge of the plot."""
    bars, (low, high) = Markup(""), area.x_range
    if a.low is not None and a.high is not None:
        path = Markup('<path class="error" d="M{:.1f} {:.1f}H{:.1f}"/>')
        bars += path.format(area.x(max(low, a.low)), area.y(point[1]), area.x(min(high, a.high)))
    if b.low is not None and b.high is not None:
        path = Markup('<path class="error" d="M{:.1f} {:.1f}V{:.1f}"/>')
        bars += path.format(area.x(point[0]), area.y(max(low, b.low)), area.y(min(high, b.high)))
    return bars


def _draw_names(area: PlotArea, marks: Sequence[tuple[str, float, float, int]]) -> Markup:
    """Draw a name beside each point, at its left in the right half of the plot, moved until no two names overlap."""
    body, placed = Markup(""), list[Box]()
    middle = (area.left + area.width - area.right) / 2
    text = Markup('<text class="name halo p{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    for name, x, y, color in sorted(marks, key=lambda mark: -mark[2]):
        is_right = area.x(x) > middle
        start = area.x(x) + (-_NAME_GAP if is_right else _NAME_GAP)
        left = start - _LETTER * len(name) if is_right else start
        shift = next(shift for shift in _SHIFTS if _is_free(placed, left, area.y(y) - 6 + shift, name))
        placed.append((left, area.y(y) - 6 + shift, name))
        body += text.format(color, start, area.y(y) - 6 + shift, "end" if is_right else "start", name)
    return body


def _is_free(placed: Sequence[Box], left: float, base: float, name: str) -> bool:
    """Return True if a name would overlap none of those placed before."""
    return all(
        abs(base - other_base) >= _NAME_HEIGHT
        or left > other_left + _LETTER * len(other)
        or other_left > left + _LETTER * len(name)
        for other_left, other_base, other in placed
    )
