"""Charts as an image file of their own, with the colors of the light theme."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mygym_lite.reports.svg import draw_text

_COLORS = ("#1f66ad", "#a8480f", "#1a7560", "#7a4a9c", "#7d6508", "#5a6470")
_DASHES = ("none", "5 2.5", "1.5 2.5", "8 2.5 1.5 2.5", "3 1.5", "10 3")
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#575d65}.title{font-size:14px;font-weight:600;fill:#1b1e22}"
    ".name{font-size:12px;font-weight:600;fill:var(--c)}.grid{stroke:#e2dfd8;fill:none}"
    ".band{fill:var(--c);opacity:.17}.line{stroke:var(--c);stroke-width:1.8;fill:none;stroke-dasharray:var(--dash)}"
    ".whisker{stroke:var(--c);stroke-width:5;opacity:.3}circle{fill:var(--c)}"
) + "".join(f".p{n}{{--c:{c};--dash:{d}}}" for n, (c, d) in enumerate(zip(_COLORS, _DASHES, strict=True)))
_TITLE_HEIGHT = 26  # px


def join_charts(charts: Sequence[tuple[str, Markup]], width: float, height: float, columns: int = 2) -> str:
    """Join charts of one size, each below its title, into the text of an SVG file.

    Args:
        charts: Title and chart.
        width: Width of a chart, px.
        height: Height of a chart, px.
        columns: Charts side by side.
    """
    columns = min(columns, len(charts))
    rows = -(-len(charts) // columns)
    body = Markup("").join(
        _place_chart(
            title, chart, (number % columns) * width, (number // columns) * (height + _TITLE_HEIGHT), width, height
        )
        for number, (title, chart) in enumerate(charts)
    )
    start = Markup('<svg xmlns="http://www.w3.org/2000/svg" width="{0:g}" height="{1:g}" viewBox="0 0 {0:g} {1:g}">')
    background = Markup('<style>{}</style><rect width="100%" height="100%" fill="#ffffff"/>').format(Markup(_STYLE))
    head = start.format(columns * width, rows * (height + _TITLE_HEIGHT))
    return str(head + background + body + Markup("</svg>\n"))


def _place_chart(title: str, chart: Markup, x: float, y: float, width: float, height: float) -> Markup:
    place = Markup('<svg x="{:g}" y="{:g}" width="{:g}" height="{:g}">{}</svg>')
    heading = draw_text(x + 40, y + 18, title, css_class="title")
    return heading + place.format(x, y + _TITLE_HEIGHT, width, height, chart)
