"""Primitive solids for collision shapes and mass properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np

from mygym_lite.authoring.frame import Frame
from mygym_lite.config.rotation import Array


@dataclass(frozen=True)
class Box:
    """A box; edge lengths, m."""

    size: tuple[float, float, float]

    @property
    def volume(self) -> float:
        """Volume in cubic metres."""
        return self.size[0] * self.size[1] * self.size[2]

    def compute_moments(self) -> Array:
        """Compute the principal moments for unit mass, m^2."""
        x, y, z = (edge * edge for edge in self.size)
        return np.array([y + z, x + z, x + y]) / 12.0


@dataclass(frozen=True)
class Capsule:
    """A capsule along z; `length` is that of its cylinder, m, zero for a sphere."""

    radius: float
    length: float = 0.0

    @property
    def volume(self) -> float:
        """Volume in cubic metres."""
        return pi * self.radius**2 * self.length + 4.0 / 3.0 * pi * self.radius**3

    def compute_moments(self) -> Array:
        """Compute the principal moments for unit mass, m^2: a cylinder and two hemispheres."""
        r, length = self.radius, self.length
        ends = 4.0 / 3.0 * pi * r**3 / self.volume
        middle = 1.0 - ends
        axial = middle * r * r / 2.0 + ends * 2.0 * r * r / 5.0
        across = middle * (length**2 / 12.0 + r * r / 4.0)
        across += ends * (2.0 * r * r / 5.0 + length**2 / 4.0 + 3.0 * length * r / 8.0)
        return np.array([across, across, axial])


Solid = Box | Capsule


@dataclass(frozen=True)
class PlacedSolid:
    """A solid and its frame in a link."""

    solid: Solid
    frame: Frame

    def mirror(self) -> PlacedSolid:
        """Return the solid of the other side of the body."""
        return PlacedSolid(self.solid, self.frame.mirror())


def compute_mass_properties(parts: Sequence[PlacedSolid], mass: float) -> tuple[Array, Array]:
    """Compute centre of mass and central inertia tensor of solids of uniform density and total `mass`, kg."""
    volumes = np.array([part.solid.volume for part in parts])
    masses = mass * volumes / volumes.sum()
    centres = np.array([part.frame.position for part in parts])
    centre = np.asarray(masses @ centres / mass)
    tensor = np.zeros((3, 3))
    for part, weight, offset in zip(parts, masses, centres - centre, strict=True):
        r = part.frame.rotation
        tensor += weight * (r @ np.diag(part.solid.compute_moments()) @ r.T)
        tensor += weight * (offset @ offset * np.eye(3) - np.outer(offset, offset))
    return centre, tensor
