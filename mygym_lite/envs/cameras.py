"""Camera rig of an environment: available cameras, their views, and their images."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np
from gymnasium import spaces

from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.mask_ids import MaskIds, assign_mask_ids
from mygym_lite.config.robot import load_robot
from mygym_lite.config.scenery import Camera
from mygym_lite.config.state import Pose, State, Vec3
from mygym_lite.config.task import Task
from mygym_lite.config.visuals import build_visual_bodies
from mygym_lite.envs.renderers import RENDERER_BACKENDS, Images, Quality, RendererBackend
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.render.camera import View, compute_view
from mygym_lite.sim.world import World

ImageKind = Literal["rgb", "depth", "mask", "links", "normals"]
IMAGE_KINDS: tuple[ImageKind, ...] = ("rgb", "depth", "mask", "links", "normals")
QUALITIES: tuple[Quality, ...] = ("fast", "fine")


class CameraRig:
    """Cameras of a task, rendered from one world."""

    def __init__(self, world: World, renderer: str = "raster", quality: str = "fast") -> None:
        if renderer not in RENDERER_BACKENDS:
            raise ConfigError(f"renderer: '{renderer}' is not a renderer{suggest(renderer, RENDERER_BACKENDS)}")
        self.renderer, self.quality = renderer, _check_quality(quality)
        self._world = world
        self._backends: dict[Quality, RendererBackend] = {}

    def reset(self, task: Task) -> None:
        """Begin an episode."""
        self._task = task
        self._names = list_cameras(task)
        self._rows = {name: row for row, name in enumerate(self._world.pose_names)}
        self._fixed_views: dict[tuple[str, tuple[int, int] | None], View] = {}
        for backend in self._backends.values():
            backend.reset(task)

    def require_camera(self, name: str | None) -> str:
        """Return the name of a camera, the first one for None, or raise if this robot lacks it."""
        if name in self._names:
            return name
        if name in self._task.cameras:
            raise ConfigError(
                f"cameras: '{name}' is on the head, and {self._task.robot.model} has none; use one of "
                f"{', '.join(self._names)}"
            )
        if name is not None:
            raise ConfigError(f"cameras: no '{name}' in {self._task.name}{suggest(name, self._names)}")
        if not self._names:
            raise UsageError(f"{self._task.name} declares no camera; add [cameras.front] to its file")
        return self._names[0]

    def require_supported(self, kinds: Collection[str], quality: str) -> None:
        """Raise if the renderer lacks one of these kinds or this quality."""
        missing = [name for name in (*kinds, quality) if name in RENDERER_BACKENDS[self.renderer].unsupported]
        if missing:
            raise ConfigError(f"renderer: '{self.renderer}' knows no '{missing[0]}'; use renderer 'raster' for it")

    def view(self, name: str | None = None, size: tuple[int, int] | None = None) -> View:
        """Compute the present view of a camera: intrinsics and pose."""
        name = self.require_camera(name)
        camera = self._task.cameras[name]
        if camera.mount is not None:
            return compute_view(name, camera, self._compute_mount_pose(camera.mount, self._world.state), None, size)
        if (name, size) not in self._fixed_views:
            self._fixed_views[name, size] = compute_view(name, camera, None, self._find_target(camera), size)
        return self._fixed_views[name, size]

    def compute_nominal_view(
        self, name: str, declared: Task, measured: State, size: tuple[int, int] | None = None
    ) -> View:
        """Compute the nominal view of a camera, by the declared calibration and the measured joints.

        Args:
            name: Name of the camera.
            declared: Task as declared, before sampling.
            measured: State measured by the sensors.
            size: Width and height, px; the declared ones by default.
        """
        camera = declared.cameras[self.require_camera(name)]
        if camera.mount is None:
            return compute_view(name, camera, None, self._find_target(camera), size)
        return compute_view(name, camera, self._compute_mount_pose(camera.mount, measured), None, size)

    def _find_target(self, camera: Camera) -> Vec3:
        """Find the point that a fixed camera looks at, m."""
        assert camera.look_at is not None
        if isinstance(camera.look_at, str):
            return compute_initial_position(self._task, camera.look_at)
        return camera.look_at

    def _compute_mount_pose(self, mount: str, state: State) -> Pose:
        if mount == "palm":
            return state.frames["palm"]
        gaze = self._world.robot_model.gaze
        link = gaze.link if mount == "head" and gaze is not None else mount
        x, y, z, *rotation = self._world.compute_poses()[self._rows["robot", link]].tolist()
        return Pose((x, y, z), (rotation[0], rotation[1], rotation[2], rotation[3]))

    def draw(
        self, name: str | None, kinds: Collection[str], size: tuple[int, int] | None = None, quality: str | None = None
    ) -> Images:
        """Render a camera, by kind; the arrays are valid until the next call with this size."""
        for kind in kinds:
            if kind not in IMAGE_KINDS:
                raise ConfigError(f"picture: no kind '{kind}'{suggest(kind, IMAGE_KINDS)}")
        checked = _check_quality(quality or self.quality)
        self.require_supported(kinds, checked)
        return self._get_backend(checked).draw(self.view(name, size), kinds)

    def _get_backend(self, quality: Quality) -> RendererBackend:
        if quality not in self._backends:
            self._backends[quality] = RENDERER_BACKENDS[self.renderer](self._world, quality)
            self._backends[quality].reset(self._task)
        return self._backends[quality]

    def get_mask_ids(self) -> MaskIds:
        """Return the ids of bodies and links in the masks of this episode."""
        return assign_mask_ids(build_visual_bodies(self._task))


def _check_quality(quality: str) -> Quality:
    for name in QUALITIES:
        if quality == name:
            return name
    raise ConfigError(f"quality: '{quality}' is not a quality{suggest(quality, QUALITIES)}")


def list_cameras(task: Task) -> tuple[str, ...]:
    """List the cameras of a task in the order of its file; a camera on the head needs a robot with a head."""
    headless = load_robot(task.robot.model).gaze is None
    return tuple(name for name, camera in task.cameras.items() if not (headless and camera.mount == "head"))


def build_image_space(view: View, kind: str) -> spaces.Box:
    """Build the observation space of one image."""
    size = (view.height, view.width)
    if kind == "rgb":
        return spaces.Box(0, 255, (*size, 3), np.uint8)
    if kind == "normals":
        return spaces.Box(-1.0, 1.0, (*size, 3), np.float32)
    if kind == "depth":
        return spaces.Box(0.0, view.far, size, np.float32)
    return spaces.Box(0, np.iinfo(np.int16).max, size, np.int32)
