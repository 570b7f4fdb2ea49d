"""The sun's map: which of the parts of a scene are nearest to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.scenery import Background, Light, towards_sun
from mygym_lite.render import pipeline
from mygym_lite.render.scene import Stage
from mygym_lite.render.shadow_map import cast, sun_frame
from mygym_lite.render.texture import to_linear

_SKY = (0.93, 0.97, 1.0)  # tint of the light from above
_GROUND = (0.52, 0.49, 0.46)  # of the light that the floor throws back


def lamps(light: Light, background: Background, offset: float) -> NDArray[np.float64]:
    """Rows (7, 3): towards the sun, its colour, sky above, sky below, background above and below, shadow and offset.

    Args:
        light: As the task declares it.
        background: What is seen past everything.
        offset: How far from a surface its shadow is looked up, m.
    """
    color = to_linear(np.array(light.color))
    rows = np.zeros((7, 3))
    rows[0], rows[1] = towards_sun(light), light.intensity * color
    rows[2], rows[3] = light.ambient * np.array(_SKY), light.ambient * np.array(_GROUND)
    rows[4], rows[5] = to_linear(np.array(background.top)), to_linear(np.array(background.bottom))
    rows[6, :2] = light.shadow, offset
    return rows


_HEADROOM = 0.9  # m above the working surface that the map has to hold
_MARGIN = 0.1  # m around what stands
_UNREACHED = 1e6  # m; nothing is so far from the sun


class Sun:
    """Keeps the shadows of what stands still, and adds those of what moves for every frame."""

    def __init__(self, edge: int, reach: int) -> None:
        """Take the edge of the map and half the window over which it is averaged, px."""
        self.reach = reach
        self.nearness = np.empty((edge, edge), np.float32)
        self._standing = np.empty((edge, edge), np.float32)
        self._numbers = np.empty((edge, edge), np.int32)  # written like those of a camera, and never read
        self._rect = np.zeros(4, np.int64)  # of the map that moving parts have touched

    def aim(self, light: Light, stage: Stage) -> None:
        """Shine from a direction on what stands still."""
        low, high = stage.box_of_standing()
        low, high = low - _MARGIN, high + _MARGIN
        high[2] = max(high[2], _HEADROOM)
        self.frame = sun_frame(np.array(towards_sun(light)), low, high, len(self.nearness))
        pixel = 1.0 / float(np.linalg.norm(self.frame[0, :3]))
        self.offset = 1.5 * (self.reach + 0.5) * pixel  # m from a surface; nearer, its own slope would shade it
        self._seen = np.empty_like(stage.points)
        self._corners = np.empty((len(stage.points), 2), np.int32)
        self._standing.fill(-_UNREACHED)
        self._cast(stage, stage.standing, self._standing)
        self.nearness[:] = self._standing
        self._rect[:] = 0

    def follow(self, stage: Stage) -> None:
        """Renew the shadows of what moves."""
        pipeline.renew(self._rect, self._standing, self.nearness)
        pipeline.bound(stage.passing, stage.balls, self.frame, self._rect, self.nearness)
        self._cast(stage, stage.passing, self.nearness)

    def _cast(self, stage: Stage, parts: NDArray[np.int64], nearness: NDArray[np.float32]) -> None:
        g = stage.geometry
        cast(parts, g.spans, g.triangles, stage.points, self.frame, self._seen, self._corners, self._numbers, nearness)
