"""Declaration of cameras, light and background."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mygym_lite.config.rotation import Vector, tilt_vector
from mygym_lite.config.state import Vec3
from mygym_lite.errors import ConfigError
from mygym_lite.schema import quantity

Vec2 = tuple[float, float]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera, fixed in the world or mounted on a link of the robot.

    Its body frame has x forward, y left and z up, and ``rpy`` rotates it about these axes from its rest orientation. A
    fixed camera rests looking from ``position`` to ``look_at`` with the world's z up, or the world's y if it looks
    straight up or down. A mounted camera rests along the axes of its mount; if it is on the head and has ``look_at``,
    the neck is turned at the start of the episode, and ``robot.gaze`` is ignored.
    """

    position: Vec3 = quantity((0.0, 0.0, 0.0), unit="m", low=-10, high=10, doc="in the world, or in its mount")
    look_at: Vec3 | str | None = quantity(
        None, unit="m", low=-10, high=10, doc="point, object or 'goal' at the image centre at the start"
    )
    mount: str | None = field(default=None, metadata={"doc": "'head', 'palm' or a link; fixed in the world if absent"})
    rpy: Vec3 = quantity(
        (0.0, 0.0, 0.0), unit="rad", low=-6.3, high=6.3, doc="roll, pitch, yaw from its rest orientation"
    )
    turn: Vec3 = quantity(
        (0.0, 0.0, 0.0), unit="rad", low=-3.2, high=3.2, doc="rotation vector in its body frame, after rpy"
    )
    orbit: float = quantity(
        0.0, unit="rad", low=-3.2, high=3.2, doc="fixed cameras: rotation about the vertical through look_at"
    )
    distance: float = quantity(1.0, unit="x", low=0.1, high=10, doc="fixed cameras: factor on the distance to look_at")
    fov: float = quantity(50.0, unit="deg", low=5, high=120, doc="vertical field of view")
    exposure: float = quantity(1.0, unit="x", low=0.05, high=20, doc="brightness of its images, in linear light")
    aperture: float = quantity(
        0.0, unit="m", low=0, high=0.2, doc="diameter of its lens, which blurs what is out of focus; 0 blurs nothing"
    )
    focus: float | None = quantity(
        None, unit="m", low=0.01, high=1000, doc="distance of sharp objects; that at the image centre if absent"
    )
    size: tuple[int, int] = quantity((480, 480), unit="px", low=8, high=4096, doc="width, height")
    near: float = quantity(0.01, unit="m", low=1e-3, high=1, doc="near clipping distance")
    far: float = quantity(20.0, unit="m", low=0.1, high=1000, doc="far clipping distance")


@dataclass(frozen=True)
class FillLight:
    """A directional light without shadows, which brightens the side that the sun leaves dark."""

    direction: Vec3 = quantity((0.3, -0.9, 0.5), low=-10, high=10, doc="from the scene towards the light, any length")
    color: Vec3 = quantity((1.0, 1.0, 1.0), unit="RGB", low=0, high=2, doc="colour of the light")
    intensity: float = quantity(0.0, unit="x", low=0, high=5, doc="strength of the light; 0 is none")


@dataclass(frozen=True)
class RimLight(FillLight):
    """A directional light without shadows, from behind, which outlines objects."""

    direction: Vec3 = quantity((-1.0, 0.3, 0.5), low=-10, high=10, doc="from the scene towards the light, any length")


@dataclass(frozen=True)
class Light:
    """A directional light (sun) that casts shadows, two without shadows, and ambient light from sky and ground."""

    direction: Vec3 = quantity((0.45, 0.75, 1.1), low=-10, high=10, doc="from the scene towards the light, any length")
    tilt: Vec2 = quantity(
        (0.0, 0.0), unit="rad", low=-3.2, high=3.2, doc="rotates the direction by the length of this vector"
    )
    color: Vec3 = quantity((1.0, 0.97, 0.93), unit="RGB", low=0, high=2, doc="colour of the sun")
    intensity: float = quantity(0.9, unit="x", low=0, high=5, doc="strength of the sun")
    ambient: float = quantity(0.45, unit="x", low=0, high=3, doc="strength of the sky's light")
    shadow: float = quantity(1.0, low=0, high=1, doc="share of the sun's light that shadows remove")
    sky_color: Vec3 = quantity(
        (0.93, 0.97, 1.0), unit="linear RGB", low=0, high=2, doc="tint of the ambient light from above"
    )
    ground_color: Vec3 = quantity(
        (0.52, 0.49, 0.46), unit="linear RGB", low=0, high=2, doc="tint of the ambient light from below"
    )
    fill: FillLight = field(default_factory=FillLight)
    rim: RimLight = field(default_factory=RimLight)


@dataclass(frozen=True)
class Background:
    """Background behind the scene: two colours, blended by the elevation of the view ray."""

    top: Vec3 = quantity((0.66, 0.73, 0.81), unit="RGB", low=0, high=1, doc="colour at the zenith")
    bottom: Vec3 = quantity((0.83, 0.83, 0.82), unit="RGB", low=0, high=1, doc="colour at the nadir")


def compute_light_direction(light: Light) -> Vector:
    """Compute the unit vector from the scene to the sun, including its tilt."""
    return tilt_vector(normalize_direction(light.direction), light.tilt)


def normalize_direction(direction: Vec3) -> Vector:
    """Return the unit vector along the direction of a light."""
    length = math.hypot(*direction)
    if not length > 0.0:
        raise ConfigError("light.direction: has no length; give a vector from the scene to the light")
    x, y, z = (component / length for component in direction)
    return x, y, z
