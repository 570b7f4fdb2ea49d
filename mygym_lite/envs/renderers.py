"""Two ways to draw the world as it is now: our own renderer, and the engine's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Literal, Protocol

from numpy.typing import NDArray

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.config.visuals import Numbering, drawn, numbering
from mygym_lite.errors import UsageError
from mygym_lite.render.camera import View
from mygym_lite.render.texture import exposed
from mygym_lite.sim.world import World

Images = dict[str, NDArray[Any]]
Quality = Literal["fast", "fine"]


class Studio(Protocol):
    """Draws a world; ``lacks`` are the kinds of images and the qualities that it does not know."""

    lacks: ClassVar[frozenset[str]]

    def begin(self, task: Task) -> None:
        """An episode of this task has begun."""

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """What a camera sees now; the arrays hold until something is drawn at that size again."""


class Raster:
    """Our own renderer, which can do all; poses are fetched once for all cameras of a moment."""

    lacks: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, world: World, quality: Quality) -> None:
        from mygym_lite.render.renderer import Renderer

        self._world, self._renderer = world, Renderer(quality)
        self._task: Task | None = None
        self._moment: State | None = None

    def begin(self, task: Task) -> None:
        """Remember it until its first picture is asked for."""
        self._task = task

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """What a camera sees now."""
        if self._task is not None:
            self._renderer.load(drawn(self._task), self._world.pose_names, self._task.light, self._task.background)
            self._task, self._moment = None, None
        if self._moment is not self._world.state:
            self._renderer.place(self._world.poses())
            self._moment = self._world.state
        return self._renderer.draw(view, kinds)


class Tiny:
    """The engine's own renderer, which knows neither normals nor a finer quality."""

    lacks: ClassVar[frozenset[str]] = frozenset(("fine", "normals"))

    def __init__(self, world: World, quality: Quality) -> None:
        if not world.visuals:
            raise UsageError("renderer: 'tiny' needs a world made with visuals")
        self._world = world

    def begin(self, task: Task) -> None:
        """Look up the numbers that masks are to hold."""
        self._task = task
        names: Numbering = numbering(drawn(task))
        engine = self._world.engine_names
        self._numbers = {key: names.of[name] for key, name in engine.items() if name in names.of}

    def draw(self, view: View, kinds: Collection[str]) -> Images:
        """What a camera sees now."""
        from mygym_lite.sim import tiny_renderer

        images = tiny_renderer.draw(self._world.client, view, self._task.light, self._task.background, self._numbers)
        if view.exposure != 1.0:
            images["rgb"] = exposed(images["rgb"], view.exposure)
        return {kind: images[kind] for kind in kinds}


STUDIOS: dict[str, type[Raster] | type[Tiny]] = {"raster": Raster, "tiny": Tiny}
