"""The colours of the heatmap: lightness alone orders them, so that they read alike whatever colours one sees."""

from __future__ import annotations

from collections.abc import Sequence

COLOR_STEPS = 20
"""Shades above the first: one for each 5%."""

Color = tuple[float, float, float]
_LIGHT = ("#7a2a0e", "#b04a14", "#de8433", "#f4c67e", "#f6efe2")  # from no success to full success
_DARK = ("#ffd9a0", "#e39a4c", "#a95f22", "#5e3c20", "#242830")
_INKS = ("#000000", "#ffffff")  # nothing less has enough contrast on every shade between


def get_color_index(rate: float) -> int:
    """Which of the shades a success rate has."""
    return round(COLOR_STEPS * rate)


def build_color_table() -> dict[str, list[tuple[str, str]]]:
    """Background and ink of every shade, for the light and the dark page."""
    return {name: [_pair(anchors, step) for step in range(COLOR_STEPS + 1)]
            for name, anchors in (("light", _LIGHT), ("dark", _DARK))}  # fmt: skip


def _pair(anchors: Sequence[str], step: int) -> tuple[str, str]:
    back = _between(anchors, step / COLOR_STEPS)
    return back, max(_INKS, key=lambda ink: compute_contrast_ratio(back, ink))


def _between(anchors: Sequence[str], share: float) -> str:
    place = share * (len(anchors) - 1)
    first = min(int(place), len(anchors) - 2)
    pairs = zip(_channels(anchors[first]), _channels(anchors[first + 1]), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * (place - first))):02x}" for a, b in pairs)


def compute_contrast_ratio(one: str, other: str) -> float:
    """The contrast ratio of two colours as the web's accessibility guidelines define it, 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(color)]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(color: str) -> Color:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
