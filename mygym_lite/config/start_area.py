"""Areas of the workspace that objects are placed within: boxes by their corners, or regions by name."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from mygym_lite.config.containment import sample_in_box, sample_in_disc
from mygym_lite.config.start import Corners
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Vec2
from mygym_lite.rng import Rng


class Area(NamedTuple):
    """Disc or box on the surface, in the world frame: m and rad."""

    shape: Literal["disc", "box"]
    size: tuple[float, ...]
    center: Vec2
    yaw: float = 0.0
    height: float | None = None
    """Height of its floor above the surface of the workspace; that of the object if absent."""

    def transform(self, point: Vec2) -> Vec2:
        """Transform a point of the area's frame to the world frame, m."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.center[0] + c * point[0] - s * point[1], self.center[1] + s * point[0] + c * point[1]


def find_area(task: Task, within: str | Corners) -> Area:
    """Return the area of a region, or of a box between two corners."""
    if isinstance(within, str):
        region = task.regions[within]
        shape: Literal["disc", "box"] = "disc" if region.shape == "disc" else "box"
        return Area(shape, region.size, region.position[:2], region.yaw, region.position[2])
    (x0, y0), (x1, y1) = within
    return Area("box", (x1 - x0, y1 - y0), ((x0 + x1) / 2, (y0 + y1) / 2))


def sample_in_area(area: Area, rng: Rng) -> Vec2:
    """Sample a point uniformly, in the world frame, m."""
    if area.shape == "disc":
        return area.transform(sample_in_disc(area.size[0], rng))
    return area.transform(sample_in_box((0.5 * area.size[0], 0.5 * area.size[1]), rng))


def list_corners(area: Area) -> list[Vec2]:
    """List the corners of the area, or of the square around a disc, m."""
    x, y = (area.size[0],) * 2 if area.shape == "disc" else (0.5 * edge for edge in area.size[:2])
    return [area.transform((i * x, j * y)) for i in (-1, 1) for j in (-1, 1)]
