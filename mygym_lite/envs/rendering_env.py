"""Environment base class with rendering: every camera and kind of image, regardless of the observation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import CameraRig, list_cameras
from mygym_lite.envs.display import has_display
from mygym_lite.envs.image_observations import ImageSize
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.renderers import Images
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.render.camera import View
from mygym_lite.sim.world import World

RENDER_MODES = ("human", "rgb_array", "depth_array")


class RenderingEnv(gym.Env[Observation, NDArray[np.float32]]):
    """Environment with cameras."""

    world: World
    camera_rig: CameraRig
    _closed = False
    episode_task: Task  # as sampled for this episode

    def close(self) -> None:
        """Disconnect the physics engine."""
        self._closed = True
        self.world.close()

    def require_open(self) -> None:
        """Raise if the environment is closed."""
        if self._closed:
            raise UsageError("this environment is closed; make a new one")

    def render(self) -> Any:
        """Render the first camera: an image (height, width, 3) or metric depth (height, width)."""
        if self.render_mode in (None, "human"):
            return None
        kind = "depth" if self.render_mode == "depth_array" else "rgb"
        return self.render_images(kinds=(kind,))[kind]

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras that the task has with this robot; ``render`` uses the first one."""
        return list_cameras(self.episode_task)

    def view(self, camera: str | None = None, size: ImageSize | None = None) -> View:
        """Compute the present view of a camera: intrinsics, world-to-camera transform, near and far."""
        self.require_open()
        return self.camera_rig.view(camera, size)

    def render_images(
        self,
        camera: str | None = None,
        kinds: Sequence[str] = ("rgb",),
        size: ImageSize | None = None,
        quality: str | None = None,
    ) -> Images:
        """Render a camera, by kind, in the best quality of the renderer by default.

        ``rgb`` is uint8 (height, width, 3); ``depth`` float32, m, 0 without a surface; ``mask`` and ``links`` int32,
        see ``mask_names`` and ``link_names``; ``normals`` float32, in the world frame.
        """
        self.require_open()
        best = "fine" if self.camera_rig.renderer == "raster" else "fast"
        images = self.camera_rig.draw(camera, kinds, size, quality or best)
        return {kind: image.copy() for kind, image in images.items()}

    @property
    def mask_names(self) -> dict[int, str]:
        """Bodies by their id in masks."""
        return self.camera_rig.get_mask_ids().bodies

    @property
    def link_names(self) -> dict[int, str]:
        """Links by their id in link masks."""
        return self.camera_rig.get_mask_ids().links


def check_render_mode(render_mode: str | None) -> None:
    """Raise if a render mode is unknown or needs a display that is missing."""
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise ConfigError(f"render_mode: '{render_mode}' is not a mode{suggest(render_mode, RENDER_MODES)}")
    if render_mode == "human" and not has_display():
        raise UsageError("render_mode: 'human' opens a window, and there is no display here; use 'rgb_array'")


def list_render_modes(task: Task) -> list[str]:
    """List the available render modes: a window requires a display, an image a camera."""
    images = [mode for mode in RENDER_MODES if mode != "human"] if list_cameras(task) else []
    return [*(["human"] if has_display() else []), *images]
