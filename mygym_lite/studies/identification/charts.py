"""SVG charts of an identification: joint positions, their errors, and the intervals of parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from mygym_lite.reports.svg import PlotArea, choose_ticks, draw_svg, draw_text
from mygym_lite.studies.identification.motion import Array
from mygym_lite.studies.identification.result import FittedMotion, IdentifiedParameter

BEFORE, AFTER, MEASURED = 1, 0, 5
"""Colors of the simulation with declared and with fitted parameters, and of the measurement."""
_LINE = Markup('<g class="p{}"><path class="line" d="{}"/></g>')
_WIDTH, _HEIGHT = 520, 150
_TICKS = 4
_SECONDS_SHOWN = 10.0


def draw_positions(motion: FittedMotion, joint: int, first: int) -> Markup:
    """Draw measured and simulated positions of a joint, degrees, from a row on."""
    rows = _select_rows(motion, first)
    curves = [
        (MEASURED, motion.motion.positions[rows, joint]),
        (BEFORE, motion.before.positions[rows, joint]),
        (AFTER, motion.after.positions[rows, joint]),
    ]
    return _draw_curves("Joint position", "degrees", _get_times(motion, rows), [(c, np.degrees(y)) for c, y in curves])


def draw_errors(motion: FittedMotion, joint: int, first: int) -> Markup:
    """Draw the position errors of a joint, mrad, before and after the fit."""
    rows = _select_rows(motion, first)
    measured = motion.motion.positions[rows, joint]
    curves = [
        (color, 1e3 * (trajectory.positions[rows, joint] - measured))
        for color, trajectory in ((BEFORE, motion.before), (AFTER, motion.after))
    ]
    return _draw_curves("Position error", "mrad", _get_times(motion, rows), curves)


def draw_intervals(parameters: Sequence[IdentifiedParameter]) -> Markup:
    """Draw the interval of each parameter in its search range, with the declared value as a ring."""
    row = 30
    height = 40 + row * len(parameters)
    area = PlotArea(720, height, left=190, right=24, top=8, bottom=32, x_range=(0.0, 1.0))
    body = Markup("")
    for number, parameter in enumerate(parameters):
        y = area.top + row * (number + 0.5)
        body += _draw_interval(area, parameter, y)
    ends = ("lower end of the search", "upper end of the search")
    body += draw_text(area.x(0.0), height - 10, ends[0]) + draw_text(area.x(1.0), height - 10, ends[1], "end")
    description = "Fitted value with its 95% interval, and declared value, of each parameter in its search range"
    return draw_svg(area.width, area.height, "Fitted parameters", description, body)


def _draw_interval(area: PlotArea, parameter: IdentifiedParameter, y: float) -> Markup:
    def locate(value: float) -> float:
        return area.x(min(max(_scale(parameter, value), 0.0), 1.0))

    body = Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(area.x(0.0), y, area.x(1.0))
    body += draw_text(area.left - 12, y + 4, parameter.path, "end", "tick strong")
    ring = Markup('<g class="p{}"><circle class="ring" cx="{:.1f}" cy="{:.1f}" r="5"/></g>')
    body += ring.format(BEFORE, locate(parameter.declared), y)
    if parameter.low is None or parameter.high is None:
        return body
    whisker = Markup('<path class="whisker" d="M{:.1f} {:.1f}H{:.1f}"/>').format(
        locate(parameter.low), y, locate(parameter.high)
    )
    dot = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4"/>').format(locate(parameter.value), y)
    return body + Markup('<g class="p{}">{}{}</g>').format(AFTER, whisker, dot)


def _scale(parameter: IdentifiedParameter, value: float) -> float:
    low, high = parameter.search_low, parameter.search_high
    if low > 0.0:
        return math.log(max(value, 1e-12) / low) / math.log(high / low)
    return (value - low) / (high - low)


def _select_rows(motion: FittedMotion, first: int) -> slice:
    return slice(first, first + 1 + round(_SECONDS_SHOWN * motion.motion.control_hz))


def _get_times(motion: FittedMotion, rows: slice) -> Array:
    times: Array = np.arange(len(motion.motion.positions))[rows] / motion.motion.control_hz
    return times


def _draw_curves(title: str, unit: str, times: Array, curves: Sequence[tuple[int, Array]]) -> Markup:
    ticks = _choose_signed_ticks(
        min(float(values.min()) for _, values in curves), max(float(values.max()) for _, values in curves)
    )
    area = PlotArea(
        _WIDTH,
        _HEIGHT,
        left=48,
        right=8,
        top=8,
        bottom=22,
        x_range=(float(times[0]), float(times[-1])),
        y_range=(ticks[0], ticks[-1]),
    )
    body = area.draw_rows(ticks, (f"{tick:.10g}" for tick in ticks))
    seconds = [tick + float(times[0]) for tick in choose_ticks(float(times[-1] - times[0]))]
    body += area.draw_columns(seconds, (f"{tick:.10g}" for tick in seconds))
    for color, values in curves:
        body += _LINE.format(color, area.format_path(zip(times.tolist(), values.tolist(), strict=True)))
    return draw_svg(area.width, area.height, title, f"{title}, {unit}, over time, s", body)


def _choose_signed_ticks(low: float, high: float) -> list[float]:
    """Choose round values that enclose a range."""
    if high - low < 1e-12:
        low, high = low - 1e-3, high + 1e-3
    step = choose_ticks(high - low, _TICKS)[1]
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]
