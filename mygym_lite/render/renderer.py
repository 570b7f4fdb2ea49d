"""Renderer of a scene: RGB, depth, instance masks, link masks and normals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.scenery import Background, Light
from mygym_lite.config.visuals import VisualBody
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.jit import announce_compilation
from mygym_lite.render.arrays import Lighting, Scratch
from mygym_lite.render.camera import View
from mygym_lite.render.defocus import apply_defocus
from mygym_lite.render.depth_and_masks import write_depth_and_masks
from mygym_lite.render.geometry import extract_shapes
from mygym_lite.render.interpolation import LENGTH, STRIDE
from mygym_lite.render.lighting import ShadowMap, pack_lamps, pack_lights
from mygym_lite.render.materials import pack_materials
from mygym_lite.render.pipeline import rasterize_scene
from mygym_lite.render.scene import RenderScene
from mygym_lite.render.shading import compute_normals, downsample, shade
from mygym_lite.render.texture import build_srgb_table

Quality = Literal["fast", "fine"]
_SHADOW_MAP = {"fast": (384, 0), "fine": (1024, 2)}  # edge of the shadow map and radius of its filter, px
_SECONDS_TO_COMPILE = 20
_LABELS = frozenset(("depth", "mask", "links"))
Arrays = dict[str, NDArray[Any]]


class Renderer:
    """Renderer of one scene from any number of cameras.

    ``draw`` returns views of internal buffers, valid until the next image of the same size.
    """

    def __init__(self, quality: Quality = "fast") -> None:
        if quality not in _SHADOW_MAP:
            raise ConfigError(f"quality: '{quality}' is not a quality; use 'fast' or 'fine'")
        announce_compilation("the renderer", shade, _SECONDS_TO_COMPILE)
        self.quality = quality
        self._shadow_map = ShadowMap(*_SHADOW_MAP[quality])
        self._srgb_table = build_srgb_table()
        self._pixels, self._texture_ids = np.zeros(LENGTH, np.float32), np.empty(STRIDE, np.int32)
        self._intrinsics, self._world_to_camera = np.empty(5), np.empty((3, 4))
        self._polygon = np.empty((2, 9, 3))
        self._scene_key: Any = None
        self._light: Light | None = None
        self._has_poses = False
        self._buffers: dict[tuple[int, int], Arrays] = {}

    def load_scene(
        self, bodies: Sequence[VisualBody], pose_names: Sequence[tuple[str, str]], light: Light, background: Background
    ) -> None:
        """Load the appearance of an episode, and reuse whatever is unchanged.

        Args:
            bodies: All rigid bodies.
            pose_names: Body and link of each row of ``set_poses``.
            light: Sun and sky light.
            background: Colours of the background.
        """
        key = (extract_shapes(bodies), [(b.body, b.link, b.fixed_pose) for b in bodies], list(pose_names))
        if key != self._scene_key:
            self._scene = RenderScene(bodies, pose_names)
            self._has_poses = False
            self._allocate_scratch()
            self._scene_key, self._light = key, None
        self._materials = pack_materials(bodies)
        if light != self._light:
            self._shadow_map.set_light(light, self._scene)
            self._light = light
        shadows = self._shadow_map
        lights, lamps = pack_lights(light, background, shadows.offset), pack_lamps(light)
        self._lighting = Lighting(lights, shadows.proximity, shadows.world_to_map, shadows.filter_radius, lamps)

    def _allocate_scratch(self) -> None:
        vertices, triangles = len(self._scene.points), len(self._scene.geometry.triangles)
        self._camera_points = np.empty((vertices, 3), np.float32)
        self._corners = np.empty((vertices, 2), np.int32)
        self._visible_parts = np.empty(len(self._scene.poses), np.int64)
        self._slopes = np.empty((triangles, 5))
        planes, planes_ready = np.empty((triangles, 6, 3), np.float32), np.zeros(triangles, np.bool_)
        self._scratch = Scratch(np.empty(3), planes, planes_ready, self._pixels, self._texture_ids)

    def set_poses(self, poses: NDArray[np.float64]) -> None:
        """Set the poses of the moving parts: position, m, and quaternion (x, y, z, w) in each row."""
        if not np.isfinite(poses).all():
            raise ConfigError("a pose to draw is not finite; the simulation is unstable, or a pose was set incorrectly")
        self._scene.set_poses(poses)
        self._shadow_map.update(self._scene)
        self._has_poses = True

    def draw(self, view: View, kinds: Collection[str]) -> Arrays:
        """Render images by kind: ``rgb``, ``depth``, ``mask``, ``links``, ``normals``."""
        if not self._has_poses:
            raise UsageError("draw: the scene has no poses; call load_scene() and set_poses() first")
        buffers = self._get_buffers(view.width, view.height)
        supersampled = self.quality == "fine" and "rgb" in kinds
        if supersampled:
            large = self._get_buffers(2 * view.width, 2 * view.height)
            self._rasterize(view, 2, large)
            self._shade(large, view, 2)
            downsample(large["rgb"], buffers["rgb"])
        if not supersampled or len(kinds) > 1:
            self._rasterize(view, 1, buffers)
        if not supersampled and "rgb" in kinds:
            self._shade(buffers, view, 1)
        if "normals" in kinds:
            materials = self._materials.materials
            compute_normals(*self._get_shading_inputs(buffers), materials, self._scratch, buffers["normals"])
        if not _LABELS.isdisjoint(kinds):
            outputs = (buffers["depth"], buffers["mask"], buffers["links"])
            part_of = self._scene.geometry.part_of
            write_depth_and_masks(buffers["triangle_ids"], self._slopes, part_of, self._scene.ids, *outputs)
        return {kind: buffers[kind] for kind in kinds}

    def _rasterize(self, view: View, scale: int, buffers: Arrays) -> None:
        half_size = (scale * view.width / 2, scale * view.height / 2)
        self._intrinsics[:] = (scale * view.focal_length, *half_size, view.near, view.far)
        self._world_to_camera[:] = view.world_to_camera[:3]
        scene = self._scene
        geometry = (scene.geometry.spans, scene.bounding_spheres, scene.geometry.triangles, scene.points)
        scratch = (self._visible_parts, self._camera_points, self._corners, self._slopes, self._polygon)
        outputs = (buffers["triangle_ids"], buffers["inverse_depth"])
        rasterize_scene(geometry, self._world_to_camera, self._intrinsics, scratch, outputs)

    def _get_shading_inputs(self, buffers: Arrays) -> tuple[Any, ...]:
        camera = (self._intrinsics, self._world_to_camera)
        return buffers["triangle_ids"], self._camera_points, *camera, self._scene.poses, self._scene.surfaces

    def _shade(self, buffers: Arrays, view: View, scale: int) -> None:
        inputs = (*self._get_shading_inputs(buffers), self._materials, self._lighting)
        shade(*inputs, view.exposure, self._srgb_table, self._scratch, buffers["rgb"])
        if view.aperture > 0.0:
            lens = (scale * view.focal_length, view.aperture, view.focus)
            buffers["rgb"][:] = apply_defocus(buffers["rgb"], buffers["inverse_depth"], *lens)

    def _get_buffers(self, width: int, height: int) -> Arrays:
        """Return the buffers of an image size, allocated on first use."""
        if (width, height) not in self._buffers:
            size = (height, width)
            self._buffers[width, height] = {
                "triangle_ids": np.empty(size, np.int32),
                "inverse_depth": np.empty(size, np.float32),
                "rgb": np.empty((*size, 3), np.uint8),
                "normals": np.empty((*size, 3), np.float32),
                "depth": np.empty(size, np.float32),
                "mask": np.empty(size, np.int32),
                "links": np.empty(size, np.int32),
            }
        return self._buffers[width, height]
