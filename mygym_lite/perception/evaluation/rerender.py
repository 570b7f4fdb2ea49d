"""The same moment under any condition: drawn anew through all cameras, with the condition's faults, and with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.datasets.frame import ObjectLabel
from mygym_lite.datasets.labels import Labeller, Thresholds
from mygym_lite.datasets.scenes.appearance import AppearanceSampler
from mygym_lite.envs.cameras import CameraRig
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.randomization.suite import Condition
from mygym_lite.render.camera import View
from mygym_lite.sim.world import World

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class ImageLabels:
    """What is in a picture."""

    mask: NDArray[np.int32]
    """(height, width): numbers of instances."""
    objects: tuple[ObjectLabel, ...]


@dataclass(frozen=True, eq=False)
class RenderedMoment:
    """One moment under one condition, by camera."""

    images: Mapping[str, Image]
    views: Mapping[str, View]
    """Where the cameras are."""
    nominal_views: Mapping[str, View]
    """Where the robot takes them to be."""
    labels: Mapping[str, ImageLabels]


class MomentRenderer:
    """Draws moments of one world.

    Args:
        task: As declared.
        world: In which its episodes are played.
        cameras: Through which it is drawn.
        size: Width and height of a picture, px.
    """

    def __init__(self, task: Task, world: World, cameras: Sequence[str], size: tuple[int, int]) -> None:
        self._task, self._world, self._cameras, self._size = task, world, cameras, size
        self._pictures, self._perception = CameraRig(world), SensorPipeline(task)

    def set_scene(self, scene: Task, seed: int) -> Mapping[str, Pose]:
        """The world has come to another moment; returns where everything is."""
        self._scene, self._seed = scene, seed
        self._labeller = Labeller(scene, self._world.pose_names, Thresholds())
        self._labeller.set_poses(self._world.compute_poses(), self._world.state.frames)
        self._labels: dict[tuple[str, float, bytes], ImageLabels] = {}
        self._drawn: tuple[Task, dict[str, Image]] | None = None
        return dict(self._world.state.frames)

    def render(self, condition: Condition) -> RenderedMoment:
        """The moment under a condition."""
        variations = condition.get_variations(self._seed)
        styled = AppearanceSampler(self._task, variations).sample(self._scene, self._seed)
        self._pictures.reset(styled)
        self._perception.reset(styled, self._seed)
        measured = self._perception.measure_state(self._world.state)
        views = {name: self._pictures.view(name, self._size) for name in self._cameras}
        believed = {
            name: self._pictures.compute_nominal_view(name, self._task, measured, self._size) for name in self._cameras
        }
        labels = {name: self._label(name, view) for name, view in views.items()}
        delivered = self._perception.corrupt_images(
            {f"{name}_rgb": image for name, image in self._images(styled).items()}
        )
        images = {name: np.array(delivered[f"{name}_rgb"]) for name in self._cameras}
        return RenderedMoment(images, views, believed, labels)

    def _label(self, name: str, view: View) -> ImageLabels:
        """Labels are the same wherever the camera is the same."""
        key = name, view.fov, view.world_to_camera.tobytes()
        if key not in self._labels:
            drawn = self._pictures.draw(name, ("depth", "mask"), self._size)
            self._labels[key] = ImageLabels(*self._labeller.label_image(view, drawn["mask"], drawn["depth"]))
        return self._labels[key]

    def _images(self, styled: Task) -> dict[str, Image]:
        """What is seen without faults; where sensing alone differs, it is what was drawn before."""
        looks = replace(styled, sensing=self._task.sensing)
        if self._drawn is None or self._drawn[0] != looks:
            images = {name: self._pictures.draw(name, ("rgb",), self._size)["rgb"].copy() for name in self._cameras}
            self._drawn = looks, images
        return self._drawn[1]
