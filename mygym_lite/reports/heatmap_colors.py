"""Color scale of the heatmap, monotonic in lightness so that it is readable with any color vision."""

from __future__ import annotations

from collections.abc import Sequence

COLOR_STEPS = 20
"""Number of steps of the scale, 5% each."""

Color = tuple[float, float, float]
_LIGHT = ("#7a2a0e", "#b04a14", "#de8433", "#f4c67e", "#f6efe2")  # from 0% to 100% success
_DARK = ("#ffd9a0", "#e39a4c", "#a95f22", "#5e3c20", "#242830")
_INKS = ("#000000", "#ffffff")  # only these have enough contrast on all intermediate shades


def get_color_index(rate: float) -> int:
    """Return the index of the color of a success rate."""
    return round(COLOR_STEPS * rate)


def build_color_table() -> dict[str, list[tuple[str, str]]]:
    """Return background and text color of every step, for the light and the dark theme."""
    themes = {"light": _LIGHT, "dark": _DARK}
    return {
        name: [_choose_colors(anchors, step) for step in range(COLOR_STEPS + 1)] for name, anchors in themes.items()
    }


def _choose_colors(anchors: Sequence[str], step: int) -> tuple[str, str]:
    back = _interpolate(anchors, step / COLOR_STEPS)
    return back, max(_INKS, key=lambda ink: compute_contrast_ratio(back, ink))


def _interpolate(anchors: Sequence[str], share: float) -> str:
    position = share * (len(anchors) - 1)
    first = min(int(position), len(anchors) - 2)
    pairs = zip(_parse_channels(anchors[first]), _parse_channels(anchors[first + 1]), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * (position - first))):02x}" for a, b in pairs)


def compute_contrast_ratio(a: str, b: str) -> float:
    """Compute the WCAG contrast ratio of two colors, from 1 to 21."""
    brighter, darker = sorted((_compute_luminance(a), _compute_luminance(b)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _compute_luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _parse_channels(color)]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _parse_channels(color: str) -> Color:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue
