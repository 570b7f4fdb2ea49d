"""Curves of success over severity in a randomization study."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from mygym_lite.studies.randomization.curves import draw_curves, draw_curves_file


def make_cell(preset: str, axis: str, severity: int, success: float) -> dict[str, Any]:
    interval = {"value": success, "low": success / 2, "high": (1 + success) / 2}
    return {"preset": preset, "axis": axis, "severity": severity, "success": interval}


def make_cells(severities: tuple[int, ...]) -> list[dict[str, Any]]:
    presets = ("none", "full")
    nominal = [make_cell(preset, "nominal", 0, 1.0) for preset in presets]
    axes = [
        make_cell(preset, axis, severity, 1.0 / severity)
        for preset in presets
        for axis in ("mean", "joint_bias", "mass")
        for severity in severities
    ]
    return [*nominal, *axes]


def test_a_chart_for_each_axis_has_a_line_for_each_training() -> None:
    charts = draw_curves(make_cells((1, 3, 5)))
    assert [name for name, _ in charts] == ["joint bias", "mass"]
    for _, chart in charts:
        assert chart.count('class="line"') == 2
        assert chart.count("<circle") == 2 * 4  # nominal and three severities


def test_one_severity_makes_no_curve() -> None:
    assert draw_curves(make_cells((3,))) == []
    assert draw_curves_file(make_cells((3,))) == ""


def test_the_file_is_an_image_of_all_charts() -> None:
    root = ET.fromstring(draw_curves_file(make_cells((1, 5))))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"joint bias", "mass", "none", "full", "nominal", "severity"} <= texts
