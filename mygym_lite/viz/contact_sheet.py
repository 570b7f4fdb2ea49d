"""Images side by side on a light sheet, a row a camera and a column a kind, each with a key to its colours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mygym_lite.viz.colorize import ColorizedImage, Ramp, Swatch
from mygym_lite.viz.text import BOLD, MEDIUM, Color, Image, draw_label, draw_text, measure_text

_PAPER: Color = (250, 250, 251)
_INK: Color = (40, 44, 52)
_SOFT: Color = (110, 117, 128)
_TITLES = {"rgb": "RGB", "depth": "Depth", "mask": "Mask", "links": "Links", "normals": "Normals"}
_DEPTH_UNIT = "m"


def stack_images(kinds: Sequence[str], rows: Sequence[tuple[str, Sequence[ColorizedImage]]]) -> Image:
    """The images alone, for people who write their own captions."""
    return np.vstack([np.hstack([shown.image for shown in images]) for _, images in rows])


class ContactSheet:
    """Lays out rows of equally large images; lengths below are in units of a 360 px high image."""

    def __init__(self, width: int, height: int) -> None:
        unit = float(np.clip(height / 360, 0.75, 3.0))
        self._width, self._height = width, height
        self._text = round(13 * unit)
        self._line = round(20 * unit)  # from one baseline to the next
        self._gap = round(14 * unit)  # between images, and around all
        self._head = round(30 * unit)

    def lay_out(self, kinds: Sequence[str], rows: Sequence[tuple[str, Sequence[ColorizedImage]]]) -> Image:
        """Titles, then for each row its images and their keys, below the name of the camera."""
        parts = [part for name, images in rows for part in (self._images(name, images), self._keys(images))]
        sheet = np.vstack([self._titles(kinds), *parts])
        paper: Image = np.full((sheet.shape[0], sheet.shape[1] + 2 * self._gap, 3), _PAPER, np.uint8)
        paper[:, self._gap : -self._gap] = sheet
        return paper

    def _strip(self, columns: int, height: int) -> Image:
        width = columns * self._width + (columns - 1) * self._gap
        return np.full((height, width, 3), _PAPER, np.uint8)

    def _columns(self, strip: Image) -> list[Image]:
        """The parts of a strip that lie above or below the images."""
        step = self._width + self._gap
        return [strip[:, left : left + self._width] for left in range(0, strip.shape[1], step)]

    def _titles(self, kinds: Sequence[str]) -> Image:
        strip = self._strip(len(kinds), self._head)
        for part, kind in zip(self._columns(strip), kinds, strict=True):
            draw_text(part, _TITLES[kind], (0, self._head - 0.7 * self._text), round(1.15 * self._text), _INK, BOLD)
        return strip

    def _images(self, name: str, images: Sequence[ColorizedImage]) -> Image:
        strip = self._strip(len(images), self._height)
        for part, shown in zip(self._columns(strip), images, strict=True):
            part[:] = shown.image
        draw_label(self._columns(strip)[0], name, self._text)
        return strip

    def _keys(self, images: Sequence[ColorizedImage]) -> Image:
        lines = [self._broken(shown.swatches) for shown in images]
        scale = 2 * any(shown.ramp is not None for shown in images)
        strip = self._strip(len(images), max(scale, *map(len, lines)) * self._line + self._gap)
        for part, shown, rows in zip(self._columns(strip), images, lines, strict=True):
            if shown.ramp is not None:
                self._scale(part, shown.ramp, shown.swatches)
                continue
            for number, row in enumerate(rows):
                self._swatches(part[number * self._line :], row)
        return strip

    def _broken(self, swatches: Sequence[Swatch]) -> list[list[Swatch]]:
        """As many in a line as fit."""
        lines: list[list[Swatch]] = []
        room = 0.0
        for swatch in swatches:
            taken = self._taken(swatch)
            if not lines or taken > room:
                lines.append([])
                room = float(self._width)
            lines[-1].append(swatch)
            room -= taken
        return lines

    def _taken(self, swatch: Swatch) -> float:
        return measure_text(swatch.name, self._text, MEDIUM) + 2.4 * self._text

    def _swatches(self, strip: Image, swatches: Sequence[Swatch]) -> None:
        left, base = 0.0, 0.78 * self._line
        for swatch in swatches:
            corner = round(left), round(base - 0.8 * self._text)
            edge = round(0.9 * self._text)
            cv2.rectangle(strip, (*corner, edge, edge), swatch.color, cv2.FILLED)
            draw_text(strip, swatch.name, (left + 1.35 * self._text, base), self._text, _INK, MEDIUM)
            left += self._taken(swatch)

    def _scale(self, strip: Image, ramp: Ramp, swatches: Sequence[Swatch]) -> None:
        """A bar of colours with round depths below it, and beside it what lies outside."""
        beside = sum(map(self._taken, swatches))
        length = round(self._width - beside)
        if length < 0.5 * self._width:
            length = self._width
        else:
            self._swatches(strip[:, self._width - round(beside) + self._text :], swatches)
        top, bottom = round(0.78 * self._line - 0.8 * self._text), round(0.78 * self._line + 0.1 * self._text)
        strip[top:bottom, :length] = ramp.colors[np.linspace(0, len(ramp.colors) - 1, length).round().astype(int)]
        free = 0.0
        for part, name in ramp.ticks.items():
            name, at = f"{name} {_DEPTH_UNIT}", part * length
            half = 0.5 * measure_text(name, self._text, MEDIUM)
            middle = min(max(at, half), self._width - half)
            if free <= middle - half:
                strip[bottom : bottom + round(0.3 * self._text), min(round(at), length - 1)] = _SOFT
                draw_text(strip, name, (middle, 1.78 * self._line), self._text, _SOFT, MEDIUM, "middle")
                free = middle + half + self._text
