"""Looks at any scene under all conditions, through all weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import list_labelled_objects
from mygym_lite.perception.camera_encoding import Array, CameraBatch
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.evaluation.expert_moments import ExpertEpisodes
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
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.masks import compute_instance_masks
from mygym_lite.randomization.suite import NOMINAL

_MOST = 100  # detections of a picture that are kept, the surest: as many as COCO counts
SceneRecord = tuple[int, tuple[MomentRecord, ...]]
"""A scene's number, and all that is told of it."""


class PerceptionWorker:
    """One process's share.

    Args:
        plan: What is looked at.
    """

    def __init__(self, plan: PerceptionPlan) -> None:
        import torch

        torch.set_num_threads(1)
        self._plan, self._eyes = plan, plan.load_estimators()
        self._played = ExpertEpisodes(plan.task)
        self._redraw = MomentRenderer(plan.task, self._played.world, plan.cameras, plan.size)

    def run_job(self, number: int) -> SceneRecord:
        """Look at a scene."""
        return number, tuple(self._told(self._plan.get_scene_seed(number)))

    def _told(self, seed: int) -> Iterator[MomentRecord]:
        for moment, scene in enumerate(self._played.iterate_moments(seed)):
            poses = self._redraw.set_scene(scene, seed)
            wanted = list_scene_targets(self._plan.task, scene)
            for number, condition in enumerate(self._plan.selection.conditions):
                shown = self._redraw.render(condition)
                pictures = tuple(list_visible_objects(label) for label in shown.labels.values())
                seeings = (
                    run_estimator(eyes, shown, pictures, wanted, poses, condition.axis == NOMINAL)
                    for eyes in self._eyes
                )
                yield MomentRecord(number, moment, pictures, tuple(seeings))

    def close(self) -> None:
        """Let the physics engine go."""
        self._played.close()


def list_scene_targets(task: Task, scene: Task) -> dict[str, str]:
    """The model of each object that a task declares, as it is in one of its scenes."""
    return {
        name: thing.model for name, thing in list_labelled_objects(scene).items() if name in list_labelled_objects(task)
    }


def run_estimator(
    estimator: PoseEstimator,
    rendered: RenderedMoment,
    visible_objects: Sequence[Sequence[VisibleObject]],
    targets: Mapping[str, str],
    poses: Mapping[str, Pose],
    by_camera: bool = False,
) -> EstimatorOutput:
    """What one pair of eyes makes of a moment.

    Args:
        estimator: Who looks.
        rendered: What they see.
        visible_objects: What is there, by camera.
        targets: The model of each object that is looked for.
        poses: Where everything is.
        by_camera: Whether each camera is asked alone too.
    """
    optics = CameraBatch.from_views(list(rendered.nominal_views.values()))
    said = estimator.predict(list(rendered.images.values()), optics)
    detections = estimator.detect(said, optics)
    of_picture = [[one for one in detections if one.image == number] for number in range(len(said))]
    seen = tuple(
        match_detections(own[:_MOST], compute_instance_masks(what, own[:_MOST]), label, estimator.metadata.classes)
        for own, what, label in zip(of_picture, said, rendered.labels.values(), strict=True)
    )
    estimates = estimator.assign_detections(detections, targets, optics.headings)
    single = _alone(estimator, of_picture, rendered, targets, optics.headings) if by_camera else {}
    visible = list_visible_names(visible_objects)
    told = (
        compare_estimate(
            name,
            model,
            poses[name],
            estimates[name],
            name in visible,
            {
                camera: by[name]
                for (camera, by), picture in zip(single.items(), visible_objects, strict=True)
                if name in list_visible_names([picture])
            }
            if by_camera
            else {},
        )
        for name, model in targets.items()
        if model in estimator.metadata.classes
    )
    return EstimatorOutput(seen, tuple(told))


def _alone(
    eyes: PoseEstimator,
    of_picture: Sequence[Sequence[Detection]],
    shown: RenderedMoment,
    wanted: Mapping[str, str],
    headings: Array,
) -> dict[str, dict[str, PoseEstimate]]:
    """The estimates by each camera alone."""
    return {
        camera: eyes.assign_detections(own, wanted, headings)
        for camera, own in zip(shown.images, of_picture, strict=True)
    }
