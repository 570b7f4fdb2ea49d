"""Chart of automatic domain randomization as SVG: the strength of each boundary over its episodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from mygym_lite.reports.svg import PlotArea, Point, draw_svg, draw_text

_WIDTH, _MIN_HEIGHT = 1216, 400  # px
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 300, 30, 50  # px; the legend is in the right margin
_LEGEND_ROW = 16  # px
_COLORS = ("#1f6fb2", "#c2462e", "#2e8b57", "#8a5cc2", "#c28a1f", "#3aa0a8", "#b23a7a", "#5f6b78")
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#24292f}"
    "path{fill:none;stroke-width:1.8}.grid{stroke:#d8dee4;stroke-width:1}"
)
_TITLE = "strength of each boundary over the episodes played at boundaries"


def draw_growth_chart(state: Mapping[str, Any]) -> str:
    """Draw the history in ``Adr.state_dict()``; boundaries that never moved are left out."""
    histories: dict[tuple[str, str], list[Point]] = {}
    for episodes, path, end, strength in state["history"]:
        histories.setdefault((path, end), [(0, 0.0)]).append((episodes, strength))
    last = max(1, int(state["judged"]))
    highest = max([1.0, *(strength for points in histories.values() for _, strength in points)])
    height = max(_MIN_HEIGHT, _LEGEND_ROW * len(histories) + _TOP + _BOTTOM)
    area = PlotArea(
        width=_WIDTH,
        height=height,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        x_range=(0.0, last),
        y_range=(0.0, highest),
    )
    rows = [highest * k / 4 for k in range(5)]
    body = Markup("<style>{}</style>").format(Markup(_STYLE)) + Markup(
        '<rect width="100%" height="100%" fill="white"/>'
    )
    body += draw_text(_LEFT, 18, _TITLE)
    body += area.draw_rows(rows, [f"{row:.2f}" for row in rows]) + area.draw_columns([0, last], ["0", str(last)])
    for number, ((path, end), points) in enumerate(histories.items()):
        body += _draw_boundary(area, number, f"{path}, {end}", _make_steps(points, last))
    svg = draw_svg(_WIDTH, height, _TITLE, "one line per boundary; lower boundaries are dashed", body)
    return str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _draw_boundary(area: PlotArea, number: int, label: str, points: list[Point]) -> Markup:
    """Draw the line and the legend entry of a boundary."""
    dash = Markup(' stroke-dasharray="5 3"') if label.endswith("low") else Markup("")
    line = Markup('<path stroke="{}"{} d="{}"/>')
    color, x, y = _COLORS[number % len(_COLORS)], _WIDTH - _RIGHT + 14, _TOP + _LEGEND_ROW * (number + 0.5)
    entry = line.format(color, dash, f"M{x},{y}h20") + draw_text(x + 26, y + 4, label)
    return line.format(color, dash, area.format_path(points)) + entry


def _make_steps(points: list[Point], last: int) -> list[Point]:
    """Make a staircase: a strength holds until it moves."""
    steps = [points[0]]
    for episodes, strength in points[1:]:
        steps += [(episodes, steps[-1][1]), (episodes, strength)]
    return [*steps, (last, steps[-1][1])]
