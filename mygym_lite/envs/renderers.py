"""Renderer backends: our own rasterizer, and the TinyRenderer of the physics engine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.mask_ids import MaskIds, assign_mask_ids
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.config.visuals import build_visual_bodies
from mygym_lite.errors import UsageError
from mygym_lite.render.camera import View
from mygym_lite.render.defocus import apply_defocus
from mygym_lite.sim.world import World

Images = dict[str, NDArray[Any]]
Quality = Literal["fast", "fine"]


class RendererBackend(Protocol):
    """Renderer of one world; ``unsupported`` lists kinds of images and qualities that it lacks."""

    unsupported: ClassVar[frozenset[str]]

    def reset(self, task: Task) -> None:
        """Begin an episode."""

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """Render a view; the arrays are valid until the next call with this size."""


class RasterBackend:
    """Our own renderer, which supports everything; poses are fetched once a step for all cameras."""

    unsupported: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, world: World, quality: Quality) -> None:
        from mygym_lite.render.renderer import Renderer

        self._world, self._renderer = world, Renderer(quality)
        self._task: Task | None = None
        self._rendered_state: State | None = None

    def reset(self, task: Task) -> None:
        """Store the task; its scene is loaded with the first image."""
        self._task = task

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """Render a view."""
        if self._task is not None:
            self._renderer.load_scene(
                build_visual_bodies(self._task), self._world.pose_names, self._task.light, self._task.background
            )
            self._task, self._rendered_state = None, None
        if self._rendered_state is not self._world.state:
            self._renderer.set_poses(self._world.compute_poses())
            self._rendered_state = self._world.state
        return self._renderer.draw(view, kinds)


class TinyBackend:
    """Renderer of the physics engine, without normals and without the fine quality."""

    unsupported: ClassVar[frozenset[str]] = frozenset(("fine", "normals"))

    def __init__(self, world: World, _quality: Quality) -> None:
        if not world.visuals:
            raise UsageError("renderer: 'tiny' needs a world made with visuals")
        self._world = world

    def reset(self, task: Task) -> None:
        """Map the engine's bodies to mask ids."""
        from mygym_lite.sim.bullet.engine import BulletEngine

        if not isinstance(self._world.engine, BulletEngine):
            raise UsageError(f"renderer: 'tiny' needs physics.engine=bullet, the task has '{task.physics.engine}'")
        self._client = self._world.engine.client
        self._task = task
        ids: MaskIds = assign_mask_ids(build_visual_bodies(task))
        links = self._world.engine.link_names
        self._mask_ids = {key: ids.by_link[name] for key, name in links.items() if name in ids.by_link}

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """Render a view."""
        from mygym_lite.render.texture import apply_exposure
        from mygym_lite.sim.bullet import tiny_renderer

        images = tiny_renderer.render_images(
            self._client, view, self._task.light, self._task.background, self._mask_ids
        )
        if view.exposure != 1.0:
            images["rgb"] = apply_exposure(images["rgb"], view.exposure)
        if view.aperture > 0.0:
            inverse_depth = 1.0 / np.where(images["depth"] > 0.0, images["depth"], np.float32(view.far))
            lens = (view.focal_length, view.aperture, view.focus)
            images["rgb"] = apply_defocus(images["rgb"], inverse_depth, *lens)
        return {kind: images[kind] for kind in kinds}


RENDERER_BACKENDS: dict[str, type[RasterBackend] | type[TinyBackend]] = {"raster": RasterBackend, "tiny": TinyBackend}
