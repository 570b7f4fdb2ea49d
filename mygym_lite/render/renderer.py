"""A scene and the pictures of it: what is seen, how far away, of which thing, facing where, in which colour."""

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
from mygym_lite.render.depth_and_masks import write_depth_and_masks
from mygym_lite.render.geometry import extract_shapes
from mygym_lite.render.interpolation import LENGTH, STRIDE
from mygym_lite.render.lighting import ShadowMap, pack_lights
from mygym_lite.render.materials import pack_materials
from mygym_lite.render.pipeline import rasterize_scene
from mygym_lite.render.scene import RenderScene
from mygym_lite.render.shading import compute_normals, downsample, shade
from mygym_lite.render.texture import build_srgb_table

Quality = Literal["fast", "fine"]
_SUN_MAP = {"fast": (384, 0), "fine": (1024, 2)}  # edge of the sun's map and half the window it is averaged over, px
_SECONDS_TO_COMPILE = 20
_LABELS = frozenset(("depth", "mask", "links"))
Arrays = dict[str, NDArray[Any]]


class Renderer:
    """Draws one scene through any number of cameras.

    The arrays that ``draw`` returns belong to the renderer and hold until it draws at that size again.
    """

    def __init__(self, quality: Quality = "fast") -> None:
        if quality not in _SUN_MAP:
            raise ConfigError(f"quality: '{quality}' is not a quality; use 'fast' or 'fine'")
        announce_compilation("the renderer", shade, _SECONDS_TO_COMPILE)
        self.quality = quality
        self._sun = ShadowMap(*_SUN_MAP[quality])
        self._encode = build_srgb_table()
        self._pixels, self._images = np.zeros(LENGTH, np.float32), np.empty(STRIDE, np.int32)
        self._lens, self._pose = np.empty(5), np.empty((3, 4))
        self._polygon = np.empty((2, 9, 3))
        self._shape: Any = None
        self._light: Light | None = None
        self._placed = False
        self._targets: dict[tuple[int, int], Arrays] = {}

    def load_scene(
        self, bodies: Sequence[VisualBody], pose_names: Sequence[tuple[str, str]], light: Light, background: Background
    ) -> None:
        """Take over what an episode looks like; what is as it was is kept.

        Args:
            bodies: Every rigid thing.
            pose_names: Body and link of each row of the poses that ``set_poses`` is given.
            light: The sun and the light of the sky.
            background: What is seen past everything.
        """
        shape = (
            extract_shapes(bodies),
            [(thing.body, thing.link, thing.fixed_pose) for thing in bodies],
            list(pose_names),
        )
        if shape != self._shape:
            self._stage = RenderScene(bodies, pose_names)
            self._placed = False
            self._make_room()
            self._shape, self._light = shape, None
        self._paints = pack_materials(bodies)
        if light != self._light:
            self._sun.set_light(light, self._stage)
            self._light = light
        lit = pack_lights(light, background, self._sun.offset)
        self._lighting = Lighting(lit, self._sun.proximity, self._sun.world_to_map, self._sun.filter_radius)

    def _make_room(self) -> None:
        vertices, triangles = len(self._stage.points), len(self._stage.geometry.triangles)
        self._seen = np.empty((vertices, 3), np.float32)
        self._corners = np.empty((vertices, 2), np.int32)
        self._visible = np.empty(len(self._stage.poses), np.int64)
        self._slopes = np.empty((triangles, 5))
        planes, fresh = np.empty((triangles, 6, 3), np.float32), np.zeros(triangles, np.bool_)
        self._room = Scratch(np.empty(3), planes, fresh, self._pixels, self._images)

    def set_poses(self, poses: NDArray[np.float64]) -> None:
        """Move everything that moves: position and quaternion (x, y, z, w) of each row of ``names``."""
        if not np.isfinite(poses).all():
            raise ConfigError("a pose to draw is not finite; the physics has broken, or a pose was set wrongly")
        self._stage.set_poses(poses)
        self._sun.update(self._stage)
        self._placed = True

    def draw(self, view: View, kinds: Collection[str]) -> Arrays:
        """What a camera sees, by kind: ``rgb``, ``depth``, ``mask``, ``links``, ``normals``."""
        if not self._placed:
            raise UsageError("draw: nothing is placed yet; call load() and place() first")
        target = self._target(view.width, view.height)
        fine = self.quality == "fine" and "rgb" in kinds
        if fine:
            large = self._target(2 * view.width, 2 * view.height)
            self._look(view, 2, large)
            self._shade(large, view.exposure)
            downsample(large["rgb"], target["rgb"])
        if not fine or len(kinds) > 1:
            self._look(view, 1, target)
        if not fine and "rgb" in kinds:
            self._shade(target, view.exposure)
        if "normals" in kinds:
            compute_normals(target["numbers"], *self._scene(), self._paints.materials, self._room, target["normals"])
        if not _LABELS.isdisjoint(kinds):
            write_depth_and_masks(
                target["numbers"],
                self._slopes,
                self._stage.geometry.part_of,
                self._stage.ids,
                target["depth"],
                target["mask"],
                target["links"],
            )
        return {kind: target[kind] for kind in kinds}

    def _look(self, view: View, scale: int, target: Arrays) -> None:
        self._lens[:] = (
            scale * view.focal_length,
            scale * view.width / 2,
            scale * view.height / 2,
            view.near,
            view.far,
        )
        self._pose[:] = view.world_to_camera[:3]
        stage = self._stage
        rasterize_scene(
            stage.geometry.spans,
            stage.bounding_spheres,
            stage.geometry.triangles,
            stage.points,
            self._pose,
            self._lens,
            self._visible,
            self._seen,
            self._corners,
            self._slopes,
            target["numbers"],
            target["nearness"],
            self._polygon,
        )

    def _scene(self) -> tuple[Any, ...]:
        return self._seen, self._lens, self._pose, self._stage.poses, self._stage.surfaces

    def _shade(self, target: Arrays, exposure: float) -> None:
        shade(target["numbers"], *self._scene(), self._paints, self._lighting, exposure, self._encode, self._room,
              target["rgb"])  # fmt: skip

    def _target(self, width: int, height: int) -> Arrays:
        """The arrays for pictures of a size, made when first asked for."""
        if (width, height) not in self._targets:
            size = (height, width)
            self._targets[width, height] = {
                "numbers": np.empty(size, np.int32), "nearness": np.empty(size, np.float32),
                "rgb": np.empty((*size, 3), np.uint8), "normals": np.empty((*size, 3), np.float32),
                "depth": np.empty(size, np.float32), "mask": np.empty(size, np.int32),
                "links": np.empty(size, np.int32),
            }  # fmt: skip
        return self._targets[width, height]
