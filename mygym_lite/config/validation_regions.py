"""Validation of regions: containers and outlines exist, and areas lie on the surface."""

from __future__ import annotations

import numpy as np

from mygym_lite.config.objects import load_object
from mygym_lite.config.region import Region
from mygym_lite.config.region_shapes import build_region_shape, require_cavity
from mygym_lite.config.rotation import rotation_from_rpy
from mygym_lite.config.start_extents import list_start_corners
from mygym_lite.config.task import Task
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.schema import Location

_EPSILON = 1e-6  # m


def check_regions(task: Task, where: Location) -> None:
    """Validate the regions of a task, whose objects are known to be valid."""
    for name, region in task.regions.items():
        _check_region(task, region, where.at("regions", name))
        if region.of is None:
            _check_on_surface(task, name, where.at("regions", name))


def _check_region(task: Task, region: Region, where: Location) -> None:
    if region.of is not None and region.of not in task.objects:
        raise where.at("of").error(f"nothing is called '{region.of}' here{suggest(region.of, task.objects)}")
    try:
        if region.shape == "cavity":
            require_cavity(task.objects[str(region.of)].geometry)
        if region.model is not None:
            _check_outline(region.model)
    except ConfigError as error:
        raise where.at("model" if region.model is not None else "of").error(str(error)) from error


def _check_outline(model: str) -> None:
    """Reject models whose outline cannot be marked."""
    for shape in load_object(model).shapes:
        if shape.kind not in ("box", "cylinder") or any(shape.rpy[:2]):
            raise ConfigError(f"'{model}' has a {shape.kind} shape; use a model of upright boxes and cylinders")


def _check_on_surface(task: Task, name: str, where: Location) -> None:
    """Check that the whole area lies on the surface, wherever it may start."""
    surface = load_workspace(task.workspace.model).surface
    centre, half = np.array(surface.position[:2]), np.array(surface.size[:2]) / 2
    low, high = centre - half, centre + half
    region = task.regions[name]
    outline = np.concatenate(build_region_shape(task, region).footprint.polygons)
    outline = outline @ rotation_from_rpy((0.0, 0.0, region.yaw))[:2, :2].T
    for corner in list_start_corners(task, f"regions.{name}.position"):
        points = outline + corner[:2]
        if (points < low - _EPSILON).any() or (points > high + _EPSILON).any():
            ends = zip(points.min(axis=0), points.max(axis=0), strict=True)
            reach = ", ".join(f"{first:.3f} to {last:.3f}" for first, last in ends)
            raise where.at("position").error(
                f"the area spans {reach} m along x and y, beyond the surface of {task.workspace.model}, "
                f"({low[0]:g}, {low[1]:g}) to ({high[0]:g}, {high[1]:g}); move it inside or shrink it"
            )
