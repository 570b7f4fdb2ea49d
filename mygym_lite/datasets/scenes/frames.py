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
from mygym_lite.datasets.recipe import DatasetRecipe, FrameSpec
from mygym_lite.datasets.scenes.appearance import AppearanceSampler
from mygym_lite.datasets.scenes.episode import EpisodeScenes, ExpertFactory
from mygym_lite.datasets.scenes.settled import SettledScenes
from mygym_lite.envs.cameras import CameraRig
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.rng import make_stream
from mygym_lite.sim.world import World

_KINDS = ("rgb", "depth", "mask")


class FrameGenerator:
    """Makes frames: each is a function of the recipe and of its number, whatever was made before it.

    Args:
        recipe: Of the dataset.
        make_expert: Makes whoever plays the episodes; without one, all scenes are of dropped objects.
    """

    def __init__(self, recipe: DatasetRecipe, make_expert: ExpertFactory | None = None) -> None:
        self._recipe = recipe
        self._restyle = AppearanceSampler(recipe.task, recipe.variations)
        self._perception = SensorPipeline(recipe.task)
        self._dropping = SettledScenes(recipe)
        self._playing = EpisodeScenes(recipe, make_expert) if make_expert else None
        sources = [source for source in (self._dropping, self._playing) if source is not None]
        self._pictures = {source.world: CameraRig(source.world) for source in sources}

    def generate(self, scene: int, images: int) -> Iterator[Frame]:
        """The frames of a scene, but for those beyond the last image."""
        dropped = self._playing is None or self._recipe.is_settled(scene)
        source = self._dropping if dropped or self._playing is None else self._playing
        seed, world = self._recipe.derive_scene_seed(scene), source.world
        moments = source.iterate_moments(seed)
        for moment, shots in groupby(self._recipe.list_frames(scene, images), lambda shot: shot.moment):
            look = int(make_stream(seed, f"dataset/look/{moment}").integers(2**32))
            task = self._restyle.sample(next(moments), look)
            self._begin(world, task, look)
            labeller = Labeller(task, world.pose_names, self._recipe.thresholds)
            labeller.set_poses(world.compute_poses(), world.state.frames)
            variation = self._restyle.read_values(task)
            for shot in shots:
                yield self._frame(scene, shot, world, labeller, variation)

    def _begin(self, world: World, task: Task, seed: int) -> None:
        self._pictures[world].reset(task)
        self._perception.reset(task, seed)
        self._measured = self._perception.measure_state(world.state)

    def _frame(self, scene: int, shot: FrameSpec, world: World, labeller: Labeller, variation: dict[str, Any]) -> Frame:
        pictures = self._pictures[world]
        view = pictures.view(shot.camera, self._recipe.size)
        images = pictures.draw(shot.camera, _KINDS, self._recipe.size)
        mask, objects = labeller.label_image(view, images["mask"], images["depth"])
        return Frame(
            number=shot.number,
            scene=scene,
            camera=shot.camera,
            split=self._recipe.assign_split(scene),
            rgb=self._delivered(shot.camera, images["rgb"]),
            depth=images["depth"].copy(),
            mask=mask,
            objects=objects,
            intrinsics=view.intrinsics,
            world_to_camera=view.world_to_camera,
            nominal_view=pictures.compute_nominal_view(
                shot.camera, self._recipe.task, self._measured, self._recipe.size
            ),
            joints=tuple(world.state.joints),
            seed=self._recipe.derive_scene_seed(scene),
            variation=variation,
        )

    def _delivered(self, camera: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture with the faults of its camera."""
        name = f"{camera}_rgb"
        delivered: NDArray[np.uint8] = np.array(self._perception.corrupt_images({name: picture})[name])
        return delivered

    def close(self) -> None:
        """Let the physics engines go."""
        self._dropping.close()
        if self._playing is not None:
            self._playing.close()
