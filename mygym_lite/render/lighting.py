"""Sun and sky light, and the shadow map of a scene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.scenery import Background, Light, compute_light_direction, normalize_direction
from mygym_lite.render import pipeline
from mygym_lite.render.scene import RenderScene
from mygym_lite.render.shadow_map import compute_world_to_map, rasterize_shadow_map
from mygym_lite.render.texture import decode_srgb

_HEADROOM = 0.9  # m; minimum height of the mapped volume
_MARGIN = 0.1  # m around the static casters
_UNREACHED = 1e6  # m; beyond every distance in a scene


def pack_lights(light: Light, background: Background, shadow_offset: float) -> NDArray[np.float64]:
    """Pack rows (7, 3): sun direction, sun colour, sky, ground, background top and bottom, shadow strength and offset.

    Args:
        light: Declared light.
        background: Colours of the background.
        shadow_offset: Distance from a surface at which its shadow is sampled, m.
    """
    color = decode_srgb(np.array(light.color))
    rows = np.zeros((7, 3))
    rows[0], rows[1] = compute_light_direction(light), light.intensity * color
    rows[2], rows[3] = light.ambient * np.array(light.sky_color), light.ambient * np.array(light.ground_color)
    rows[4], rows[5] = decode_srgb(np.array(background.top)), decode_srgb(np.array(background.bottom))
    rows[6, :2] = light.shadow, shadow_offset
    return rows


def pack_lamps(light: Light) -> NDArray[np.float64]:
    """Pack direction and colour of each light without shadows that is on, (n, 2, 3)."""
    lamps = [lamp for lamp in (light.fill, light.rim) if lamp.intensity > 0.0]
    rows = [(normalize_direction(lamp.direction), lamp.intensity * decode_srgb(np.array(lamp.color))) for lamp in lamps]
    return np.array(rows).reshape(-1, 2, 3)


class ShadowMap:
    """Shadow map of the sun: static casters are cached, moving casters are added in every frame."""

    def __init__(self, edge: int, filter_radius: int) -> None:
        """Allocate a map of ``edge`` px, filtered over a window of 2 * ``filter_radius`` + 1 px."""
        self.filter_radius = filter_radius
        self.proximity = np.empty((edge, edge), np.float32)
        self._static_proximity = np.empty((edge, edge), np.float32)
        self._triangle_ids = np.empty((edge, edge), np.int32)  # required by the rasterizer, never read
        self._dirty_rect = np.zeros(4, np.int64)  # half-open columns and rows covered by moving casters

    def set_light(self, light: Light, scene: RenderScene) -> None:
        """Set the direction of the light and rasterize the static casters."""
        low, high = scene.compute_static_bounds()
        low, high = low - _MARGIN, high + _MARGIN
        high[2] = max(high[2], _HEADROOM)
        self.world_to_map = compute_world_to_map(
            np.array(compute_light_direction(light)), low, high, len(self.proximity)
        )
        pixel = 1.0 / float(np.linalg.norm(self.world_to_map[0, :3]))
        self.offset = 1.5 * (self.filter_radius + 0.5) * pixel  # m; prevents self-shadowing of slopes
        self._light_points = np.empty_like(scene.points)
        self._corners = np.empty((len(scene.points), 2), np.int32)
        self._static_proximity.fill(-_UNREACHED)
        self._rasterize(scene, scene.static_casters, self._static_proximity)
        self.proximity[:] = self._static_proximity
        self._dirty_rect[:] = 0

    def update(self, scene: RenderScene) -> None:
        """Update the shadows of the moving casters."""
        pipeline.restore_static_shadows(self._dirty_rect, self._static_proximity, self.proximity)
        pipeline.bound_moving_shadows(
            scene.moving_casters, scene.bounding_spheres, self.world_to_map, self._dirty_rect, self.proximity
        )
        self._rasterize(scene, scene.moving_casters, self.proximity)

    def _rasterize(self, scene: RenderScene, parts: NDArray[np.int64], proximity: NDArray[np.float32]) -> None:
        g = scene.geometry
        buffers = (self._light_points, self._corners, self._triangle_ids, proximity)
        rasterize_shadow_map(parts, g.spans, g.triangles, scene.points, self.world_to_map, *buffers)
