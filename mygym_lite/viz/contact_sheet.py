"""Contact sheet: images on a light background, one row a camera, one column a kind, each with a legend."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mygym_lite.viz.colorize import ColorizedImage, Ramp, Swatch
from mygym_lite.viz.text import BOLD, MEDIUM, Color, Image, draw_label, draw_text, measure_text

_BACKGROUND: Color = (250, 250, 251)
_TEXT: Color = (40, 44, 52)
_MUTED: Color = (110, 117, 128)
_TITLES = {"rgb": "RGB", "depth": "Depth", "mask": "Mask", "links": "Links", "normals": "Normals"}
_DEPTH_UNIT = "m"


def stack_images(_kinds: Sequence[str], rows: Sequence[tuple[str, Sequence[ColorizedImage]]]) -> Image:
    """Stack the images alone, without captions."""
    return np.vstack([np.hstack([colorized.image for colorized in images]) for _, images in rows])


class ContactSheet:
    """Layout of rows of images of one size; lengths scale with their height, relative to 360 px."""

    def __init__(self, width: int, height: int) -> None:
        unit = float(np.clip(height / 360, 0.75, 3.0))
        self._width, self._height = width, height
        self._text = round(13 * unit)
        self._line = round(20 * unit)  # from one baseline to the next
        self._gap = round(14 * unit)  # between images, and around the sheet
        self._head = round(30 * unit)

    def lay_out(self, kinds: Sequence[str], rows: Sequence[tuple[str, Sequence[ColorizedImage]]]) -> Image:
        """Lay out titles, then for each row its images with the camera's name, and their legends."""
        parts = [
            part for name, images in rows for part in (self._draw_images(name, images), self._draw_legends(images))
        ]
        sheet = np.vstack([self._draw_titles(kinds), *parts])
        padded: Image = np.full((sheet.shape[0], sheet.shape[1] + 2 * self._gap, 3), _BACKGROUND, np.uint8)
        padded[:, self._gap : -self._gap] = sheet
        return padded

    def _make_strip(self, columns: int, height: int) -> Image:
        width = columns * self._width + (columns - 1) * self._gap
        return np.full((height, width, 3), _BACKGROUND, np.uint8)

    def _split_columns(self, strip: Image) -> list[Image]:
        """Split a strip into the parts above or below each image."""
        step = self._width + self._gap
        return [strip[:, left : left + self._width] for left in range(0, strip.shape[1], step)]

    def _draw_titles(self, kinds: Sequence[str]) -> Image:
        strip = self._make_strip(len(kinds), self._head)
        for part, kind in zip(self._split_columns(strip), kinds, strict=True):
            draw_text(
                part, _TITLES[kind], (0, self._head - 0.7 * self._text), round(1.15 * self._text), _TEXT, weight=BOLD
            )
        return strip

    def _draw_images(self, name: str, images: Sequence[ColorizedImage]) -> Image:
        strip = self._make_strip(len(images), self._height)
        for part, colorized in zip(self._split_columns(strip), images, strict=True):
            part[:] = colorized.image
        draw_label(self._split_columns(strip)[0], name, self._text)
        return strip

    def _draw_legends(self, images: Sequence[ColorizedImage]) -> Image:
        lines = [self._wrap(colorized.swatches) for colorized in images]
        ramp_lines = 2 * any(colorized.ramp is not None for colorized in images)
        strip = self._make_strip(len(images), max(ramp_lines, *map(len, lines)) * self._line + self._gap)
        for part, colorized, rows in zip(self._split_columns(strip), images, lines, strict=True):
            if colorized.ramp is not None:
                self._draw_ramp(part, colorized.ramp, colorized.swatches)
                continue
            for number, row in enumerate(rows):
                self._draw_swatches(part[number * self._line :], row)
        return strip

    def _wrap(self, swatches: Sequence[Swatch]) -> list[list[Swatch]]:
        """Break swatches into lines."""
        lines: list[list[Swatch]] = []
        room = 0.0
        for swatch in swatches:
            width = self._measure_swatch(swatch)
            if not lines or width > room:
                lines.append([])
                room = float(self._width)
            lines[-1].append(swatch)
            room -= width
        return lines

    def _measure_swatch(self, swatch: Swatch) -> float:
        return measure_text(swatch.name, self._text, MEDIUM) + 2.4 * self._text

    def _draw_swatches(self, strip: Image, swatches: Sequence[Swatch]) -> None:
        left, base = 0.0, 0.78 * self._line
        for swatch in swatches:
            corner = round(left), round(base - 0.8 * self._text)
            edge = round(0.9 * self._text)
            cv2.rectangle(strip, (*corner, edge, edge), swatch.color, cv2.FILLED)
            draw_text(strip, swatch.name, (left + 1.35 * self._text, base), self._text, _TEXT, weight=MEDIUM)
            left += self._measure_swatch(swatch)

    def _draw_ramp(self, strip: Image, ramp: Ramp, swatches: Sequence[Swatch]) -> None:
        """Draw a bar of colours with round depths below, and the swatches of other values beside it."""
        swatch_width = sum(map(self._measure_swatch, swatches))
        length = round(self._width - swatch_width)
        if length < 0.5 * self._width:
            length = self._width
        else:
            self._draw_swatches(strip[:, self._width - round(swatch_width) + self._text :], swatches)
        top, bottom = round(0.78 * self._line - 0.8 * self._text), round(0.78 * self._line + 0.1 * self._text)
        strip[top:bottom, :length] = ramp.colors[np.linspace(0, len(ramp.colors) - 1, length).round().astype(int)]
        free = 0.0
        for fraction, depth in ramp.ticks.items():
            name, position = f"{depth} {_DEPTH_UNIT}", fraction * length
            half = 0.5 * measure_text(name, self._text, MEDIUM)
            middle = min(max(position, half), self._width - half)
            if free <= middle - half:
                strip[bottom : bottom + round(0.3 * self._text), min(round(position), length - 1)] = _MUTED
                draw_text(strip, name, (middle, 1.78 * self._line), self._text, _MUTED, weight=MEDIUM, align="middle")
                free = middle + half + self._text
