"""Worker that evaluates scenes: all estimators, under all conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import list_labelled_objects
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.perception.camera_encoding import CameraBatch
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.evaluation.expert_moments import ExpertEpisodes
from mygym_lite.perception.evaluation.manifest import PERCEPTION_FOLDER
from mygym_lite.perception.evaluation.plan import PerceptionPlan
from mygym_lite.perception.evaluation.records import (
    EstimatorOutput,
    MomentRecord,
    VisibleObject,
    compare_estimate,
    list_visible_names,
    list_visible_objects,
    match_detections,
)
from mygym_lite.perception.evaluation.rerender import MomentRenderer, RenderedMoment
from mygym_lite.perception.evaluation.scenes import write_scene
from mygym_lite.randomization.condition import NOMINAL

_MAX_DETECTIONS = 100  # of an image, the most confident: as many as COCO counts


class PerceptionWorker:
    """Evaluates any scene.

    Args:
        plan: Plan of the evaluation.
        folder: Folder of the evaluation, which has to be visible here.
    """

    def __init__(self, plan: PerceptionPlan, folder: Path, _heartbeat: Heartbeat = no_heartbeat) -> None:
        import torch

        torch.set_num_threads(1)
        self._plan, self._folder, self._estimators = plan, folder, plan.load_estimators()
        self._episodes = ExpertEpisodes(plan.task)
        self._renderer = MomentRenderer(plan.task, self._episodes.world, plan.cameras, plan.size)

    def run_job(self, number: int) -> int:
        """Evaluate a scene and write its records; return its number."""
        with PERCEPTION_FOLDER.hold(self._folder):
            write_scene(self._folder, number, list(self.evaluate_scene(number)))
        return number

    def evaluate_scene(self, number: int) -> Iterator[MomentRecord]:
        """Yield the records of a scene."""
        seed = self._plan.get_scene_seed(number)
        for moment, scene in enumerate(self._episodes.iterate_moments(seed)):
            poses = self._renderer.set_scene(scene, seed)
            targets = list_scene_targets(self._plan.task, scene)
            for index, condition in enumerate(self._plan.selection.conditions):
                rendered = self._renderer.render(condition)
                visible = tuple(list_visible_objects(labels) for labels in rendered.labels.values())
                by_camera = condition.axis == NOMINAL
                outputs = [
                    run_estimator(estimator, rendered, visible, targets, poses, by_camera=by_camera)
                    for estimator in self._estimators
                ]
                yield MomentRecord(index, moment, visible, tuple(outputs))

    def close(self) -> None:
        """Close the physics engine."""
        self._episodes.close()


def list_scene_targets(task: Task, scene: Task) -> dict[str, str]:
    """Return the model, in a scene, of each object that the task declares."""
    declared = list_labelled_objects(task)
    return {name: entry.model for name, entry in list_labelled_objects(scene).items() if name in declared}


def run_estimator(
    estimator: PoseEstimator,
    rendered: RenderedMoment,
    visible_objects: Sequence[Sequence[VisibleObject]],
    targets: Mapping[str, str],
    poses: Mapping[str, Pose],
    *,
    by_camera: bool = False,
) -> EstimatorOutput:
    """Run an estimator on the images of a moment, and compare its output with the ground truth.

    Args:
        estimator: Estimator to run.
        rendered: Images and labels.
        visible_objects: Objects in the images, by camera.
        targets: Model of each object to locate.
        poses: Ground-truth poses.
        by_camera: If true, also locate the objects with each camera alone.
    """
    cameras = CameraBatch.from_views(list(rendered.nominal_views.values()))
    images = list(rendered.images.values())
    outputs = estimator.predict(images, cameras)
    detections = estimator.detect(images, outputs, cameras)
    by_image = [[detection for detection in detections if detection.image == number] for number in range(len(outputs))]
    matched = tuple(
        match_detections(
            kept := own[:_MAX_DETECTIONS], estimator.segment(output, kept), labels, estimator.metadata.classes
        )
        for own, output, labels in zip(by_image, outputs, rendered.labels.values(), strict=True)
    )
    estimates = estimator.assign_detections(detections, targets, cameras.headings, rendered.colors)
    visible = list_visible_names(visible_objects)
    visible_by_camera = {
        camera: list_visible_names([objects]) for camera, objects in zip(rendered.images, visible_objects, strict=True)
    }
    single = {
        camera: estimator.assign_detections(own, targets, cameras.headings, rendered.colors)
        for camera, own in zip(rendered.images, by_image if by_camera else (), strict=by_camera)
    }
    records = (
        compare_estimate(
            name,
            model,
            poses[name],
            estimates[name],
            visible=name in visible,
            estimate_by_camera={
                camera: by_name[name] for camera, by_name in single.items() if name in visible_by_camera[camera]
            },
        )
        for name, model in targets.items()
        if model in estimator.metadata.classes
    )
    return EstimatorOutput(matched, tuple(records))
