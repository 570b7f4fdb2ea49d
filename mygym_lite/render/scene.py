"""The parts of a scene where they are now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.visuals import VisualBody, assign_mask_ids
from mygym_lite.render import pipeline
from mygym_lite.render.arrays import Surfaces
from mygym_lite.render.geometry import Geometry, assemble, extract_shapes

_NO_SHADOW = ("floor", "goal")  # one has nothing below it, the other is not really there
Poses = NDArray[np.float64]


class RenderScene:
    """Geometry, and the pose of each part in the world."""

    def __init__(self, bodies: Sequence[VisualBody], pose_names: Sequence[tuple[str, str]]) -> None:
        """Take what is drawn, and the body and link of each row of the poses that ``set_poses`` will be given."""
        self.geometry: Geometry = assemble(extract_shapes(bodies))
        self.poses = np.zeros((len(bodies), 3, 4))  # from the frame of the part to the world
        self.bounding_spheres = np.zeros((len(bodies), 4))  # around each part, in the world
        self.points = np.empty_like(self.geometry.points)  # in the world
        g = self.geometry
        self.surfaces = Surfaces(g.triangles, g.normals, g.uvs, g.density, g.part_of, g.material_of)
        numbers = assign_mask_ids(bodies).by_link
        self.ids = np.array([numbers[thing.body, thing.link] for thing in bodies], dtype=np.int32)
        fixed = np.array([thing.fixed_pose is not None for thing in bodies])
        casts = np.array([thing.body not in _NO_SHADOW for thing in bodies])
        self.static_casters, self.moving_casters = np.flatnonzero(casts & fixed), np.flatnonzero(casts & ~fixed)
        self._moving = _rows(bodies, pose_names)
        still = np.flatnonzero(fixed)
        self._move(np.stack([still, np.arange(len(still))], axis=1), _poses(bodies))

    def set_poses(self, poses: Poses) -> None:
        """Move everything that moves: position and quaternion (x, y, z, w), a row each."""
        self._move(self._moving, poses)

    def _move(self, moving: NDArray[np.int64], poses: Poses) -> None:
        g = self.geometry
        pipeline.move_parts(
            moving, poses, g.points, g.spans, g.bounding_spheres, self.poses, self.bounding_spheres, self.points
        )

    def compute_static_bounds(self) -> tuple[Poses, Poses]:
        """Lowest and highest corner of a box around all that stands and casts a shadow, m."""
        spans = self.geometry.spans[self.static_casters]
        corners = [self.points[first:last] for first, last in spans[:, :2]] or [np.zeros((1, 3), np.float32)]
        every = np.concatenate(corners).astype(np.float64)
        return every.min(axis=0), every.max(axis=0)


def _rows(drawn: Sequence[VisualBody], names: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
    """Parts that move, and the row of the poses that tells where each is."""
    rows = {name: row for row, name in enumerate(names)}
    moving = [(part, rows[thing.body, thing.link]) for part, thing in enumerate(drawn) if thing.fixed_pose is None]
    return np.array(moving, dtype=np.int64).reshape(-1, 2)


def _poses(drawn: Sequence[VisualBody]) -> Poses:
    """Where everything stands that does not move, a row each."""
    poses = [thing.fixed_pose for thing in drawn if thing.fixed_pose is not None]
    return np.array([(*pose.position, *pose.rotation) for pose in poses]).reshape(-1, 7)
