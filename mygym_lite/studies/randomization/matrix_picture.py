"""The transfer matrix as a picture: what each training comes to at the left, every axis at the right."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mygym_lite.reports.formatting import format_name, format_percent, format_points, format_points_range
from mygym_lite.reports.heatmap_colors import COLOR_STEPS, build_color_table, get_color_index
from mygym_lite.stats import Estimate
from mygym_lite.studies.randomization.findings import StudyCell, StudyFindings
from mygym_lite.studies.randomization.text import format_study_axis_count
from mygym_lite.viz.text import BOLD, MEDIUM, REGULAR, Color, Image, draw_text, measure_text, truncate_text

_PAPER, _INK, _SOFT, _RULE = (255, 255, 255), (27, 30, 34), (95, 101, 109), (226, 223, 216)
_HUES = ("#1f66ad", "#a8480f", "#1a7560", "#7a4a9c", "#7d6508", "#5a6470")
_WIDE, _EDGE, _GAP = 1400, 40, 56  # px: of the picture, around all, between blocks
_TITLE, _SUM, _FOOT = 98, 128, 62  # px from the top, of what sums up, of the legend
_ROW, _NAME = 28, 184  # px of an axis, of its name
_TEXT, _SMALL = 16, 14
_MARK = 5  # px, half the width of a triangle
Entry = tuple[str, str]
"""A heading and nothing, or nothing and an axis."""


def draw_matrix(findings: StudyFindings) -> Image:
    """The whole picture."""
    blocks = _blocks(findings)
    head, inside = _TITLE + _SUM, _WIDE - 2 * _EDGE
    paper: Image = np.full((head + _ROW * (1 + max(map(len, blocks))) + _FOOT, _WIDE, 3), _PAPER, np.uint8)
    _title(paper, findings)
    wide = (inside + _GAP / 2) / max(3, len(findings.presets))
    for number, preset in enumerate(findings.presets):
        left = round(_EDGE + number * wide)
        _sum(paper[_TITLE:head, left : left + round(wide - _GAP / 2)], findings, preset, _hue(number))
    room = (inside - _GAP * (len(blocks) - 1)) / len(blocks)
    for number, entries in enumerate(blocks):
        left = round(_EDGE + number * (room + _GAP))
        _block(paper[head:, left : left + round(room)], findings, entries)
    _legend(paper, findings)
    return paper


def _blocks(findings: StudyFindings) -> list[list[Entry]]:
    """Two columns of axes, broken between groups where they are most alike in length."""
    groups = [[(group, ""), *(("", axis) for axis in axes)] for group, axes in findings.axes]
    if len(groups) < 2:
        return groups
    lengths = np.cumsum([len(group) for group in groups])
    cut = int(np.argmin(np.abs(lengths[:-1] - lengths[-1] / 2))) + 1
    return [[entry for group in part for entry in group] for part in (groups[:cut], groups[cut:])]


def _title(paper: Image, findings: StudyFindings) -> None:
    plan = findings.plan
    draw_text(paper, f"What randomization buys on {plan.loaded_task.name}", (_EDGE, 48), 30, _INK, BOLD)
    told = (
        f"{plan.algo}, {plan.demonstrations.episodes} demonstrations; {plan.full_suite.name} at severity {findings.reported_severity}, "
        f"{format_study_axis_count(findings)} that reach the policy; "
        f"{plan.episodes} episodes a cell of each of {plan.seeds} "
        f"{'training' if plan.seeds == 1 else 'trainings'}; success in %, 95% intervals"
    )
    draw_text(paper, truncate_text(told, _TEXT, _WIDE - 2 * _EDGE), (_EDGE, 76), _TEXT, _SOFT)


def _sum(part: Image, findings: StudyFindings, preset: str, color: Color) -> None:
    """What one training comes to."""
    nominal, mean = findings.get_nominal_cell(preset), findings.get_mean_cell(preset)
    draw_text(part, truncate_text(preset, 20, part.shape[1], BOLD), (0, 24), 20, color, BOLD)
    _span(part, nominal.success, mean.success, 44, color)
    told = f"{format_percent(nominal.success.value)}% nominal, {format_percent(mean.success.value)}% at severity {findings.reported_severity}"
    draw_text(part, told, (0, 74), _SMALL, _SOFT)
    if mean.difference.value is not None:
        words, weight = f"{format_points(mean.difference.value)} points", BOLD if mean.significant else REGULAR
        draw_text(part, words, (0, 97), _TEXT, _INK, weight)
        draw_text(
            part,
            f"({format_points_range(mean.difference)})",
            (measure_text(words, _TEXT, weight) + 6, 97),
            _SMALL,
            _SOFT,
        )


def _span(part: Image, nominal: Estimate, mean: Estimate, y: int, color: Color) -> None:
    """A line from 0 to 100%, the interval of the mean, and both numbers on it."""
    left, right = 8, part.shape[1] - 10

    def x(share: float | None) -> int:
        return int(left + (right - left) * (share or 0.0))

    cv2.line(part, (left, y), (right, y), _RULE, 2, cv2.LINE_AA)
    pale = tuple(round(0.65 * 255 + 0.35 * channel) for channel in color)
    if mean.low is not None and mean.high is not None:
        cv2.rectangle(part, (x(mean.low), y - 4), (x(mean.high), y + 4), pale, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(part, (x(nominal.value), y), 8, _PAPER, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(part, (x(nominal.value), y), 8, color, 2, cv2.LINE_AA)
    cv2.circle(part, (x(mean.value), y), 6, color, cv2.FILLED, cv2.LINE_AA)


def _block(part: Image, findings: StudyFindings, entries: Sequence[Entry]) -> None:
    """Axes as rows under the names of the trainings."""
    wide = (part.shape[1] - _NAME) / len(findings.presets)
    for number, preset in enumerate(findings.presets):
        label, middle = truncate_text(preset, _SMALL, wide - 4, BOLD), _NAME + (number + 0.5) * wide
        draw_text(part, label, (middle, 16), _SMALL, _hue(number), BOLD, "middle")
    for place, (group, axis) in enumerate(entries, start=1):
        top = place * _ROW - 4
        if group:
            draw_text(part, format_name(group), (0, top + 21), _SMALL, _SOFT, BOLD)
            continue
        draw_text(part, truncate_text(format_name(axis), _TEXT, _NAME - 10, MEDIUM), (0, top + 19), _TEXT, _INK, MEDIUM)
        for number, preset in enumerate(findings.presets):
            cell = findings.get_cell(preset, axis, findings.reported_severity)
            _cell(part, cell, round(_NAME + number * wide), top, round(wide))


def _cell(part: Image, cell: StudyCell, left: int, top: int, wide: int) -> None:
    back, ink = map(_color, build_color_table()["light"][get_color_index(cell.success.value or 0.0)])
    part[top + 1 : top + _ROW - 1, left + 1 : left + wide - 1] = back
    draw_text(part, format_percent(cell.success.value), (left + wide / 2, top + 19), _TEXT, ink, MEDIUM, "middle")
    if cell.significant and wide > 38:
        _triangle(part, left + wide - 14, top + _ROW // 2, (cell.difference.value or 0.0) > 0.0, ink)


def _triangle(paper: Image, x: int, y: int, up: bool, color: Color) -> None:
    tip = -_MARK if up else _MARK
    corners = np.array([[x - _MARK + 1, y - tip // 2], [x + _MARK - 1, y - tip // 2], [x, y + tip // 2 + tip % 2]])
    cv2.fillPoly(paper, [corners.astype(np.int32)], color, cv2.LINE_AA)


def _legend(paper: Image, findings: StudyFindings) -> None:
    y, x = paper.shape[0] - 26, _EDGE + 400
    cv2.circle(paper, (_EDGE + 8, y - 5), 6, _SOFT, 2, cv2.LINE_AA)
    draw_text(paper, "nominal", (_EDGE + 22, y), _SMALL, _SOFT)
    cv2.circle(paper, (_EDGE + 106, y - 5), 5, _SOFT, cv2.FILLED, cv2.LINE_AA)
    draw_text(paper, f"mean over axes at severity {findings.reported_severity}", (_EDGE + 120, y), _SMALL, _SOFT)
    draw_text(paper, "0%", (x, y), _SMALL, _SOFT)
    x += 30
    for step in range(0, COLOR_STEPS + 1, 2):
        paper[y - 13 : y + 1, x : x + 16] = _color(build_color_table()["light"][step][0])
        x += 17
    draw_text(paper, "100%", (x + 8, y), _SMALL, _SOFT)
    if any(cell.significant for cell in findings.cells.values()):
        _triangle(paper, x + 78, y - 5, True, _SOFT)
        _triangle(paper, x + 94, y - 5, False, _SOFT)
        draw_text(paper, "more or less than none, interval without 0", (x + 108, y), _SMALL, _SOFT)


def _hue(number: int) -> Color:
    return _color(_HUES[number % len(_HUES)])


def _color(written: str) -> Color:
    red, green, blue = (int(written[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue
