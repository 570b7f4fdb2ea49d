"""Two ways to draw the world as it is now: our own renderer, and the engine's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Literal, Protocol

from numpy.typing import NDArray

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.config.visuals import MaskIds, assign_mask_ids, build_visual_bodies
from mygym_lite.errors import UsageError
from mygym_lite.render.camera import View
from mygym_lite.render.texture import apply_exposure
from mygym_lite.sim.world import World

Images = dict[str, NDArray[Any]]
Quality = Literal["fast", "fine"]


class RendererBackend(Protocol):
    """Draws a world; ``unsupported`` are the kinds of images and the qualities that it does not know."""

    unsupported: ClassVar[frozenset[str]]

    def reset(self, task: Task) -> None:
        """An episode of this task has begun."""

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """What a camera sees now; the arrays hold until something is drawn at that size again."""


class RasterBackend:
    """Our own renderer, which can do all; poses are fetched once for all cameras of a moment."""

    unsupported: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, world: World, quality: Quality) -> None:
        from mygym_lite.render.renderer import Renderer

        self._world, self._renderer = world, Renderer(quality)
        self._task: Task | None = None
        self._moment: State | None = None

    def reset(self, task: Task) -> None:
        """Remember it until its first picture is asked for."""
        self._task = task

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """What a camera sees now."""
        if self._task is not None:
            self._renderer.load_scene(
                build_visual_bodies(self._task), self._world.pose_names, self._task.light, self._task.background
            )
            self._task, self._moment = None, None
        if self._moment is not self._world.state:
            self._renderer.set_poses(self._world.compute_poses())
            self._moment = self._world.state
        return self._renderer.draw(view, kinds)


class TinyBackend:
    """The engine's own renderer, which knows neither normals nor a finer quality."""

    unsupported: ClassVar[frozenset[str]] = frozenset(("fine", "normals"))

    def __init__(self, world: World, quality: Quality) -> None:
        if not world.visuals:
            raise UsageError("renderer: 'tiny' needs a world made with visuals")
        self._world = world

    def reset(self, task: Task) -> None:
        """Look up the numbers that masks are to hold."""
        self._task = task
        names: MaskIds = assign_mask_ids(build_visual_bodies(task))
        engine = self._world.link_names
        self._numbers = {key: names.by_link[name] for key, name in engine.items() if name in names.by_link}

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """What a camera sees now."""
        from mygym_lite.sim import tiny_renderer

        images = tiny_renderer.render_images(
            self._world.client, view, self._task.light, self._task.background, self._numbers
        )
        if view.exposure != 1.0:
            images["rgb"] = apply_exposure(images["rgb"], view.exposure)
        return {kind: images[kind] for kind in kinds}


RENDERER_BACKENDS: dict[str, type[RasterBackend] | type[TinyBackend]] = {"raster": RasterBackend, "tiny": TinyBackend}
