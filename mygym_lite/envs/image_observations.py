"""Image observations: kinds, cameras and size."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import IMAGE_KINDS, CameraRig, build_image_space, list_cameras
from mygym_lite.envs.observations import Observation
from mygym_lite.errors import ConfigError
from mygym_lite.render.camera import check_size

ImageSize = tuple[int, int]


class ImageReader:
    """Reader of the images of an observation, each named ``CAMERA_KIND``, such as ``head_rgb``."""

    def __init__(
        self,
        camera_rig: CameraRig,
        task: Task,
        kinds: Sequence[str],
        cameras: Sequence[str] | None,
        size: ImageSize | None,
    ) -> None:
        self.kinds = tuple(kind for kind in IMAGE_KINDS if kind in kinds)
        self._camera_rig = camera_rig
        self.size = None if size is None else check_size(size)
        self.cameras = _select_cameras(camera_rig, task, cameras) if self.kinds else ()
        if cameras is not None and not self.kinds:
            raise ConfigError(
                f"cameras: no kind of image is observed; add {', '.join(map(repr, IMAGE_KINDS[:3]))} to observe"
            )
        camera_rig.require_supported(self.kinds, camera_rig.quality)
        views = {name: camera_rig.view(name, self.size) for name in self.cameras}
        self.space = {
            f"{name}_{kind}": build_image_space(view, kind) for name, view in views.items() for kind in self.kinds
        }

    def read(self) -> Observation:
        """Render the present images, each into a new array."""
        observation: Observation = {}
        for camera in self.cameras:
            images = self._camera_rig.draw(camera, self.kinds, self.size)
            observation.update({f"{camera}_{kind}": images[kind].copy() for kind in self.kinds})
        return observation


def _select_cameras(camera_rig: CameraRig, task: Task, cameras: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(cameras, str) or (cameras is not None and not cameras):
        raise ConfigError(
            f"cameras: is {cameras!r}, not a list of names; use for example {list(list_cameras(task))[:1]}"
        )
    return tuple(camera_rig.require_camera(name) for name in (cameras or [camera_rig.require_camera(None)]))
