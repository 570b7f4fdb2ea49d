"""The sun's map: which of the parts of a scene are nearest to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.scenery import Background, Light, compute_light_direction
from mygym_lite.render import pipeline
from mygym_lite.render.scene import RenderScene
from mygym_lite.render.shadow_map import compute_world_to_map, rasterize_shadow_map
from mygym_lite.render.texture import decode_srgb

_SKY = (0.93, 0.97, 1.0)  # tint of the light from above
_GROUND = (0.52, 0.49, 0.46)  # of the light that the floor throws back


def pack_lights(light: Light, background: Background, shadow_offset: float) -> NDArray[np.float64]:
    """Rows (7, 3): towards the sun, its colour, sky above, sky below, background above and below, shadow and offset.

    Args:
        light: As the task declares it.
        background: What is seen past everything.
        shadow_offset: How far from a surface its shadow is looked up, m.
    """
    color = decode_srgb(np.array(light.color))
    rows = np.zeros((7, 3))
    rows[0], rows[1] = compute_light_direction(light), light.intensity * color
    rows[2], rows[3] = light.ambient * np.array(_SKY), light.ambient * np.array(_GROUND)
    rows[4], rows[5] = decode_srgb(np.array(background.top)), decode_srgb(np.array(background.bottom))
    rows[6, :2] = light.shadow, shadow_offset
    return rows


_HEADROOM = 0.9  # m above the working surface that the map has to hold
_MARGIN = 0.1  # m around what stands
_UNREACHED = 1e6  # m; nothing is so far from the sun


class ShadowMap:
    """Keeps the shadows of what stands still, and adds those of what moves for every frame."""

    def __init__(self, edge: int, filter_radius: int) -> None:
        """Take the edge of the map and half the window over which it is averaged, px."""
        self.filter_radius = filter_radius
        self.proximity = np.empty((edge, edge), np.float32)
        self._standing = np.empty((edge, edge), np.float32)
        self._numbers = np.empty((edge, edge), np.int32)  # written like those of a camera, and never read
        self._rect = np.zeros(4, np.int64)  # of the map that moving parts have touched

    def set_light(self, light: Light, scene: RenderScene) -> None:
        """Shine from a direction on what stands still."""
        low, high = scene.compute_static_bounds()
        low, high = low - _MARGIN, high + _MARGIN
        high[2] = max(high[2], _HEADROOM)
        self.world_to_map = compute_world_to_map(
            np.array(compute_light_direction(light)), low, high, len(self.proximity)
        )
        pixel = 1.0 / float(np.linalg.norm(self.world_to_map[0, :3]))
        self.offset = 1.5 * (self.filter_radius + 0.5) * pixel  # m from a surface; nearer, its own slope would shade it
        self._seen = np.empty_like(scene.points)
        self._corners = np.empty((len(scene.points), 2), np.int32)
        self._standing.fill(-_UNREACHED)
        self._cast(scene, scene.static_casters, self._standing)
        self.proximity[:] = self._standing
        self._rect[:] = 0

    def update(self, scene: RenderScene) -> None:
        """Renew the shadows of what moves."""
        pipeline.restore_static_shadows(self._rect, self._standing, self.proximity)
        pipeline.bound_moving_shadows(
            scene.moving_casters, scene.bounding_spheres, self.world_to_map, self._rect, self.proximity
        )
        self._cast(scene, scene.moving_casters, self.proximity)

    def _cast(self, stage: RenderScene, parts: NDArray[np.int64], nearness: NDArray[np.float32]) -> None:
        g = stage.geometry
        rasterize_shadow_map(
            parts,
            g.spans,
            g.triangles,
            stage.points,
            self.world_to_map,
            self._seen,
            self._corners,
            self._numbers,
            nearness,
        )
