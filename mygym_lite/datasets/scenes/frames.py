"""Generator of the labelled frames of a scene."""

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
from mygym_lite.datasets.scene_model import SceneModel, build_scene_model
from mygym_lite.datasets.scenes.appearance import AppearanceSampler
from mygym_lite.datasets.scenes.environment import vary_environment
from mygym_lite.datasets.scenes.episode import EpisodeScenes, ExpertFactory
from mygym_lite.datasets.scenes.exposure import vary_exposure
from mygym_lite.datasets.scenes.settled import SettledScenes
from mygym_lite.datasets.scenes.surfaces import remove_unmapped_textures, vary_all_objects
from mygym_lite.envs.cameras import CameraRig
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.rng import make_stream
from mygym_lite.sim.world import World

_KINDS = ("rgb", "depth", "mask")


class FrameGenerator:
    """Generates frames; each is a function of the recipe and its number, independent of the frames before it.

    Args:
        recipe: Recipe of the dataset.
        make_expert: Factory of the expert; without one, all scenes are of dropped objects.
    """

    def __init__(self, recipe: DatasetRecipe, make_expert: ExpertFactory | None = None) -> None:
        self._recipe = recipe
        variations = vary_all_objects(vary_exposure(vary_environment(recipe.variations)))
        self._appearance = AppearanceSampler(recipe.task, variations)
        self._sensors = SensorPipeline(recipe.task)
        self._settled = SettledScenes(recipe)
        self._episodes = EpisodeScenes(recipe, make_expert) if make_expert else None
        sources = [source for source in (self._settled, self._episodes) if source is not None]
        self._camera_rigs = {source.world: CameraRig(source.world) for source in sources}

    def generate(self, scene: int, images: int) -> Iterator[Frame]:
        """Yield the frames of a scene that lie within the number of images."""
        is_settled = self._episodes is None or self._recipe.is_settled(scene)
        source = self._settled if is_settled or self._episodes is None else self._episodes
        seed, world = self._recipe.derive_scene_seed(scene), source.world
        moments = source.iterate_moments(seed)
        for moment, specs in groupby(self._recipe.list_frames(scene, images), lambda spec: spec.moment):
            appearance_seed = int(make_stream(seed, f"dataset/look/{moment}").integers(2**32))
            task = remove_unmapped_textures(self._appearance.sample(next(moments), appearance_seed))
            self._reset_sensors(world, task, appearance_seed)
            labeller = Labeller(task, world.pose_names, self._recipe.thresholds)
            poses = world.compute_poses()
            labeller.set_poses(poses, world.state.frames)
            model = build_scene_model(task, world.pose_names, poses)
            variation = self._appearance.read_values(task)
            for spec in specs:
                yield self._render_frame(scene, spec, world, labeller, model, variation)

    def _reset_sensors(self, world: World, task: Task, seed: int) -> None:
        self._camera_rigs[world].reset(task)
        self._sensors.reset(task, seed)
        self._measured = self._sensors.measure_state(world.state)

    def _render_frame(
        self,
        scene: int,
        spec: FrameSpec,
        world: World,
        labeller: Labeller,
        model: SceneModel,
        variation: dict[str, Any],
    ) -> Frame:
        rig, size = self._camera_rigs[world], self._recipe.size
        view = rig.view(spec.camera, size)
        images = rig.draw(spec.camera, _KINDS, size)
        mask, objects = labeller.label_image(view, images["mask"], images["depth"])
        return Frame(
            number=spec.number,
            scene=scene,
            camera=spec.camera,
            split=self._recipe.assign_split(scene),
            rgb=self._corrupt_image(spec.camera, images["rgb"]),
            depth=images["depth"].copy(),
            mask=mask,
            objects=objects,
            intrinsics=view.intrinsics,
            world_to_camera=view.world_to_camera,
            nominal_view=rig.compute_nominal_view(spec.camera, self._recipe.task, self._measured, size),
            joints=tuple(world.state.joints),
            seed=self._recipe.derive_scene_seed(scene),
            variation=variation,
            scene_model=model,
        )

    def _corrupt_image(self, camera: str, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Apply the faults of a camera to its image."""
        name = f"{camera}_rgb"
        corrupted: NDArray[np.uint8] = np.array(self._sensors.corrupt_images({name: image})[name])
        return corrupted

    def close(self) -> None:
        """Disconnect the physics engines."""
        self._settled.close()
        if self._episodes is not None:
            self._episodes.close()
