"""Transfer matrix as an image: summary of each training preset above, success on every axis below."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mygym_lite.reports.formatting import format_count, format_name, format_percent, format_points, format_points_range
from mygym_lite.reports.heatmap_colors import COLOR_STEPS, build_color_table, get_color_index
from mygym_lite.stats import Estimate
from mygym_lite.studies.randomization.findings import StudyCell, StudyFindings
from mygym_lite.studies.randomization.text import format_study_axis_count
from mygym_lite.viz.text import BOLD, MEDIUM, REGULAR, Color, Image, draw_text, measure_text, truncate_text

_PAPER, _INK, _SOFT, _RULE = (255, 255, 255), (27, 30, 34), (95, 101, 109), (226, 223, 216)
_HUES = ("#1f66ad", "#a8480f", "#1a7560", "#7a4a9c", "#7d6508", "#5a6470")
_WIDTH, _MARGIN, _GAP = 1400, 40, 56  # px: width of the image, outer margin, gap between blocks
_TITLE_HEIGHT, _SUMMARY_HEIGHT, _LEGEND_HEIGHT = 98, 128, 62  # px
_ROW_HEIGHT, _NAME_WIDTH = 28, 184  # px of an axis and of its name
_TEXT, _SMALL = 16, 14  # px, font sizes
_TRIANGLE = 5  # px, half the width of a triangle
Entry = tuple[str, str]
"""Group heading and an empty string, or an empty string and an axis."""


def draw_matrix(findings: StudyFindings) -> Image:
    """Draw the transfer matrix at the reported severity."""
    blocks = _split_into_columns(findings)
    head, inside = _TITLE_HEIGHT + _SUMMARY_HEIGHT, _WIDTH - 2 * _MARGIN
    image: Image = np.full(
        (head + _ROW_HEIGHT * (1 + max(map(len, blocks))) + _LEGEND_HEIGHT, _WIDTH, 3), _PAPER, np.uint8
    )
    _draw_title(image, findings)
    width = (inside + _GAP / 2) / max(3, len(findings.presets))
    for number, preset in enumerate(findings.presets):
        left = round(_MARGIN + number * width)
        _draw_summary(
            image[_TITLE_HEIGHT:head, left : left + round(width - _GAP / 2)],
            findings,
            preset,
            _get_preset_color(number),
        )
    room = (inside - _GAP * (len(blocks) - 1)) / len(blocks)
    for number, entries in enumerate(blocks):
        left = round(_MARGIN + number * (room + _GAP))
        _draw_block(image[head:, left : left + round(room)], findings, entries)
    _draw_legend(image, findings)
    return image


def _split_into_columns(findings: StudyFindings) -> list[list[Entry]]:
    """Split the axes into two columns of similar length, between groups."""
    groups = [[(group, ""), *(("", axis) for axis in axes)] for group, axes in findings.axes]
    if len(groups) < 2:
        return groups
    lengths = np.cumsum([len(group) for group in groups])
    cut = int(np.argmin(np.abs(lengths[:-1] - lengths[-1] / 2))) + 1
    return [[entry for group in panel for entry in group] for panel in (groups[:cut], groups[cut:])]


def _draw_title(image: Image, findings: StudyFindings) -> None:
    plan = findings.plan
    draw_text(image, f"Effect of domain randomization on {plan.loaded_task.name}", (_MARGIN, 48), 30, _INK, weight=BOLD)
    note = (
        f"{plan.algo}, {plan.demonstrations.episodes} demonstrations; "
        f"{plan.full_suite.name} at severity {findings.reported_severity}, "
        f"{format_study_axis_count(findings)} that can affect the policy; {plan.episodes} episodes per cell and run, "
        f"{format_count(plan.seeds, 'training run')}; success rate in %, 95% intervals"
    )
    draw_text(image, truncate_text(note, _TEXT, _WIDTH - 2 * _MARGIN), (_MARGIN, 76), _TEXT, _SOFT)


def _draw_summary(panel: Image, findings: StudyFindings, preset: str, color: Color) -> None:
    """Draw nominal success, mean success and difference of one preset."""
    nominal, mean = findings.get_nominal_cell(preset), findings.get_mean_cell(preset)
    draw_text(panel, truncate_text(preset, 20, panel.shape[1], BOLD), (0, 24), 20, color, weight=BOLD)
    _draw_span(panel, nominal.success, mean.success, 44, color)
    rates = (
        f"{format_percent(nominal.success.value)}% nominal, "
        f"{format_percent(mean.success.value)}% at severity {findings.reported_severity}"
    )
    draw_text(panel, rates, (0, 74), _SMALL, _SOFT)
    if mean.difference.value is not None:
        text, weight = f"{format_points(mean.difference.value)} points", BOLD if mean.significant else REGULAR
        draw_text(panel, text, (0, 97), _TEXT, _INK, weight=weight)
        interval, x = f"({format_points_range(mean.difference)})", measure_text(text, _TEXT, weight) + 6
        draw_text(panel, interval, (x, 97), _SMALL, _SOFT)


def _draw_span(panel: Image, nominal: Estimate, mean: Estimate, y: int, color: Color) -> None:
    """Draw a scale from 0 to 100% with nominal success, mean success and the interval of the mean."""
    left, right = 8, panel.shape[1] - 10

    def x(share: float | None) -> int:
        return int(left + (right - left) * (share or 0.0))

    cv2.line(panel, (left, y), (right, y), _RULE, 2, cv2.LINE_AA)
    pale = tuple(round(0.65 * 255 + 0.35 * channel) for channel in color)
    if mean.low is not None and mean.high is not None:
        cv2.rectangle(panel, (x(mean.low), y - 4), (x(mean.high), y + 4), pale, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(panel, (x(nominal.value), y), 8, _PAPER, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(panel, (x(nominal.value), y), 8, color, 2, cv2.LINE_AA)
    cv2.circle(panel, (x(mean.value), y), 6, color, cv2.FILLED, cv2.LINE_AA)


def _draw_block(panel: Image, findings: StudyFindings, entries: Sequence[Entry]) -> None:
    """Draw axes as rows under the names of the presets."""
    width = (panel.shape[1] - _NAME_WIDTH) / len(findings.presets)
    for number, preset in enumerate(findings.presets):
        label, middle = truncate_text(preset, _SMALL, width - 4, BOLD), _NAME_WIDTH + (number + 0.5) * width
        draw_text(panel, label, (middle, 16), _SMALL, _get_preset_color(number), weight=BOLD, align="middle")
    for row, (group, axis) in enumerate(entries, start=1):
        top = row * _ROW_HEIGHT - 4
        if group:
            draw_text(panel, format_name(group), (0, top + 21), _SMALL, _SOFT, weight=BOLD)
            continue
        draw_text(
            panel,
            truncate_text(format_name(axis), _TEXT, _NAME_WIDTH - 10, MEDIUM),
            (0, top + 19),
            _TEXT,
            _INK,
            weight=MEDIUM,
        )
        for number, preset in enumerate(findings.presets):
            cell = findings.get_cell(preset, axis, findings.reported_severity)
            _draw_cell(panel, cell, round(_NAME_WIDTH + number * width), top, round(width))


def _draw_cell(panel: Image, cell: StudyCell, left: int, top: int, width: int) -> None:
    back, ink = map(_parse_color, build_color_table()["light"][get_color_index(cell.success.value or 0.0)])
    panel[top + 1 : top + _ROW_HEIGHT - 1, left + 1 : left + width - 1] = back
    draw_text(
        panel,
        format_percent(cell.success.value),
        (left + width / 2, top + 19),
        _TEXT,
        ink,
        weight=MEDIUM,
        align="middle",
    )
    if cell.significant and width > 38:
        _draw_triangle(panel, left + width - 14, top + _ROW_HEIGHT // 2, (cell.difference.value or 0.0) > 0.0, ink)


def _draw_triangle(image: Image, x: int, y: int, up: bool, color: Color) -> None:
    tip = -_TRIANGLE if up else _TRIANGLE
    corners = np.array(
        [[x - _TRIANGLE + 1, y - tip // 2], [x + _TRIANGLE - 1, y - tip // 2], [x, y + tip // 2 + tip % 2]]
    )
    cv2.fillPoly(image, [corners.astype(np.int32)], color, cv2.LINE_AA)


def _draw_legend(image: Image, findings: StudyFindings) -> None:
    y, x = image.shape[0] - 26, _MARGIN + 400
    cv2.circle(image, (_MARGIN + 8, y - 5), 6, _SOFT, 2, cv2.LINE_AA)
    draw_text(image, "nominal", (_MARGIN + 22, y), _SMALL, _SOFT)
    cv2.circle(image, (_MARGIN + 106, y - 5), 5, _SOFT, cv2.FILLED, cv2.LINE_AA)
    draw_text(image, f"mean over axes at severity {findings.reported_severity}", (_MARGIN + 120, y), _SMALL, _SOFT)
    draw_text(image, "0%", (x, y), _SMALL, _SOFT)
    x += 30
    for step in range(0, COLOR_STEPS + 1, 2):
        image[y - 13 : y + 1, x : x + 16] = _parse_color(build_color_table()["light"][step][0])
        x += 17
    draw_text(image, "100%", (x + 8, y), _SMALL, _SOFT)
    if any(cell.significant for cell in findings.cells.values()):
        _draw_triangle(image, x + 78, y - 5, True, _SOFT)
        _draw_triangle(image, x + 94, y - 5, False, _SOFT)
        draw_text(image, "higher or lower than none, interval excludes 0", (x + 108, y), _SMALL, _SOFT)


def _get_preset_color(number: int) -> Color:
    return _parse_color(_HUES[number % len(_HUES)])


def _parse_color(code: str) -> Color:
    red, green, blue = (int(code[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue
