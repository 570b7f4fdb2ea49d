"""What a film says about the moment: forces over time, reward term by term, and how long success has lasted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mygym_lite.errors import ConfigError
from mygym_lite.viz.panel import TEXT_SIZE, Panel, PanelCanvas
from mygym_lite.viz.text import BOLD, MEDIUM, Color, Image
from mygym_lite.viz.traces import TracePlot

_INK: Color = (240, 242, 245)
_SOFT: Color = (164, 172, 184)
_LINE: Color = (100, 108, 121)
_GAIN: Color = (84, 200, 150)
_LOSS: Color = (240, 112, 96)
_WAITING: Color = (96, 156, 236)
_FORCES = {"hand_object": ("hand on object", (250, 190, 80)), "robot_table": ("robot on table", (232, 112, 158))}
_WINDOW = 4.0  # s of force that the plot shows
_WIDE, _PLOT, _ROW = 172.0, 46.0, 15.0  # of the panel, the plot and a line, px at unit 1
_BAR = 68.0, 122.0  # where the bars of rewards begin and end
_LEAST, _LARGEST = 0.8, 3.0  # units at which it reads well
_USUAL = 420.0  # height of a picture in which the unit is 1, px
_ZERO = "0.000"


class Overlay:
    """A panel in the upper left corner of the pictures of a film.

    Args:
        width: Of the picture in px.
        height: Of the picture in px.
        control_hz: Moments per second.
        hold_seconds: How long success has to last.
        terms: Names of the reward terms.
        forces: Names of the contact forces that there are, of which it shows those of hand and table.
    """

    def __init__(
        self,
        width: int,
        height: int,
        control_hz: float,
        hold_seconds: float,
        terms: Sequence[str],
        forces: Sequence[str],
    ) -> None:
        self._terms, self._hold = list(terms), hold_seconds
        self._forces = {name: look for name, look in _FORCES.items() if name in forces}
        self._moments = max(2, round(_WINDOW * control_hz))
        tall = _PLOT + _ROW * (6.4 + len(self._forces) + len(self._terms))
        self._panel = Panel(_unit(width, height, tall), _WIDE, tall)
        self.box = self._panel.box
        self.reset()

    def reset(self) -> None:
        """A new episode."""
        self._curves = TracePlot([color for _, color in self._forces.values()], self._moments, "N")
        self._most = 1e-9

    def update(self, info: dict[str, Any]) -> None:
        """Take in a moment; the start of an episode knows no forces yet."""
        forces = info.get("contact_force", {})
        self._curves.append([float(forces.get(name, 0.0)) for name in self._forces])
        self._most = max([self._most, *map(abs, info.get("reward_terms", {}).values())])

    def draw(self, image: Image, info: dict[str, Any]) -> None:
        """Draw the moment that was noted last on a picture."""
        page = self._panel.draw_on(image)
        page.baseline = 1.45 * _ROW
        self._show_forces(page)
        self._show_rewards(page, info.get("reward_terms", {}))
        self._show_success(page, info)

    def _show_forces(self, page: PanelCanvas) -> None:
        _title(page, "Contact force", "", _INK)
        for (label, color), newtons in zip(self._forces.values(), self._curves.latest, strict=True):
            page.write(label, color, MEDIUM)
            page.write(f"{newtons:.1f} N", _INK, MEDIUM, right=True)
            page.baseline += _ROW
        self._curves.draw(page.get_area(0.55 * _ROW, _PLOT), round(0.85 * TEXT_SIZE * self._panel.unit))
        page.baseline += _PLOT + 0.9 * _ROW

    def _show_rewards(self, page: PanelCanvas, terms: dict[str, float]) -> None:
        total = sum(terms.values())
        text = _signed(total)
        _title(page, "Reward", text, _SOFT if text == _ZERO else _GAIN if total > 0.0 else _LOSS)
        for name in self._terms:
            value = terms.get(name, 0.0)
            text = _signed(value)
            page.write(name, _SOFT, max_width=_BAR[0] - page.left - 4)
            page.write(text, _SOFT if text == _ZERO else _INK, right=True)
            self._bar(page, value / self._most)
            page.baseline += _ROW
        page.baseline += 0.5 * _ROW

    def _bar(self, page: PanelCanvas, share: float) -> None:
        """To the right what is gained, to the left what is lost, against the most of the episode so far."""
        middle, half = 0.5 * sum(_BAR), 0.5 * (_BAR[1] - _BAR[0])
        ends = sorted((middle, middle + share * half))
        page.fill(ends[0], 0.55 * TEXT_SIZE, ends[1], 0.4 * TEXT_SIZE, _GAIN if share > 0.0 else _LOSS)
        page.fill(middle - 0.4, 0.8 * TEXT_SIZE, middle + 0.4, 0.9 * TEXT_SIZE, _LINE)

    def _show_success(self, page: PanelCanvas, info: dict[str, Any]) -> None:
        held = min(info.get("held_seconds", 0.0), self._hold)
        done = info["success"] and held >= self._hold - 1e-9
        color = _GAIN if done else _WAITING if info["success"] else _SOFT
        _title(page, "Success", f"held {held:.1f} of {self._hold:g} s", color)
        end = page.left + (page.right - page.left) * (held / self._hold if self._hold else float(done))
        page.fill(page.left, 0.7 * _ROW, page.right, 4.0, _LINE)
        page.fill(page.left, 0.7 * _ROW, end, 4.0, color)


def _unit(width: int, height: int, tall: float) -> float:
    """As large as the picture allows, at most half its width."""
    unit = min(_LARGEST, height / _USUAL, width / (2 * _WIDE), height / (tall + 16))
    if unit < _LEAST:
        needed = math.ceil(2 * _WIDE * _LEAST), math.ceil(max(_USUAL, tall + 16) * _LEAST)
        raise ConfigError(
            f"--overlay: no room on {width} x {height} px; use a --size of at least {needed[0]}x{needed[1]}"
        )
    return unit


def _title(page: PanelCanvas, title: str, figure: str, color: Color) -> None:
    page.write(title, _INK, BOLD)
    page.write(figure, color, MEDIUM, right=True)
    page.baseline += _ROW


def _signed(value: float) -> str:
    text = f"{value:+.3f}"
    return text if text.strip("+-0.") else _ZERO
