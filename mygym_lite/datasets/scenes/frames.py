"""The frames of any scene, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.datasets.frame import Frame
from mygym_lite.datasets.labels import Labeller
from mygym_lite.datasets.recipe import Recipe, Shot
from mygym_lite.datasets.scenes.appearance import Restyle
from mygym_lite.datasets.scenes.episode import MakePlayer, Playing
from mygym_lite.datasets.scenes.settled import Dropping
from mygym_lite.envs.cameras import Pictures
from mygym_lite.envs.faults.sensing import Perception
from mygym_lite.rng import stream
from mygym_lite.sim.world import World

_KINDS = ("rgb", "depth", "mask")


class Scenes:
    """Makes frames: each is a function of the recipe and of its number, whatever was made before it.

    Args:
        recipe: Of the dataset.
        make_player: Makes whoever plays the episodes; without one, all scenes are of dropped objects.
    """

    def __init__(self, recipe: Recipe, make_player: MakePlayer | None = None) -> None:
        self._recipe = recipe
        self._restyle = Restyle(recipe.task, recipe.variations)
        self._perception = Perception(recipe.task)
        self._dropping = Dropping(recipe)
        self._playing = Playing(recipe, make_player) if make_player else None
        sources = [source for source in (self._dropping, self._playing) if source is not None]
        self._pictures = {source.world: Pictures(source.world) for source in sources}

    def frames(self, scene: int, images: int) -> Iterator[Frame]:
        """The frames of a scene, but for those beyond the last image."""
        dropped = self._playing is None or self._recipe.is_dropped(scene)
        source = self._dropping if dropped or self._playing is None else self._playing
        seed, world = self._recipe.scene_seed(scene), source.world
        moments = source.moments(seed)
        for moment, shots in groupby(self._recipe.shots(scene, images), lambda shot: shot.moment):
            look = int(stream(seed, f"dataset/look/{moment}").integers(2**32))
            task = self._restyle.styled(next(moments), look)
            self._begin(world, task, look)
            labeller = Labeller(task, world.pose_names, self._recipe.thresholds)
            labeller.place(world.poses(), world.state.frames)
            variation = self._restyle.values(task)
            for shot in shots:
                yield self._frame(scene, shot, world, labeller, variation)

    def _begin(self, world: World, task: Task, seed: int) -> None:
        self._pictures[world].begin(task)
        self._perception.reset(task, seed)
        self._measured = self._perception.state(world.state)

    def _frame(self, scene: int, shot: Shot, world: World, labeller: Labeller, variation: dict[str, Any]) -> Frame:
        pictures = self._pictures[world]
        view = pictures.view(shot.camera, self._recipe.size)
        images = pictures.draw(shot.camera, _KINDS, self._recipe.size)
        mask, objects = labeller.label(view, images["mask"], images["depth"])
        return Frame(
            number=shot.number, scene=scene, camera=shot.camera, split=self._recipe.split(scene),
            rgb=self._delivered(shot.camera, images["rgb"]), depth=images["depth"].copy(), mask=mask, objects=objects,
            intrinsics=view.intrinsics, world_to_camera=view.world_to_camera,
            believed=pictures.believed(shot.camera, self._recipe.task, self._measured, self._recipe.size),
            joints=tuple(world.state.joints),
            seed=self._recipe.scene_seed(scene), variation=variation,
        )  # fmt: skip

    def _delivered(self, camera: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture with the faults of its camera."""
        name = f"{camera}_rgb"
        delivered: NDArray[np.uint8] = np.array(self._perception.images({name: picture})[name])
        return delivered

    def close(self) -> None:
        """Let the physics engines go."""
        self._dropping.close()
        if self._playing is not None:
            self._playing.close()
