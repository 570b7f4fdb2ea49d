"""Generator of the labelled frames of a scene."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.datasets.frame import Frame, VideoFrame
from mygym_lite.datasets.labels import Labeller
from mygym_lite.datasets.optical_flow import Surfaces, compute_flow
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

_KINDS = ("rgb", "depth", "mask", "links")
Moment = list[tuple[Frame, Surfaces]]


@dataclass(frozen=True)
class _Look:
    """Appearance of a scene at one moment, or in a whole video."""

    task: Task
    labeller: Labeller
    variation: dict[str, Any]


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
        moments = self._iterate_moments(scene, images)
        for moment in link_moments(moments) if self._recipe.video else moments:
            yield from (frame for frame, _ in moment)

    def _iterate_moments(self, scene: int, images: int) -> Iterator[Moment]:
        """Yield the moments of a scene; all moments of a video have the same appearance."""
        is_settled = self._episodes is None or self._recipe.is_settled(scene)
        source = self._settled if is_settled or self._episodes is None else self._episodes
        seed, world = self._recipe.derive_scene_seed(scene), source.world
        tasks = source.iterate_moments(seed)
        for moment, specs in groupby(self._recipe.list_frames(scene, images), lambda spec: spec.moment):
            task = next(tasks)
            if moment == 0 or not self._recipe.video:
                look = self._begin_look(world, task, int(make_stream(seed, f"dataset/look/{moment}").integers(2**32)))
            self._measured = self._sensors.measure_state(world.state)
            poses = world.compute_poses()
            look.labeller.set_poses(poses, world.state.frames)
            model = build_scene_model(look.task, world.pose_names, poses)
            yield [self._render_frame(scene, spec, world, look, model) for spec in specs]

    def _begin_look(self, world: World, task: Task, seed: int) -> _Look:
        """Sample an appearance, and set up cameras and sensors for it."""
        task = remove_unmapped_textures(self._appearance.sample(task, seed))
        self._camera_rigs[world].reset(task)
        self._sensors.reset(task, seed)
        labeller = Labeller(task, world.pose_names, self._recipe.thresholds)
        return _Look(task, labeller, self._appearance.read_values(task))

    def _render_frame(
        self, scene: int, spec: FrameSpec, world: World, look: _Look, model: SceneModel
    ) -> tuple[Frame, Surfaces]:
        rig, size, recipe = self._camera_rigs[world], self._recipe.size, self._recipe
        view = rig.view(spec.camera, size)
        images = rig.draw(spec.camera, _KINDS, size)
        mask, objects = look.labeller.label_image(view, images["mask"], images["depth"])
        depth = images["depth"].copy()
        frame = Frame(
            number=spec.number,
            scene=scene,
            camera=spec.camera,
            split=recipe.assign_split(scene),
            rgb=self._corrupt_image(spec.camera, images["rgb"]),
            depth=depth,
            mask=mask,
            objects=objects,
            intrinsics=view.intrinsics,
            world_to_camera=view.world_to_camera,
            nominal_view=rig.compute_nominal_view(spec.camera, recipe.task, self._measured, size),
            joints=tuple(world.state.joints),
            seed=recipe.derive_scene_seed(scene),
            variation=look.variation,
            scene_model=model,
            video=VideoFrame(spec.moment, recipe.task.episode.control_hz, None) if recipe.video else None,
        )
        links = images["links"].copy() if recipe.video else images["links"]  # kept until the next moment of a video
        return frame, Surfaces(view, depth, links, model.poses)

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


def link_moments(moments: Iterator[Moment]) -> Iterator[Moment]:
    """Add to each frame of a video the flow to the next frame of its camera."""
    last: Moment = []
    for moment in moments:
        following = {frame.camera: surfaces for frame, surfaces in moment}
        yield [(_add_flow(frame, now, following.get(frame.camera)), now) for frame, now in last]
        last = moment
    yield last


def _add_flow(frame: Frame, now: Surfaces, later: Surfaces | None) -> Frame:
    if later is None or frame.video is None:
        return frame
    return replace(frame, video=replace(frame.video, flow=compute_flow(now, later)))
