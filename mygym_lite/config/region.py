"""Regions: areas on the surface, in a container or on an object, which terms and placements name."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from mygym_lite.config.footprint import Footprint
from mygym_lite.schema import quantity

Vec3 = tuple[float, float, float]
RegionKind = Literal["disc", "box", "cavity", "footprint"]
_SIZE_COUNTS = {"disc": 1, "box": 2, "cavity": 0, "footprint": 0}
_BELOW = 0.01  # m below its floor at which a point still lies inside a region


@dataclass(frozen=True)
class Region:
    """Area of the scene; its position is the centre of its floor."""

    shape: RegionKind = quantity(doc="disc or box; cavity of a container; or the footprint of an object model")
    size: tuple[float, ...] = quantity((), unit="m", low=1e-3, high=3, doc="disc: radius; box: edges x, y")
    position: Vec3 = quantity(
        (0.0, 0.0, 0.0),
        unit="m",
        low=-3,
        high=3,
        doc="x, y in the world frame, z above the surface; with `of`, in the frame of the object",
    )
    yaw: float = quantity(0.0, unit="rad", low=-6.3, high=6.3, doc="rotation about the vertical")
    height: float | None = quantity(
        None, unit="m", low=1e-3, high=3, doc="height up to which a point lies inside; any if absent"
    )
    of: str | None = field(default=None, metadata={"doc": "object that the region moves with"})
    model: str | None = field(default=None, metadata={"doc": "footprint: object model of that outline"})
    scale: float = quantity(1.0, unit="x", low=0.2, high=3, doc="footprint: scale of all lengths")
    color: Vec3 = quantity((0.10, 0.80, 0.30), unit="RGB", low=0, high=1, doc="colour of its mark")
    visible: bool = field(default=True, metadata={"doc": "mark the area, so that cameras see it"})

    def __post_init__(self) -> None:
        """Check the keys that each shape needs."""
        count = _SIZE_COUNTS[self.shape]
        if len(self.size) != count:
            raise ValueError(f"{self.shape} takes {count} sizes, got {len(self.size)}; correct 'size'")
        if (self.shape == "footprint") != (self.model is not None):
            raise ValueError("'model' is for the shape 'footprint', which needs it; correct one of the two")
        if self.shape == "cavity" and self.of is None:
            raise ValueError("cavity needs a container; name it with 'of'")


class RegionShape(NamedTuple):
    """Extents of a region in its own frame, whose origin is the centre of its floor."""

    footprint: Footprint
    radius: float | None
    """Radius of a disc, m."""
    half_edges: tuple[float, float] | None
    """Half edges of a box, m."""
    height: float
    """Height, m; infinite if any."""
    color: Vec3
    """Colour of its mark, RGB from 0 to 1."""

    def contains(self, point: Vec3, margin: float = 0.0) -> bool:
        """Test that a point in the frame of the region lies inside, at least ``margin`` metres from the rim."""
        x, y, z = point
        if not -_BELOW <= z <= self.height:
            return False
        if self.radius is not None:
            return math.hypot(x, y) <= self.radius - margin
        if self.half_edges is not None:
            return abs(x) <= self.half_edges[0] - margin and abs(y) <= self.half_edges[1] - margin
        return bool(self.footprint.contains(np.array([[x, y]]))[0])
