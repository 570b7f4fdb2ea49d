"""The cameras of an environment: which there are, where they are now, and what they see."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np
from gymnasium import spaces

from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.robot import load_robot
from mygym_lite.config.scenery import Camera
from mygym_lite.config.state import Pose, State, Vec3
from mygym_lite.config.task import Task
from mygym_lite.config.visuals import MaskIds, assign_mask_ids, build_visual_bodies
from mygym_lite.envs.renderers import RENDERER_BACKENDS, Images, Quality, RendererBackend
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.render.camera import View, compute_view
from mygym_lite.sim.world import World

ImageKind = Literal["rgb", "depth", "mask", "links", "normals"]
IMAGE_KINDS: tuple[ImageKind, ...] = ("rgb", "depth", "mask", "links", "normals")
QUALITIES: tuple[Quality, ...] = ("fast", "fine")


class CameraRig:
    """Draws a world through the cameras of its task."""

    def __init__(self, world: World, renderer: str = "raster", quality: str = "fast") -> None:
        if renderer not in RENDERER_BACKENDS:
            raise ConfigError(f"renderer: '{renderer}' is not a renderer{suggest(renderer, RENDERER_BACKENDS)}")
        self.renderer, self.quality = renderer, _known_quality(quality)
        self._world = world
        self._studios: dict[Quality, RendererBackend] = {}

    def reset(self, task: Task) -> None:
        """An episode has begun."""
        self._task = task
        self._known = list_cameras(task)
        self._rows = {name: row for row, name in enumerate(self._world.pose_names)}
        self._still: dict[tuple[str, tuple[int, int] | None], View] = {}
        for studio in self._studios.values():
            studio.reset(task)

    def require_camera(self, name: str | None) -> str:
        """The camera of this name, or the first, if this robot has it."""
        known = self._known
        if name in known:
            return name
        if name in self._task.cameras:
            raise ConfigError(f"cameras: '{name}' is on the head, and {self._task.robot.model} has none; "
                            f"use one of {', '.join(known)}")  # fmt: skip
        if name is not None:
            raise ConfigError(f"cameras: no '{name}' in {self._task.name}{suggest(name, known)}")
        if not known:
            raise UsageError(f"{self._task.name} declares no camera; add [cameras.front] to its file")
        return known[0]

    def require_supported(self, kinds: Collection[str], quality: str) -> None:
        """Refuse what this renderer cannot draw."""
        lacking = [word for word in (*kinds, quality) if word in RENDERER_BACKENDS[self.renderer].unsupported]
        if lacking:
            raise ConfigError(f"renderer: '{self.renderer}' knows no '{lacking[0]}'; use renderer 'raster' for it")

    def view(self, name: str | None = None, size: tuple[int, int] | None = None) -> View:
        """Where a camera is now, and its lens."""
        name = self.require_camera(name)
        camera = self._task.cameras[name]
        if camera.mount is not None:
            return compute_view(name, camera, self._mount(camera.mount, self._world.state), None, size)
        if (name, size) not in self._still:
            self._still[name, size] = compute_view(name, camera, None, self._looked_at(camera), size)
        return self._still[name, size]

    def compute_nominal_view(
        self, name: str, declared: Task, measured: State, size: tuple[int, int] | None = None
    ) -> View:
        """Where a robot takes a camera to be: as it was declared, and carried where the measured joints say.

        Args:
            name: The camera.
            declared: The task before anything was drawn.
            measured: The state as the sensors report it.
            size: Width and height in px, if they are to differ from the declared ones.
        """
        camera = declared.cameras[self.require_camera(name)]
        if camera.mount is None:
            return compute_view(name, camera, None, self._looked_at(camera), size)
        return compute_view(name, camera, self._mount(camera.mount, measured), None, size)

    def _looked_at(self, camera: Camera) -> Vec3:
        """The point at which a standing camera looks, m."""
        assert camera.look_at is not None
        return (
            compute_initial_position(self._task, camera.look_at) if isinstance(camera.look_at, str) else camera.look_at
        )

    def _mount(self, mount: str, state: State) -> Pose:
        if mount == "palm":
            return state.frames["palm"]
        gaze = self._world.robot_model.gaze
        link = gaze.link if mount == "head" and gaze is not None else mount
        x, y, z, *turn = self._world.compute_poses()[self._rows["robot", link]].tolist()
        return Pose((x, y, z), (turn[0], turn[1], turn[2], turn[3]))

    def draw(
        self, name: str | None, kinds: Collection[str], size: tuple[int, int] | None = None, quality: str | None = None
    ) -> Images:
        """What a camera sees now, by kind; the arrays hold until something is drawn at that size again."""
        for kind in kinds:
            if kind not in IMAGE_KINDS:
                raise ConfigError(f"picture: no kind '{kind}'{suggest(kind, IMAGE_KINDS)}")
        wanted = _known_quality(quality or self.quality)
        self.require_supported(kinds, wanted)
        return self._studio(wanted).draw(self.view(name, size), kinds)

    def _studio(self, quality: Quality) -> RendererBackend:
        if quality not in self._studios:
            self._studios[quality] = RENDERER_BACKENDS[self.renderer](self._world, quality)
            self._studios[quality].reset(self._task)
        return self._studios[quality]

    def get_mask_ids(self) -> MaskIds:
        """What the numbers in masks mean in this episode."""
        return assign_mask_ids(build_visual_bodies(self._task))


def _known_quality(quality: str) -> Quality:
    for known in QUALITIES:
        if quality == known:
            return known
    raise ConfigError(f"quality: '{quality}' is not a quality{suggest(quality, QUALITIES)}")


def list_cameras(task: Task) -> tuple[str, ...]:
    """The cameras that a task has with its robot, in the order of its file: one on the head needs a head."""
    headless = load_robot(task.robot.model).gaze is None
    return tuple(name for name, camera in task.cameras.items() if not (headless and camera.mount == "head"))


def build_image_space(view: View, kind: str) -> spaces.Box:
    """The space of one image."""
    size = (view.height, view.width)
    if kind == "rgb":
        return spaces.Box(0, 255, (*size, 3), np.uint8)
    if kind == "normals":
        return spaces.Box(-1.0, 1.0, (*size, 3), np.float32)
    if kind == "depth":
        return spaces.Box(0.0, view.far, size, np.float32)
    return spaces.Box(0, np.iinfo(np.int16).max, size, np.int32)
