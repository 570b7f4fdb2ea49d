"""Bodies of a scene at their poses, from which 3D formats are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.scenery import Background, Light
from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.config.visuals import VisualBody, build_visual_bodies


@dataclass(frozen=True, eq=False)
class SceneModel:
    """Visual bodies, their poses and the light at one moment of a scene."""

    bodies: tuple[VisualBody, ...]
    poses: tuple[Pose, ...]
    """Pose of each body in the world."""
    light: Light
    background: Background


def build_scene_model(task: Task, pose_names: Sequence[tuple[str, str]], body_poses: NDArray[np.float64]) -> SceneModel:
    """Build the model of a moment.

    Args:
        task: Sampled task of the scene.
        pose_names: Body and link of each row of ``body_poses``.
        body_poses: Position, m, and quaternion (x, y, z, w) of everything that moves, one per row.
    """
    rows = dict(zip(pose_names, body_poses.tolist(), strict=True))
    bodies = build_visual_bodies(task)
    poses = tuple(body.fixed_pose or _make_pose(rows[body.body, body.link]) for body in bodies)
    return SceneModel(bodies, poses, task.light, task.background)


def _make_pose(row: Sequence[float]) -> Pose:
    x, y, z, *rotation = row
    return Pose((x, y, z), (rotation[0], rotation[1], rotation[2], rotation[3]))
