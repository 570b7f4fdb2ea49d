"""Overlay of a film: contact forces over time, reward by term, and the time that success has been held."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError
from mygym_lite.viz.panel import SUPERSAMPLING, TEXT_SIZE, Panel, PanelCanvas
from mygym_lite.viz.text import BOLD, MEDIUM, Color, Image, draw_text

_INK: Color = (240, 242, 245)
_MUTED: Color = (164, 172, 184)
_RULE: Color = (100, 108, 121)
_GAIN: Color = (84, 200, 150)
_LOSS: Color = (240, 112, 96)
_PENDING: Color = (96, 156, 236)
_FORCES = {"hand_object": ("hand on object", (250, 190, 80)), "robot_table": ("robot on table", (232, 112, 158))}
_WINDOW = 4.0  # s; time axis of the force plot
_WIDTH, _PLOT_HEIGHT, _LINE_HEIGHT = 172.0, 46.0, 15.0  # px at unit 1
_BAR = 68.0, 122.0  # left and right end of the reward bars, px at unit 1
_MIN_UNIT, _MAX_UNIT = 0.8, 3.0  # px; readable sizes
_REFERENCE_HEIGHT = 420.0  # px; image height at which the unit is 1
_ZERO = "0.000"
_CEILINGS = (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
_FILL_OPACITY = 0.28  # opacity below a curve


class Overlay:
    """Panel in the upper left corner of the frames of a film.

    Args:
        size: Width and height of the frames, px.
        control_hz: Control frequency, Hz.
        hold_seconds: Time that success has to be held, s.
        terms: Names of the reward terms.
        forces: Names of the available contact forces; those of hand and table are drawn.
        stages: Names of the stages, each with a line for the sum of its reward terms.
    """

    def __init__(
        self,
        size: tuple[int, int],
        control_hz: float,
        hold_seconds: float,
        terms: Sequence[str],
        forces: Sequence[str],
        stages: Sequence[str] = (),
    ) -> None:
        self._terms, self._stages, self._hold = list(terms), list(stages), hold_seconds
        self._forces = {name: style for name, style in _FORCES.items() if name in forces}
        self._num_steps = max(2, round(_WINDOW * control_hz))
        panel_height = _PLOT_HEIGHT + _LINE_HEIGHT * (6.4 + len(self._forces) + len(self._terms) + len(self._stages))
        self._panel = Panel(_compute_unit(*size, panel_height), _WIDTH, panel_height)
        self.box = self._panel.box
        self.reset()

    def reset(self) -> None:
        """Begin an episode."""
        self._plot = TracePlot([color for _, color in self._forces.values()], self._num_steps, "N")
        self._largest_reward = 1e-9

    def update(self, info: dict[str, Any]) -> None:
        """Add a step; the start of an episode has no forces yet."""
        forces = info.get("contact_force", {})
        self._plot.append([float(forces.get(name, 0.0)) for name in self._forces])
        rewards = self._sum_rewards(info.get("reward_terms", {}))
        self._largest_reward = max([self._largest_reward, *map(abs, rewards.values())])

    def _sum_rewards(self, terms: dict[str, float]) -> dict[str, float]:
        """Return the value of each line: a term, or the sum over a stage."""
        stages = {
            stage: sum(value for name, value in terms.items() if name.startswith(f"{stage}.")) for stage in self._stages
        }
        return {name: terms.get(name, 0.0) for name in self._terms} | stages

    def draw(self, image: Image, info: dict[str, Any]) -> None:
        """Draw the step added last on a frame."""
        canvas = self._panel.draw_on(image)
        canvas.baseline = 1.45 * _LINE_HEIGHT
        self._draw_forces(canvas)
        self._draw_rewards(canvas, info.get("reward_terms", {}))
        self._draw_success(canvas, info)

    def _draw_forces(self, canvas: PanelCanvas) -> None:
        _draw_title(canvas, "Contact force", "", _INK)
        for (label, color), newtons in zip(self._forces.values(), self._plot.latest, strict=True):
            canvas.write(label, color, MEDIUM)
            canvas.write(f"{newtons:.1f} N", _INK, MEDIUM, right=True)
            canvas.baseline += _LINE_HEIGHT
        self._plot.draw(canvas.get_area(0.55 * _LINE_HEIGHT, _PLOT_HEIGHT), round(0.85 * TEXT_SIZE * self._panel.unit))
        canvas.baseline += _PLOT_HEIGHT + 0.9 * _LINE_HEIGHT

    def _draw_rewards(self, canvas: PanelCanvas, terms: dict[str, float]) -> None:
        total = sum(terms.values())
        text = _format_signed(total)
        _draw_title(canvas, "Reward", text, _MUTED if text == _ZERO else _GAIN if total > 0.0 else _LOSS)
        for name, value in self._sum_rewards(terms).items():
            text = _format_signed(value)
            canvas.write(name, _MUTED, max_width=_BAR[0] - canvas.left - 4)
            canvas.write(text, _MUTED if text == _ZERO else _INK, right=True)
            self._draw_bar(canvas, value / self._largest_reward)
            canvas.baseline += _LINE_HEIGHT
        canvas.baseline += 0.5 * _LINE_HEIGHT

    def _draw_bar(self, canvas: PanelCanvas, fraction: float) -> None:
        """Draw a gain to the right or a loss to the left, relative to the largest term of the episode so far."""
        middle, half = 0.5 * sum(_BAR), 0.5 * (_BAR[1] - _BAR[0])
        ends = sorted((middle, middle + fraction * half))
        canvas.fill(ends[0], 0.55 * TEXT_SIZE, ends[1], 0.4 * TEXT_SIZE, _GAIN if fraction > 0.0 else _LOSS)
        canvas.fill(middle - 0.4, 0.8 * TEXT_SIZE, middle + 0.4, 0.9 * TEXT_SIZE, _RULE)

    def _draw_success(self, canvas: PanelCanvas, info: dict[str, Any]) -> None:
        held = min(info.get("held_seconds", 0.0), self._hold)
        done = info["success"] and held >= self._hold - 1e-9
        color = _GAIN if done else _PENDING if info["success"] else _MUTED
        _draw_title(canvas, "Success", f"held {held:.1f} of {self._hold:g} s", color)
        end = canvas.left + (canvas.right - canvas.left) * (held / self._hold if self._hold else float(done))
        canvas.fill(canvas.left, 0.7 * _LINE_HEIGHT, canvas.right, 4.0, _RULE)
        canvas.fill(canvas.left, 0.7 * _LINE_HEIGHT, end, 4.0, color)


def _compute_unit(width: int, height: int, panel_height: float) -> float:
    """Compute the largest unit that fits the frame, with a panel of at most half its width."""
    unit = min(_MAX_UNIT, height / _REFERENCE_HEIGHT, width / (2 * _WIDTH), height / (panel_height + 16))
    if unit < _MIN_UNIT:
        needed = math.ceil(2 * _WIDTH * _MIN_UNIT), math.ceil(max(_REFERENCE_HEIGHT, panel_height + 16) * _MIN_UNIT)
        raise ConfigError(
            f"--overlay: no room on {width} x {height} px; use a --size of at least {needed[0]}x{needed[1]}"
        )
    return unit


def _draw_title(canvas: PanelCanvas, title: str, figure: str, color: Color) -> None:
    canvas.write(title, _INK, BOLD)
    canvas.write(figure, color, MEDIUM, right=True)
    canvas.baseline += _LINE_HEIGHT


def _format_signed(value: float) -> str:
    text = f"{value:+.3f}"
    return text if text.strip("+-0.") else _ZERO


class TracePlot:
    """Plot that scrolls to the left, with the present at the right edge and a scale that grows if needed.

    Args:
        colors: Color of each curve; the first one is in front.
        steps: Width of the plot in steps.
        unit: Unit of the values, written at the upper edge.
    """

    def __init__(self, colors: Sequence[Color], steps: int, unit: str) -> None:
        self._colors, self._steps, self._unit = list(colors), steps, unit
        self._rows: deque[Sequence[float]] = deque(maxlen=steps)
        self._ceiling = _CEILINGS[0]

    def append(self, values: Sequence[float]) -> None:
        """Append one value to each curve."""
        self._rows.append(values)
        self._ceiling = next((c for c in _CEILINGS if c >= max([self._ceiling, *values])), _CEILINGS[-1])

    @property
    def latest(self) -> Sequence[float]:
        """Values appended last."""
        return self._rows[-1]

    def draw(self, area: Image, size: int) -> None:
        """Draw into an area of an image, with text of this size, px."""
        large = area.repeat(SUPERSAMPLING, axis=0).repeat(SUPERSAMPLING, axis=1)
        large[:SUPERSAMPLING] = large[-SUPERSAMPLING:] = _RULE
        for number in reversed(range(len(self._colors))):
            values = np.array([row[number] for row in self._rows], np.float64)
            self._draw_curve(large, values, self._colors[number], size / 8)
        area[:] = cv2.resize(large, (area.shape[1], area.shape[0]), interpolation=cv2.INTER_AREA)
        draw_text(area, f"{self._ceiling:g} {self._unit}", (0, 1.2 * size), size, _MUTED)

    def _draw_curve(self, large: Image, values: NDArray[np.float64], color: Color, thickness: float) -> None:
        bottom, right = large.shape[0] - SUPERSAMPLING, large.shape[1] - 1
        columns = right - right / (self._steps - 1) * np.arange(len(values) - 1, -1, -1)
        rows = bottom - (bottom - SUPERSAMPLING) * np.minimum(values, self._ceiling) / self._ceiling
        line = np.stack([columns, rows], axis=1).round().astype(np.int32)
        base = [[line[-1, 0], bottom], [line[0, 0], bottom]]
        filled = cv2.fillPoly(large.copy(), [np.vstack([line, base])], color)
        large[:] = cv2.addWeighted(filled, _FILL_OPACITY, large, 1.0 - _FILL_OPACITY, 0.0)
        width = max(1, round(thickness * SUPERSAMPLING))
        cv2.polylines(large, [line], isClosed=False, color=color, thickness=width, lineType=cv2.LINE_AA)
