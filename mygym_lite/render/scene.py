"""Scene geometry at its current poses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.mask_ids import assign_mask_ids
from mygym_lite.config.visuals import VisualBody
from mygym_lite.render import pipeline
from mygym_lite.render.arrays import Surfaces
from mygym_lite.render.geometry import Geometry, assemble, extract_shapes

_NO_SHADOW = ("floor", "goal", "region")  # the floor has nothing below it; goal and regions are virtual
Poses = NDArray[np.float64]


class RenderScene:
    """Geometry and world pose of each part."""

    def __init__(self, bodies: Sequence[VisualBody], pose_names: Sequence[tuple[str, str]]) -> None:
        """Assemble the geometry; ``pose_names`` holds body and link of each row of ``set_poses``."""
        self.geometry: Geometry = assemble(extract_shapes(bodies))
        self.poses = np.zeros((len(bodies), 3, 4))  # part to world
        self.bounding_spheres = np.zeros((len(bodies), 4))  # centre and radius in the world, m
        self.points = np.empty_like(self.geometry.points)  # in the world
        g = self.geometry
        self.surfaces = Surfaces(g.triangles, g.normals, g.uvs, g.density, g.part_of, g.material_of)
        mask_ids = assign_mask_ids(bodies).by_link
        self.ids = np.array([mask_ids[body.body, body.link] for body in bodies], dtype=np.int32)
        fixed = np.array([body.fixed_pose is not None for body in bodies])
        casts = np.array([body.body not in _NO_SHADOW for body in bodies])
        self.static_casters, self.moving_casters = np.flatnonzero(casts & fixed), np.flatnonzero(casts & ~fixed)
        self._moving = _map_moving_parts(bodies, pose_names)
        static = np.flatnonzero(fixed)
        self._move(np.stack([static, np.arange(len(static))], axis=1), _collect_fixed_poses(bodies))

    def set_poses(self, poses: Poses) -> None:
        """Set the poses of the moving parts: position, m, and quaternion (x, y, z, w) in each row."""
        self._move(self._moving, poses)

    def _move(self, moving: NDArray[np.int64], poses: Poses) -> None:
        g = self.geometry
        outputs = (self.poses, self.bounding_spheres, self.points)
        pipeline.move_parts(moving, poses, g.points, g.spans, g.bounding_spheres, *outputs)

    def compute_static_bounds(self) -> tuple[Poses, Poses]:
        """Compute the lowest and highest corner of a box around the static shadow casters, m."""
        spans = self.geometry.spans[self.static_casters]
        corners = [self.points[first:last] for first, last in spans[:, :2]] or [np.zeros((1, 3), np.float32)]
        points = np.concatenate(corners).astype(np.float64)
        return points.min(axis=0), points.max(axis=0)


def _map_moving_parts(bodies: Sequence[VisualBody], names: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
    """Return the moving parts, each with the row of its pose."""
    rows = {name: row for row, name in enumerate(names)}
    moving = [(part, rows[body.body, body.link]) for part, body in enumerate(bodies) if body.fixed_pose is None]
    return np.array(moving, dtype=np.int64).reshape(-1, 2)


def _collect_fixed_poses(bodies: Sequence[VisualBody]) -> Poses:
    """Return the poses of the static parts, one per row."""
    poses = [body.fixed_pose for body in bodies if body.fixed_pose is not None]
    return np.array([(*pose.position, *pose.rotation) for pose in poses]).reshape(-1, 7)
