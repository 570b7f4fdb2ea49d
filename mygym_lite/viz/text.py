"""Text on images, in a typeface that is readable at small sizes."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.text import escape_unencodable

Image = NDArray[np.uint8]
Color = tuple[int, int, int]
PixelPosition = tuple[float, float]
REGULAR, MEDIUM, BOLD = 400, 500, 650
_STROKE_FONT = cv2.FONT_HERSHEY_SIMPLEX  # ASCII line font, the only one before OpenCV 5
_STROKE_FONT_SIZE = 33  # px, size of its letters at scale 1
_LABEL_BACKGROUND: Color = (40, 44, 52)
_LABEL_TEXT: Color = (245, 246, 248)


@cache
def _load_font() -> Any:
    """Load the font of OpenCV 5; None before it."""
    return cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None


def _to_ascii(text: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "".join(letters).encode("ascii", "replace").decode("ascii")


def _compute_thickness(size: int, weight: int) -> int:
    return max(1, round(size * weight / 9000))


def measure_text(text: str, size: int, weight: int = REGULAR) -> int:
    """Measure the width of a line of text, px."""
    if _load_font() is None:
        scale, thickness = size / _STROKE_FONT_SIZE, _compute_thickness(size, weight)
        return int(cv2.getTextSize(_to_ascii(text), _STROKE_FONT, scale, thickness)[0][0])
    line, origin = escape_unencodable(text), (0, 0)
    left, _, width, _ = cv2.getTextSize((0, 0), line, origin, _load_font(), size, weight=weight)
    return int(left + width)


def draw_text(
    image: Image,
    text: str,
    at: PixelPosition,
    size: int,
    color: Color,
    weight: int = REGULAR,
    align: Literal["left", "middle", "right"] = "left",
) -> None:
    """Draw a line of text, clipped to the image.

    Args:
        image: Image to draw on, in RGB.
        text: Text of one line.
        at: Position of the baseline's start, middle or end, px.
        size: Font size, px.
        color: Color in RGB.
        weight: Font weight: 100 is thin, 400 regular, 800 bold.
        align: Point of the baseline at this position.
    """
    offset = {"left": 0.0, "middle": 0.5, "right": 1.0}[align] * measure_text(text, size, weight)
    origin, font = (round(at[0] - offset), round(at[1])), _load_font()
    if font is None:
        scale, thickness = size / _STROKE_FONT_SIZE, _compute_thickness(size, weight)
        cv2.putText(
            image,
            _to_ascii(text),
            origin,
            _STROKE_FONT,
            fontScale=scale,
            color=color,
            thickness=thickness,
            lineType=cv2.LINE_AA,
        )
        return
    wrap = (0, 2**15)  # px; never
    cv2.putText(image, escape_unencodable(text), origin, color, font, size=size, weight=weight, flags=0, wrap=wrap)


def truncate_text(text: str, size: int, max_width: float, weight: int = REGULAR) -> str:
    """Truncate a text to a width, px."""
    if measure_text(text, size, weight) <= max_width:
        return text
    while text and measure_text(text + "…", size, weight) > max_width:
        text = text[:-1]
    return text + "…" if text else ""


def wrap_text(text: str, size: int, max_width: float, max_lines: int) -> list[str]:
    """Break a text between words into lines of at most ``max_width`` px; the last one is truncated if needed."""
    lines, words = [""], text.split()
    for index, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if measure_text(longer, size) <= max_width or not lines[-1]:
            lines[-1] = longer
        elif len(lines) < max_lines:
            lines.append(word)
        else:
            lines[-1] = truncate_text(" ".join([lines[-1], *words[index:]]), size, max_width)
            break
    return lines


def draw_label(image: Image, name: str, size: int) -> None:
    """Draw a name into the lower left corner, on a dark translucent background."""
    name = truncate_text(name, size, image.shape[1] - 2 * size, MEDIUM)
    height, width = round(1.7 * size), measure_text(name, size, MEDIUM) + round(1.2 * size)
    label = image[-height:, :width]
    label[:] = (0.35 * label + 0.65 * np.array(_LABEL_BACKGROUND)).astype(np.uint8)
    draw_text(image, name, (0.6 * size, image.shape[0] - 0.55 * size), size, _LABEL_TEXT, weight=MEDIUM)
