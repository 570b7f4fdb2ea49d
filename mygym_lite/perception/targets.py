"""Targets of perception in a task: its loose objects and its goal."""

from __future__ import annotations

import numpy as np

from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import GOAL

UPRIGHT = (0.0, 0.0, 0.0, 1.0)


def list_targets(task: Task) -> dict[str, str]:
    """Return the object model of each target by name; fixed objects have a known pose and are left out."""
    models = {name: config.model for name, config in task.objects.items() if not config.fixed}
    return models if task.goal is None else {**models, "goal": GOAL}


def find_nominal_pose(task: Task, episode: Task, name: str) -> Pose:
    """Return the pose of a lost target: the declared one, or the middle of the region of distractors.

    Args:
        task: Declared task.
        episode: Sampled task of the episode.
        name: Name of the target.
    """
    if name == "goal" and task.goal is not None:
        return Pose(task.goal.position, UPRIGHT)
    if name in task.objects:
        return Pose(compute_initial_position(task, name), quaternion_from_rpy((0.0, 0.0, find_nominal_yaw(task, name))))
    distractors = episode.distractors
    x, y = (0.0, 0.0) if distractors is None else np.mean(distractors.region, axis=0).tolist()
    return Pose((x, y, task.workspace.height), UPRIGHT)


def find_nominal_yaw(task: Task, name: str) -> float:
    """Return the declared yaw of a target, rad; 0 for one without a declared pose."""
    return task.objects[name].yaw if name in task.objects else 0.0
