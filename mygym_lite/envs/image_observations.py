"""Images as observations: which kinds, of which cameras, at which size."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import KINDS, Pictures, cameras_of, image_space
from mygym_lite.envs.observations import Observation
from mygym_lite.errors import SpecError
from mygym_lite.render.camera import checked_size

Size = tuple[int, int]


class Imaging:
    """Draws the images of an observation; each is called ``CAMERA_KIND``, such as ``head_rgb``."""

    def __init__(
        self, pictures: Pictures, task: Task, kinds: Sequence[str], cameras: Sequence[str] | None, size: Size | None
    ) -> None:
        self.kinds = tuple(kind for kind in KINDS if kind in kinds)
        self._pictures = pictures
        self.size = None if size is None else checked_size(size)
        self.cameras = _chosen(pictures, task, cameras) if self.kinds else ()
        if cameras is not None and not self.kinds:
            raise SpecError(f"cameras: nothing is seen through them; add {', '.join(map(repr, KINDS[:3]))} to observe")
        pictures.require_able(self.kinds, pictures.quality)
        views = {name: pictures.view(name, self.size) for name in self.cameras}
        self.space = {f"{name}_{kind}": image_space(view, kind) for name, view in views.items() for kind in self.kinds}

    def read(self) -> Observation:
        """The images of this moment, each in an array of its own."""
        seen: Observation = {}
        for camera in self.cameras:
            images = self._pictures.draw(camera, self.kinds, self.size)
            seen.update({f"{camera}_{kind}": images[kind].copy() for kind in self.kinds})
        return seen


def _chosen(pictures: Pictures, task: Task, cameras: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(cameras, str) or (cameras is not None and not cameras):
        raise SpecError(f"cameras: is {cameras!r}, not a list of names; use for example {list(cameras_of(task))[:1]}")
    return tuple(pictures.require(name) for name in (cameras or [pictures.require(None)]))
