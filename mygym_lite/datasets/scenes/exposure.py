"""Exposure of the cameras and darkness of the shadows, which presets leave as declared."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.schema import Location

_EXPOSURE = parse_variations(
    {"cameras.*.exposure": {"uniform": [0.75, 1.33]}, "light.shadow": {"uniform": [0.4, 1.0]}},
    Location("exposure of a dataset"),
)
"""Gain of automatic exposure, and shadows that other lamps and walls brighten.

Times the intensities of the shipped presets, brightness stays within severity 4 of sim2real.
"""


def vary_exposure(variations: Sequence[Variation]) -> tuple[Variation, ...]:
    """Add variations of exposure and shadows to those of the light; without any of the light, add none."""
    varies_light = any(variation.path.startswith("light.") for variation in variations)
    return (*(variation for variation in _EXPOSURE if varies_light), *variations)
