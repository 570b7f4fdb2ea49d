"""Ground-truth labels of the objects in a rendered image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.mask_ids import assign_mask_ids
from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.visuals import build_visual_bodies
from mygym_lite.datasets.frame import Array, Box, ObjectLabel
from mygym_lite.render.camera import View
from mygym_lite.render.silhouette import Outlines, Silhouettes

GOAL = "goal"
"""Object model that marks goals."""
_GOAL_RADIUS = 0.015  # m, of that model
_DEPTH_TOLERANCE = 2.0  # pixel widths by which a visible point may lie behind the depth of its pixel


@dataclass(frozen=True)
class Thresholds:
    """Limits below which objects are flagged; none is ever left out."""

    small_px: int = 64
    """Visible pixels."""
    hidden_fraction: float = 0.1
    """Visible fraction of the amodal silhouette."""


def list_labelled_objects(task: Task) -> dict[str, ObjectConfig]:
    """List every object and the ball that marks a goal; a goal with axes is left out, as it has no object's shape."""
    goal = task.goal
    if goal is None or goal.marker == 0.0 or goal.rpy is not None:
        return dict(task.objects)
    return {**task.objects, "goal": ObjectConfig(GOAL, goal.position, size=goal.marker / _GOAL_RADIUS)}


@dataclass(frozen=True, eq=False)
class _Rendering:
    """Images rendered of one view."""

    view: View
    depth: NDArray[np.float32]
    indices: NDArray[np.int32]  # (height, width): 1 + index of the object at each pixel, 0 for none
    outlines: Outlines


class Labeller:
    """Labels the images of one scene.

    Args:
        task: Sampled task of the scene.
        names: Body and link of each row of the poses that ``set_poses`` takes.
        thresholds: Limits below which objects are flagged.
    """

    def __init__(self, task: Task, names: list[tuple[str, str]], thresholds: Thresholds) -> None:
        bodies, objects = build_visual_bodies(task), list_labelled_objects(task)
        self._objects, self._thresholds = list(objects.items()), thresholds
        labelled = [body for body in bodies if body.body in objects]
        self._silhouettes = Silhouettes(labelled, names) if labelled else None
        indices = {name: index for index, name in enumerate(objects, start=1)}
        mask_bodies = assign_mask_ids(bodies).bodies
        self._index_of_mask_id = np.array([indices.get(mask_bodies[i], 0) for i in range(len(mask_bodies))], np.int32)

    def set_poses(self, poses: NDArray[np.float64], frames: Mapping[str, Pose]) -> None:
        """Set the poses of everything that moves."""
        if self._silhouettes is not None:
            self._silhouettes.set_poses(poses)
        self._frames = frames

    def label_image(
        self, view: View, mask: NDArray[np.int32], depth: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], tuple[ObjectLabel, ...]]:
        """Return the mask with instance numbers, and the labels of all objects that reach into the image."""
        indices: NDArray[np.int32] = self._index_of_mask_id[mask]
        if self._silhouettes is None:
            return indices, ()
        rendering = _Rendering(view, depth, indices, self._silhouettes.draw(view, indices))
        inside = np.array([amodal.any() for amodal in rendering.outlines.amodal_masks])
        instances = np.concatenate([[0], np.cumsum(inside) * inside]).astype(np.int32)
        labels = (self._label_object(i, int(instances[i + 1]), rendering) for i in np.flatnonzero(inside).tolist())
        return instances[indices], tuple(labels)

    def _label_object(self, index: int, instance: int, rendering: _Rendering) -> ObjectLabel:
        (name, config), outlines = self._objects[index], rendering.outlines
        pose, to_camera = self._frames[name], rendering.view.world_to_camera
        rotation = to_camera[:3, :3] @ rotation_from_quaternion(pose.rotation)
        translation = to_camera[:3, :3] @ np.array(pose.position) + to_camera[:3, 3]
        px_all, px_visible = int(outlines.amodal_boxes[index, 0]), int(outlines.visible_boxes[index, 0])
        amodal = outlines.amodal_masks[index]
        points = config.size * compute_keypoints(config.model) @ rotation.T + translation
        return ObjectLabel(
            instance=instance,
            name=name,
            model=config.model,
            rotation=rotation,
            translation=translation,
            pose_in_robot=pose,
            size=config.size,
            whole_mask=amodal,
            px_all=px_all,
            px_visible=px_visible,
            visible_fraction=px_visible / px_all,
            truncated=px_all > int(np.count_nonzero(amodal)),
            box_visible=_convert_box(outlines.visible_boxes[index]) if px_visible else None,
            box_whole=_convert_box(outlines.amodal_boxes[index]),
            keypoints=np.array(list(_project_keypoints(points, rendering, index))),
            small=px_visible < self._thresholds.small_px,
            hidden=px_visible < self._thresholds.hidden_fraction * px_all,
        )


def _convert_box(box: NDArray[np.int64]) -> Box:
    left, top, right, bottom = box[1:].tolist()
    return left, top, right - left, bottom - top


@lru_cache(maxsize=256)
def compute_keypoints(model: str) -> Array:
    """Compute the centre and the corners of a model's bounding box in its own frame (9, 3), m."""
    low, high = load_object(model).bounds
    corners = list(product(*zip(low, high, strict=True)))
    return np.array([np.add(low, high) / 2, *corners])


def _project_keypoints(points: Array, rendering: _Rendering, index: int) -> Iterator[list[float]]:
    """Yield u, v and the visibility flag of points in the camera's frame.

    A corner is visible if nothing lies in front of it at its pixel; the centre, inside the object, if its pixel shows
    the object.
    """
    view = rendering.view
    for number, (x, y, z) in enumerate(points.tolist()):
        if z < view.near:
            yield [0.0, 0.0, 0.0]
            continue
        u, v = view.focal_length * x / z + view.width / 2, view.focal_length * y / z + view.height / 2
        if not (0.0 <= u < view.width and 0.0 <= v < view.height):
            yield [u, v, 0.0]
            continue
        pixel = int(v), int(u)
        depth = float(rendering.depth[pixel])
        unoccluded = depth == 0.0 or z <= depth + _DEPTH_TOLERANCE * z / view.focal_length
        yield [u, v, 2.0 if (rendering.indices[pixel] == index + 1 if number == 0 else unoccluded) else 1.0]
