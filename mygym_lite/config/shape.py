"""Collision shapes: the convex pieces of objects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.hull import read_hull
from mygym_lite.config.rotation import rotation_from_rpy
from mygym_lite.schema import quantity

Vector = tuple[float, float, float]
Kind = Literal["box", "cylinder", "sphere", "capsule", "hull"]
_SIZE_COUNTS = {"box": 3, "cylinder": 2, "sphere": 1, "capsule": 2, "hull": 0}
_RIM_POINTS = 64  # of a cylinder: within 0.2% of its radius in any direction, exact along the axes


@dataclass(frozen=True)
class Shape:
    """One convex piece of an object, in the object frame."""

    kind: Kind = quantity(doc="geometric primitive, or the convex hull of a mesh")
    size: tuple[float, ...] = quantity(
        (), unit="m", low=1e-3, high=2.0, doc="box: edges; cylinder, capsule: radius, length along z; sphere: radius"
    )
    mesh: str = quantity("", doc="OBJ file of a hull, beside the object's file")
    position: Vector = quantity((0.0, 0.0, 0.0), unit="m", low=-2.0, high=2.0, doc="centre of the shape")
    rpy: Vector = quantity((0.0, 0.0, 0.0), unit="rad", low=-7.0, high=7.0, doc="roll, pitch, yaw about fixed axes")

    def __post_init__(self) -> None:
        """Check the number of sizes, and the mesh of a hull."""
        count = _SIZE_COUNTS[self.kind]
        if len(self.size) != count:
            raise ValueError(f"{self.kind} takes {count} sizes, got {len(self.size)}; correct 'size'")
        if self.kind == "hull":
            read_hull(self.mesh)
        elif self.mesh:
            raise ValueError(f"{self.kind} has no mesh; leave 'mesh' out or use kind = 'hull'")

    @cached_property
    def rotation(self) -> NDArray[np.float64]:
        """Rotation matrix from the frame of the shape to the frame of the object."""
        return rotation_from_rpy(self.rpy)

    @cached_property
    def outline(self) -> tuple[NDArray[np.float64], float]:
        """Points (n, 3) in the object frame and a radius, m: the shape is the hull of balls around them."""
        points, radius = _compute_outline(self)
        return points @ self.rotation.T + self.position, radius


def _compute_outline(shape: Shape) -> tuple[NDArray[np.float64], float]:
    """Compute the outline of a shape in its own frame."""
    if shape.kind == "hull":
        return read_hull(shape.mesh).points, 0.0
    if shape.kind == "box":
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        return signs * np.array(shape.size) / 2, 0.0
    if shape.kind == "sphere":
        return np.zeros((1, 3)), shape.size[0]
    radius, length = shape.size
    ends = np.array([[0.0, 0.0, -length / 2], [0.0, 0.0, length / 2]])
    if shape.kind == "capsule":
        return ends, radius
    angles = np.arange(_RIM_POINTS) * (2 * math.pi / _RIM_POINTS)
    rim = radius * np.stack([np.cos(angles), np.sin(angles), np.zeros(_RIM_POINTS)], axis=1)
    return np.concatenate([rim + end for end in ends]), 0.0
