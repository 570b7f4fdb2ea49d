"""Words on pictures, in a typeface that stays readable when small."""

from __future__ import annotations

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
_GLASS: Color = (40, 44, 52)
_BRIGHT: Color = (245, 246, 248)


@cache
def _face() -> Any:
    return cv2.FontFace("sans")


def measure_text(text: str, size: int, weight: int = REGULAR) -> int:
    """How much room a line of text takes, px."""
    left, _, width, _ = cv2.getTextSize((0, 0), escape_unencodable(text), (0, 0), _face(), size, weight)
    return int(left + width)


def draw_text(
    image: Image, text: str, at: PixelPosition, size: int, color: Color,
    weight: int = REGULAR, align: Literal["left", "middle", "right"] = "left",
) -> None:  # fmt: skip
    """Draw a line of text; what does not fit the image is cut off.

    Args:
        image: Is drawn on, in RGB.
        text: One line.
        at: Where its baseline begins, ends or has its middle, px.
        size: Height of the letters' square, px.
        color: In RGB.
        weight: 100 is thin, 400 regular, 800 bold.
        align: What of the line is at the place.
    """
    before = {"left": 0.0, "middle": 0.5, "right": 1.0}[align] * measure_text(text, size, weight)
    room = (0, 2**15)  # no wrapping
    cv2.putText(
        image, escape_unencodable(text), (round(at[0] - before), round(at[1])), color, _face(), size, weight, 0, room
    )


def truncate_text(text: str, size: int, max_width: float, weight: int = REGULAR) -> str:
    """The text, cut to fit a width in px."""
    if measure_text(text, size, weight) <= max_width:
        return text
    while text and measure_text(text + "…", size, weight) > max_width:
        text = text[:-1]
    return text + "…" if text else ""


def draw_label(image: Image, name: str, size: int) -> None:
    """Write a name into a lower corner, on dark glass."""
    name = truncate_text(name, size, image.shape[1] - 2 * size, MEDIUM)
    high, wide = round(1.7 * size), measure_text(name, size, MEDIUM) + round(1.2 * size)
    glass = image[-high:, :wide]
    glass[:] = (0.35 * glass + 0.65 * np.array(_GLASS)).astype(np.uint8)
    draw_text(image, name, (0.6 * size, image.shape[0] - 0.55 * size), size, _BRIGHT, MEDIUM)
