"""What is known of every object in a picture, from the world that was drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.config.task import ObjectConfig, Task
from mygym_lite.config.visuals import assign_mask_ids, build_visual_bodies
from mygym_lite.datasets.frame import Array, Box, ObjectLabel
from mygym_lite.render.camera import View
from mygym_lite.render.silhouette import Outlines, Silhouettes

GOAL = "goal"
"""The object model that marks goals."""
_GOAL_RADIUS = 0.015  # m, of that model
_SLACK = 2.0  # pixels' breadth by which a point may lie behind what its pixel shows and still be seen


@dataclass(frozen=True)
class Thresholds:
    """Below which objects are flagged; nothing is ever left out."""

    small_px: int = 64
    """Visible pixels."""
    hidden_fraction: float = 0.1
    """Visible share of the whole silhouette."""


def list_labelled_objects(task: Task) -> dict[str, ObjectConfig]:
    """What is labelled: every object, and the ball that marks a goal; not one with axes, which is no object's shape."""
    goal = task.goal
    if goal is None or goal.marker == 0.0 or goal.rpy is not None:
        return dict(task.objects)
    return {**task.objects, "goal": ObjectConfig(GOAL, goal.position, size=goal.marker / _GOAL_RADIUS)}


class Labeller:
    """Labels the pictures of one scene.

    Args:
        task: As ``sample`` has drawn it.
        names: Body and link of each row of the poses that ``set_poses`` is given.
        thresholds: Which objects are flagged.
    """

    def __init__(self, task: Task, names: list[tuple[str, str]], thresholds: Thresholds) -> None:
        every = build_visual_bodies(task)
        self._objects, self._thresholds = list_labelled_objects(task), thresholds
        things = [thing for thing in every if thing.body in self._objects]
        self._silhouettes = Silhouettes(things, names) if things else None
        numbers = assign_mask_ids(every)
        places = {name: place for place, name in enumerate(self._objects, start=1)}
        self._place_of = np.array(
            [places.get(numbers.bodies[number], 0) for number in range(len(numbers.bodies))], np.int32
        )

    def set_poses(self, poses: NDArray[np.float64], frames: Mapping[str, Pose]) -> None:
        """A moment: where everything is that moves."""
        if self._silhouettes is not None:
            self._silhouettes.set_poses(poses)
        self._frames = frames

    def label_image(
        self, view: View, mask: NDArray[np.int32], depth: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], tuple[ObjectLabel, ...]]:
        """The mask with the numbers of instances, and the objects that reach into the picture."""
        places: NDArray[np.int32] = self._place_of[mask]
        if self._silhouettes is None:
            return places, ()
        outlines = self._silhouettes.draw(view, places)
        inside = np.array([whole.any() for whole in outlines.amodal_masks])
        instances = np.concatenate([[0], np.cumsum(inside) * inside]).astype(np.int32)
        found = (
            self._labelled(name, thing, place, int(instances[place + 1]), view, outlines, depth, places)
            for place, (name, thing) in enumerate(self._objects.items())
            if inside[place]
        )
        return instances[places], tuple(found)

    def _labelled(
        self, name: str, thing: ObjectConfig, place: int, instance: int, view: View, outlines: Outlines,
        depth: NDArray[np.float32], places: NDArray[np.int32],
    ) -> ObjectLabel:  # fmt: skip
        pose, to_camera = self._frames[name], view.world_to_camera
        rotation = to_camera[:3, :3] @ rotation_from_quaternion(pose.rotation)
        translation = to_camera[:3, :3] @ np.array(pose.position) + to_camera[:3, 3]
        px_all, px_visible = int(outlines.amodal_boxes[place, 0]), int(outlines.visible_boxes[place, 0])
        whole = outlines.amodal_masks[place]
        points = thing.size * compute_keypoints(thing.model) @ rotation.T + translation
        return ObjectLabel(
            instance=instance,
            name=name,
            model=thing.model,
            rotation=rotation,
            translation=translation,
            pose_in_robot=pose,
            size=thing.size,
            whole_mask=whole,
            px_all=px_all,
            px_visible=px_visible,
            visible_fraction=px_visible / px_all,
            truncated=px_all > int(np.count_nonzero(whole)),
            box_visible=_box(outlines.visible_boxes[place]) if px_visible else None,
            box_whole=_box(outlines.amodal_boxes[place]),
            keypoints=np.array(list(_seen(points, view, depth, places == place + 1))),
            small=px_visible < self._thresholds.small_px,
            hidden=px_visible < self._thresholds.hidden_fraction * px_all,
        )


def _box(found: NDArray[np.int64]) -> Box:
    left, top, right, bottom = found[1:].tolist()
    return left, top, right - left, bottom - top


@lru_cache(maxsize=256)
def compute_keypoints(model: str) -> Array:
    """The centre of a model's bounding box and its corners, m, in its own frame, (9, 3)."""
    low, high = load_object(model).bounds
    corners = list(product(*zip(low, high, strict=True)))
    return np.array([np.add(low, high) / 2, *corners])


def _seen(points: Array, view: View, depth: NDArray[np.float32], own: NDArray[np.bool_]) -> Iterator[list[float]]:
    """Where points of the camera's frame are in the picture, and whether they are seen there.

    A corner is seen if nothing stands nearer at its pixel; the centre, which is inside, if its pixel shows the object.
    """
    for number, (x, y, z) in enumerate(points.tolist()):
        if z < view.near:
            yield [0.0, 0.0, 0.0]
            continue
        u, v = view.focal_length * x / z + view.width / 2, view.focal_length * y / z + view.height / 2
        if not (0.0 <= u < view.width and 0.0 <= v < view.height):
            yield [u, v, 0.0]
            continue
        near = float(depth[int(v), int(u)])
        free = near == 0.0 or z <= near + _SLACK * z / view.focal_length
        yield [u, v, 2.0 if (own[int(v), int(u)] if number == 0 else free) else 1.0]
