"""Lamps, colours of sky and ground, and tint of the robot, which presets leave as declared."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.schema import Location

_ENVIRONMENT = parse_variations(
    {
        "light.fill.intensity": {"uniform": [0.05, 0.4], "probability": 0.6},
        "light.fill.direction": {"uniform": [[-1.0, -1.0, 0.1], [1.0, 1.0, 1.0]]},
        "light.fill.color": {"uniform": [[0.75, 0.75, 0.75], [1.0, 1.0, 1.0]]},
        "light.rim.intensity": {"uniform": [0.1, 0.6], "probability": 0.4},
        "light.rim.direction": {"uniform": [[-1.0, -1.0, 0.1], [-0.3, 1.0, 0.9]]},
        "light.rim.color": {"uniform": [[0.75, 0.75, 0.75], [1.0, 1.0, 1.0]]},
        "light.sky_color": {"shift": [-0.12, 0.12]},
        "light.ground_color": {"shift": [-0.2, 0.2]},
        "robot.tint": {"uniform": [[0.4, 0.4, 0.4], [1.0, 1.0, 1.0]], "probability": 0.5},
    },
    Location("environment of a dataset"),
)
"""Lamps weaker than the sun, ambient light in the colours of rooms and weather, and robots of other makes."""


def vary_environment(variations: Sequence[Variation]) -> tuple[Variation, ...]:
    """Add variations of lamps, sky and robot to those of the light; without any of the light, add none.

    A path that is varied already keeps its own distribution.
    """
    if not any(variation.path.startswith("light.") for variation in variations):
        return tuple(variations)
    paths = {variation.path for variation in variations}
    return (*(variation for variation in _ENVIRONMENT if variation.path not in paths), *variations)
