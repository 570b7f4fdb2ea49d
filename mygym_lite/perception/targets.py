"""What of a task is located by looking: its loose objects, and its goal."""

from __future__ import annotations

import numpy as np

from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.rotation import quaternion_from_rpy
from mygym_lite.config.state import Pose
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import GOAL

UPRIGHT = (0.0, 0.0, 0.0, 1.0)


def list_targets(task: Task) -> dict[str, str]:
    """The model of each thing that is looked for, by its name: what stands fast is known to stand where it stands."""
    models = {name: thing.model for name, thing in task.objects.items() if not thing.fixed}
    return models if task.goal is None else {**models, "goal": GOAL}


def find_nominal_pose(task: Task, episode: Task, name: str) -> Pose:
    """Where a thing is told to be while it is lost.

    Args:
        task: As it was declared.
        episode: As it was drawn: what was put in the way has no declared place, and is told to be amid its region.
        name: The thing.
    """
    if name == "goal" and task.goal is not None:
        return Pose(task.goal.position, UPRIGHT)
    if name in task.objects:
        return Pose(compute_initial_position(task, name), quaternion_from_rpy((0.0, 0.0, find_nominal_yaw(task, name))))
    rules = episode.distractors
    x, y = (0.0, 0.0) if rules is None else np.mean(rules.region, axis=0).tolist()
    return Pose((x, y, task.workspace.height), UPRIGHT)


def find_nominal_yaw(task: Task, name: str) -> float:
    """How a thing is turned in its task, rad; what has no declared place is turned by nothing."""
    return task.objects[name].yaw if name in task.objects else 0.0
