"""Words on pictures, in a typeface that stays readable when small."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.text import encodable

Image = NDArray[np.uint8]
Color = tuple[int, int, int]
Place = tuple[float, float]
REGULAR, MEDIUM, BOLD = 400, 500, 650
_GLASS: Color = (40, 44, 52)
_BRIGHT: Color = (245, 246, 248)


@cache
def _face() -> Any:
    return cv2.FontFace("sans")


def width_of(text: str, size: int, weight: int = REGULAR) -> int:
    """How much room a line of text takes, px."""
    left, _, width, _ = cv2.getTextSize((0, 0), encodable(text), (0, 0), _face(), size, weight)
    return int(left + width)


def write(
    image: Image, text: str, at: Place, size: int, color: Color,
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
    before = {"left": 0.0, "middle": 0.5, "right": 1.0}[align] * width_of(text, size, weight)
    room = (0, 2**15)  # no wrapping
    cv2.putText(image, encodable(text), (round(at[0] - before), round(at[1])), color, _face(), size, weight, 0, room)


def shortened(text: str, size: int, room: float, weight: int = REGULAR) -> str:
    """The text, cut to fit a width in px."""
    if width_of(text, size, weight) <= room:
        return text
    while text and width_of(text + "…", size, weight) > room:
        text = text[:-1]
    return text + "…" if text else ""


def tag(image: Image, name: str, size: int) -> None:
    """Write a name into a lower corner, on dark glass."""
    name = shortened(name, size, image.shape[1] - 2 * size, MEDIUM)
    high, wide = round(1.7 * size), width_of(name, size, MEDIUM) + round(1.2 * size)
    glass = image[-high:, :wide]
    glass[:] = (0.35 * glass + 0.65 * np.array(_GLASS)).astype(np.uint8)
    write(image, name, (0.6 * size, image.shape[0] - 0.55 * size), size, _BRIGHT, MEDIUM)
