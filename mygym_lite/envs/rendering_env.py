"""An environment that can be looked at, whatever it observes: through every camera, in every kind of image."""

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
    """What an environment shows to people and to those who make data sets."""

    camera_rig: CameraRig
    episode_task: Task  # as drawn for this episode

    def require_open(self) -> None:
        """Refuse what needs the world once that is gone."""
        raise NotImplementedError

    def render(self) -> Any:
        """Draw the first camera: an image (height, width, 3) or metric depth (height, width)."""
        if self.render_mode in (None, "human"):
            return None
        kind = "depth" if self.render_mode == "depth_array" else "rgb"
        return self.render_images(kinds=(kind,))[kind]

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that there are with this robot; the first one draws what people are shown."""
        return list_cameras(self.episode_task)

    def view(self, camera: str | None = None, size: ImageSize | None = None) -> View:
        """Where a camera is now: intrinsics, world-to-camera transform, near and far."""
        self.require_open()
        return self.camera_rig.view(camera, size)

    def render_images(
        self, camera: str | None = None, kinds: Sequence[str] = ("rgb",), size: ImageSize | None = None,
        quality: str | None = None,
    ) -> Images:  # fmt: skip
        """What a camera sees now, by kind, whatever is observed; finely, where the renderer knows how.

        ``rgb`` is uint8 (height, width, 3); ``depth`` float32, m, 0 where nothing is; ``mask`` and ``links`` int32, see
        ``mask_names`` and ``link_names``; ``normals`` float32, in the world.
        """
        self.require_open()
        best = "fine" if self.camera_rig.renderer == "raster" else "fast"
        images = self.camera_rig.draw(camera, kinds, size, quality or best)
        return {kind: image.copy() for kind, image in images.items()}

    @property
    def mask_names(self) -> dict[int, str]:
        """The bodies that the numbers in masks stand for."""
        return self.camera_rig.get_mask_ids().bodies

    @property
    def link_names(self) -> dict[int, str]:
        """The links that the numbers in link masks stand for."""
        return self.camera_rig.get_mask_ids().links
