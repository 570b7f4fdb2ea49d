"""Extents and poses of the regions of a sampled task."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mygym_lite.config.cavity import Cavity
from mygym_lite.config.footprint import build_box, build_disc
from mygym_lite.config.objects import load_object
from mygym_lite.config.region import Region, RegionShape
from mygym_lite.config.rotation import compose_poses, quaternion_from_rpy
from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.errors import ConfigError


def build_region_shape(task: Task, region: Region) -> RegionShape:
    """Build the extents of a region."""
    height = math.inf if region.height is None else region.height
    shape, size = region.shape, region.size
    if region.shape == "footprint":
        footprint = load_object(str(region.model)).footprint.scale(region.scale)
        return RegionShape(footprint, None, None, height, region.color)
    if region.shape == "cavity":
        container = task.objects[str(region.of)]
        cavity = require_cavity(container.geometry)
        shape, size = cavity.shape, tuple(container.size * edge for edge in cavity.size)
        height = min(height, container.size * cavity.height)
    if shape == "disc":
        return RegionShape(build_disc(size[0]), size[0], None, height, region.color)
    return RegionShape(build_box(size[0], size[1]), None, (size[0] / 2, size[1] / 2), height, region.color)


def compute_local_pose(task: Task, region: Region) -> Pose:
    """Compute the pose of a region in the frame of its object or, without one, in the world."""
    rotation = quaternion_from_rpy((0.0, 0.0, region.yaw))
    x, y, z = region.position
    if region.of is None:
        return Pose((x, y, z + task.workspace.height), rotation)
    if region.shape == "cavity":
        container = task.objects[region.of]
        cx, cy, cz = (container.size * value for value in require_cavity(container.geometry).position)
        return Pose((x + cx, y + cy, z + cz), rotation)
    return Pose((x, y, z), rotation)


def compute_region_pose(region: Region, local: Pose, frames: Mapping[str, Pose]) -> Pose:
    """Compute the pose of a region in the world from its local pose and the frames of the objects."""
    return local if region.of is None else compose_poses(frames[region.of], local)


def require_cavity(model: str) -> Cavity:
    """Return the cavity of an object model, or raise if it has none."""
    cavity = load_object(model).cavity
    if cavity is None:
        raise ConfigError(f"'{model}' has no cavity; choose a container, such as 'bowl'")
    return cavity
