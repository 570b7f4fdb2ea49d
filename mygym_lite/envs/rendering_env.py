"""Environment base class with rendering: every camera and kind of image, regardless of the observation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import CameraRig, list_cameras
from mygym_lite.envs.image_observations import ImageSize
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.renderers import Images
from mygym_lite.render.camera import View


class RenderingEnv(gym.Env[Observation, NDArray[np.float32]]):
    """Environment with cameras."""

    camera_rig: CameraRig
    episode_task: Task  # as sampled for this episode

    def require_open(self) -> None:
        """Raise if the environment is closed."""
        raise NotImplementedError

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
