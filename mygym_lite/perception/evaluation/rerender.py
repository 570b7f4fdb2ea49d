"""Rendering of a moment under any condition, through all cameras, with sensing faults and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import Pose, Vec3
from mygym_lite.config.task import Task
from mygym_lite.datasets.frame import ObjectLabel
from mygym_lite.datasets.labels import Labeller, Thresholds
from mygym_lite.datasets.scenes.appearance import AppearanceSampler
from mygym_lite.envs.cameras import CameraRig
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.perception.targets import list_object_colors
from mygym_lite.randomization.condition import Condition
from mygym_lite.render.camera import View
from mygym_lite.sim.world import World

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ImageLabels:
    """Ground-truth labels of an image."""

    mask: NDArray[np.int32]
    """(height, width): instance numbers."""
    objects: tuple[ObjectLabel, ...]


@dataclass(frozen=True, eq=False)
class RenderedMoment:
    """One moment under one condition, by camera."""

    images: Mapping[str, Image]
    views: Mapping[str, View]
    """True camera poses."""
    nominal_views: Mapping[str, View]
    """Camera poses as the robot assumes them."""
    labels: Mapping[str, ImageLabels]
    colors: Mapping[str, Vec3]
    """Colour of each object, sRGB."""


class MomentRenderer:
    """Renders moments of one world.

    Args:
        task: Task as declared.
        world: World of its episodes.
        cameras: Cameras to render.
        size: Width and height of an image, px.
    """

    def __init__(self, task: Task, world: World, cameras: Sequence[str], size: tuple[int, int]) -> None:
        self._task, self._world, self._cameras, self._size = task, world, cameras, size
        self._rig, self._sensors = CameraRig(world), SensorPipeline(task)

    def set_scene(self, scene: Task, seed: int) -> Mapping[str, Pose]:
        """Set the moment that the world has reached; return all ground-truth poses."""
        self._scene, self._seed = scene, seed
        self._labeller = Labeller(scene, self._world.pose_names, Thresholds())
        self._labeller.set_poses(self._world.compute_poses(), self._world.state.frames)
        self._labels: dict[tuple[str, float, bytes], ImageLabels] = {}
        self._rendered: tuple[Task, dict[str, Image]] | None = None
        return dict(self._world.state.frames)

    def render(self, condition: Condition) -> RenderedMoment:
        """Render the moment under a condition."""
        variations = condition.get_variations(self._seed)
        styled = AppearanceSampler(self._task, variations).sample(self._scene, self._seed)
        self._rig.reset(styled)
        self._sensors.reset(styled, self._seed)
        measured = self._sensors.measure_state(self._world.state)
        views = {name: self._rig.view(name, self._size) for name in self._cameras}
        nominal_views = {
            name: self._rig.compute_nominal_view(name, self._task, measured, self._size) for name in self._cameras
        }
        labels = {name: self._label_image(name, view) for name, view in views.items()}
        corrupted = self._sensors.corrupt_images(
            {f"{name}_rgb": image for name, image in self._render_images(styled).items()}
        )
        images = {name: np.array(corrupted[f"{name}_rgb"]) for name in self._cameras}
        return RenderedMoment(images, views, nominal_views, labels, list_object_colors(styled))

    def _label_image(self, name: str, view: View) -> ImageLabels:
        """Label an image; equal cameras share their labels."""
        key = name, view.fov, view.world_to_camera.tobytes()
        if key not in self._labels:
            channels = self._rig.draw(name, ("depth", "mask"), self._size)
            self._labels[key] = ImageLabels(*self._labeller.label_image(view, channels["mask"], channels["depth"]))
        return self._labels[key]

    def _render_images(self, styled: Task) -> dict[str, Image]:
        """Render images without faults; conditions that differ in sensing alone share them."""
        appearance = replace(styled, sensing=self._task.sensing)
        if self._rendered is None or self._rendered[0] != appearance:
            images = {name: self._rig.draw(name, ("rgb",), self._size)["rgb"].copy() for name in self._cameras}
            self._rendered = appearance, images
        return self._rendered[1]
