"""Where the light of a scene comes from."""

from __future__ import annotations

import math

from mygym_lite.errors import SpecError
from mygym_lite.spec.rotation import Vector, tilted
from mygym_lite.spec.scenery import Light


def towards_sun(light: Light) -> Vector:
    """Unit vector from the scene to the light, its tilt included."""
    length = math.hypot(*light.direction)
    if not length > 0.0:
        raise SpecError("light.direction: has no length; give a vector from the scene to the light")
    x, y, z = (component / length for component in light.direction)
    return tilted((x, y, z), light.tilt)
