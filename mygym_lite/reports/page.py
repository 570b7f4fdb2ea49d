"""Common frame of the HTML reports: one self-contained file that loads no external resources."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from markupsafe import Markup

from mygym_lite.reports import formatting
from mygym_lite.reports.heatmap_colors import build_color_table, get_color_index

_BASE_PACKAGE, _TEMPLATE = "mygym_lite.reports", "page.html.j2"
_FILTERS = {
    "percent": formatting.format_percent,
    "points": formatting.format_points,
    "amount": formatting.format_amount,
    "percent_range": formatting.format_percent_range,
    "points_range": formatting.format_points_range,
    "amount_range": formatting.format_amount_range,
    "p_value": formatting.format_p_value,
    "readable": formatting.format_name,
    "color_index": get_color_index,
}


def render_page(
    package: str,
    *,
    title: str,
    subtitle: str,
    sections: Sequence[tuple[str, str]],
    version: str,
    notices: Sequence[str] = (),
    **content: object,
) -> str:
    """Render the template ``page.html.j2`` of a package, which extends ``base.html.j2``.

    Args:
        package: Package that contains the template.
        title: Title and heading of the page.
        subtitle: Line below the heading.
        sections: Anchor and title of each section, for the navigation bar.
        version: Version of the software that produced the data.
        notices: Warnings shown below the heading.
        content: Further variables of the template.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def load_template(name: str) -> str:
        return _read_resource(package if name == _TEMPLATE else _BASE_PACKAGE, name)

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, loader=FunctionLoader(load_template)
    )
    environment.filters |= _FILTERS
    colors = build_color_table()
    return environment.get_template(_TEMPLATE).render(
        title=title,
        subtitle=subtitle,
        sections=sections,
        version=version,
        notices=notices,
        style=Markup(_read_resource(_BASE_PACKAGE, "style.css")),
        script=Markup(_read_resource(_BASE_PACKAGE, "script.js")),
        shades=list(zip(colors["light"], colors["dark"], strict=True)),
        **content,
    )


def _read_resource(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")
