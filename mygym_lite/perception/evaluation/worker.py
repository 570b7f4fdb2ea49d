"""Looks at any scene under all conditions, through all weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import labelled
from mygym_lite.perception.camera_encoding import Array, Optics
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.estimator import Eyes
from mygym_lite.perception.evaluation.expert_moments import Played
from mygym_lite.perception.evaluation.plan import LookPlan
from mygym_lite.perception.evaluation.records import Seeing, There, Told, found, sighting, there, visible_in
from mygym_lite.perception.evaluation.rerender import Redraw, Shown
from mygym_lite.perception.fusion import Estimate
from mygym_lite.perception.masks import instance_masks
from mygym_lite.randomization.suite import NOMINAL

_MOST = 100  # detections of a picture that are kept, the surest: as many as COCO counts
Scene = tuple[int, tuple[Told, ...]]
"""A scene's number, and all that is told of it."""


class Look:
    """One process's share.

    Args:
        plan: What is looked at.
    """

    def __init__(self, plan: LookPlan) -> None:
        import torch

        torch.set_num_threads(1)
        self._plan, self._eyes = plan, plan.eyes()
        self._played = Played(plan.task)
        self._redraw = Redraw(plan.task, self._played.world, plan.cameras, plan.size)

    def play(self, number: int) -> Scene:
        """Look at a scene."""
        return number, tuple(self._told(self._plan.scene_seed(number)))

    def _told(self, seed: int) -> Iterator[Told]:
        for moment, scene in enumerate(self._played.moments(seed)):
            poses = self._redraw.begin(scene, seed)
            wanted = wanted_in(self._plan.task, scene)
            for number, condition in enumerate(self._plan.chosen.conditions):
                shown = self._redraw.shown(condition)
                pictures = tuple(there(label) for label in shown.labels.values())
                seeings = (
                    seeing(eyes, shown, pictures, wanted, poses, condition.axis == NOMINAL) for eyes in self._eyes
                )
                yield Told(number, moment, pictures, tuple(seeings))

    def close(self) -> None:
        """Let the physics engine go."""
        self._played.close()


def wanted_in(task: Task, scene: Task) -> dict[str, str]:
    """The model of each object that a task declares, as it is in one of its scenes."""
    return {name: thing.model for name, thing in labelled(scene).items() if name in labelled(task)}


def seeing(
    eyes: Eyes, shown: Shown, pictures: Sequence[Sequence[There]], wanted: Mapping[str, str],
    poses: Mapping[str, Pose], alone: bool = False,
) -> Seeing:  # fmt: skip
    """What one pair of eyes makes of a moment.

    Args:
        eyes: Who looks.
        shown: What they see.
        pictures: What is there, by camera.
        wanted: The model of each object that is looked for.
        poses: Where everything is.
        alone: Whether each camera is asked alone too.
    """
    optics = Optics.of(list(shown.believed.values()))
    said = eyes.look(list(shown.images.values()), optics)
    detections = eyes.detect(said, optics)
    of_picture = [[one for one in detections if one.picture == number] for number in range(len(said))]
    seen = tuple(
        found(own[:_MOST], instance_masks(what, own[:_MOST]), label, eyes.card.classes)
        for own, what, label in zip(of_picture, said, shown.labels.values(), strict=True)
    )
    estimates = eyes.assigned(detections, wanted, optics.heading)
    single = _alone(eyes, of_picture, shown, wanted, optics.heading) if alone else {}
    visible = visible_in(pictures)
    told = (
        sighting(name, model, poses[name], estimates[name], name in visible, {
            camera: by[name] for (camera, by), picture in zip(single.items(), pictures, strict=True)
            if name in visible_in([picture])
        } if alone else {})
        for name, model in wanted.items() if model in eyes.card.classes
    )  # fmt: skip
    return Seeing(seen, tuple(told))


def _alone(
    eyes: Eyes, of_picture: Sequence[Sequence[Detection]], shown: Shown, wanted: Mapping[str, str], headings: Array
) -> dict[str, dict[str, Estimate]]:
    """The estimates by each camera alone."""
    return {camera: eyes.assigned(own, wanted, headings) for camera, own in zip(shown.images, of_picture, strict=True)}
