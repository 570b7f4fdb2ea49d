"""Cavities: the space inside a container that receives other objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mygym_lite.config.shape import Vector
from mygym_lite.schema import Location, quantity

_SIZE_COUNTS = {"disc": 1, "box": 2}
_TOLERANCE = 5e-4  # m; rounding in hand-written files


@dataclass(frozen=True)
class Cavity:
    """Space inside a container, open at the top."""

    shape: Literal["disc", "box"] = quantity(doc="shape of its floor")
    size: tuple[float, ...] = quantity(unit="m", low=1e-3, high=2.0, doc="disc: radius; box: edges x, y")
    position: Vector = quantity(unit="m", low=-2.0, high=2.0, doc="centre of its floor in the object frame")
    height: float = quantity(unit="m", low=1e-3, high=2.0, doc="height of the rim above its floor")

    def __post_init__(self) -> None:
        """Check the number of sizes."""
        count = _SIZE_COUNTS[self.shape]
        if len(self.size) != count:
            raise ValueError(f"{self.shape} takes {count} sizes, got {len(self.size)}; correct 'size'")

    @property
    def half_edges(self) -> tuple[float, float]:
        """Half edges of the box around its floor, m."""
        return (self.size[0], self.size[0]) if self.shape == "disc" else (self.size[0] / 2, self.size[1] / 2)


def check_cavity(cavity: Cavity, bounds: tuple[Vector, Vector], where: Location) -> None:
    """Reject a cavity that reaches beyond the bounding box of its object."""
    (x, y, z), (a, b) = cavity.position, cavity.half_edges
    low, high = (x - a, y - b, z), (x + a, y + b, z + cavity.height)
    for axis, start, end, least, most in zip("xyz", low, high, *bounds, strict=True):
        if start < least - _TOLERANCE or end > most + _TOLERANCE:
            raise where.error(
                f"along {axis} it spans {start:g} to {end:g} m, the object {least:g} to {most:g} m; "
                "make it smaller or move it"
            )
