"""Lamps, colours of sky and ground, and tint of the robot, which presets leave as declared."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.schema import Location

_TINTS = {
    "ivory": ([0.9, 0.86, 0.76], [1.0, 0.98, 0.94]),
    "grey": ([0.5, 0.51, 0.52], [0.78, 0.8, 0.82]),
    "charcoal": ([0.22, 0.23, 0.25], [0.38, 0.4, 0.43]),
    "orange": ([0.88, 0.42, 0.12], [1.0, 0.58, 0.28]),
    "yellow": ([0.9, 0.72, 0.15], [1.0, 0.86, 0.35]),
    "blue": ([0.2, 0.36, 0.58], [0.42, 0.58, 0.82]),
    "red": ([0.6, 0.14, 0.13], [0.8, 0.28, 0.24]),
    "green": ([0.28, 0.45, 0.38], [0.5, 0.65, 0.54]),
}
"""Ranges of the colours in which robots are sold."""
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
        "robot.tint": {"choice": [{"uniform": [*ends]} for ends in _TINTS.values()], "probability": 0.6},
    },
    Location("environment of a dataset"),
)
"""Lamps weaker than the sun, ambient light in the colours of rooms and weather, and robots in other colours."""


def vary_environment(variations: Sequence[Variation]) -> tuple[Variation, ...]:
    """Add variations of lamps, sky and robot to those of the light; without any of the light, add none.

    A path that is varied already keeps its own distribution.
    """
    if not any(variation.path.startswith("light.") for variation in variations):
        return tuple(variations)
    paths = {variation.path for variation in variations}
    return (*(variation for variation in _ENVIRONMENT if variation.path not in paths), *variations)
