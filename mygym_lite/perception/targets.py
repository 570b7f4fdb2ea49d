"""Targets of perception in a task: loose objects and the goal, and the poses that a lost one falls back to."""

from __future__ import annotations

import numpy as np

from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.object_bounds import is_upright
from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import quaternion_from_rpy, rotation_from_rpy
from mygym_lite.config.start_extents import list_start_shapes
from mygym_lite.config.state import Pose, Vec3
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import GOAL, list_labelled_objects
from mygym_lite.envs.faults.sensing import CONFIDENCE
from mygym_lite.errors import ConfigError
from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.metadata import EstimatorMetadata
from mygym_lite.perception.orientation import UP

_UPRIGHT = (0.0, 0.0, 0.0, 1.0)


def list_targets(task: Task) -> dict[str, str]:
    """Return the object model of each target by name; fixed objects have a known pose and are left out."""
    models = {name: config.geometry for name, config in task.objects.items() if not config.fixed}
    return models if task.goal is None else {**models, "goal": GOAL}


def list_object_colors(task: Task) -> dict[str, Vec3]:
    """Return the colour of each object and of the goal, sRGB; colours that the task leaves out are those of models."""
    return {name: config.color or _get_color(config.model) for name, config in list_labelled_objects(task).items()}


def _get_color(model: str) -> Vec3:
    red, green, blue = load_object(model).color
    return red, green, blue


def find_nominal_pose(task: Task, episode: Task, name: str) -> Pose:
    """Return the pose of a lost target: the declared one, or the middle of the region of distractors.

    Args:
        task: Declared task.
        episode: Sampled task of the episode.
        name: Name of the target.
    """
    if name == "goal" and task.goal is not None:
        return Pose(task.goal.position, _UPRIGHT)
    if name in task.objects:
        config = task.objects[name]
        return Pose(compute_initial_position(task, name), quaternion_from_rpy((config.roll, config.pitch, config.yaw)))
    distractors = episode.distractors
    x, y = (0.0, 0.0) if distractors is None else np.mean(distractors.region, axis=0).tolist()
    return Pose((x, y, task.workspace.height), _UPRIGHT)


def find_nominal_yaw(task: Task, name: str) -> float:
    """Return the declared yaw of a target, rad; 0 for one without a declared pose."""
    return task.objects[name].yaw if name in task.objects else 0.0


def find_nominal_axis(task: Task, name: str) -> Array:
    """Return the declared direction of a target's z axis; up for one without a declared pose."""
    if name not in task.objects:
        return UP
    config = task.objects[name]
    axis: Array = rotation_from_rpy((config.roll, config.pitch, config.yaw))[:, 2]
    return axis


def require_locatable(task: Task, *, estimates_tilt: bool = False) -> None:
    """Refuse a task without anything to locate, or with a goal or object whose pose cannot be estimated.

    Args:
        task: Task.
        estimates_tilt: True for an estimator that estimates rolls and pitches, too.
    """
    goal, problem = task.goal, ""
    if goal is not None and goal.rpy is not None:
        problem = (
            "its goal has a rotation, and perception estimates its position only; use a task whose goal has no rpy"
        )
    elif goal is not None and goal.marker == 0.0:
        problem = "goal.marker is 0, so that the goal is invisible; give it a radius"
    elif CONFIDENCE in task.observe:
        raise ConfigError(
            f"{task.name}: '{CONFIDENCE}' is the observation that perception adds; rename observe.{CONFIDENCE}"
        )
    elif not estimates_tilt and (tilted := _list_tilted(task)):
        problem = (
            f"objects.{tilted[0]} starts with a roll or pitch, and this perception estimates positions and yaws only; "
            "use a task whose objects stand upright, or perception with refinement"
        )
    elif not list_targets(task):
        problem = "has neither a goal nor a loose object to locate; use another task"
    if problem:
        raise ConfigError(f"{task.name}: {problem}, or leave perception out")


def is_locatable(task: Task, metadata: EstimatorMetadata) -> bool:
    """Return True if an estimator can locate the objects and the goal of a task, all of which it knows."""
    try:
        require_locatable(task, estimates_tilt=metadata.refines)
    except ConfigError:
        return False
    return set(list_targets(task).values()) <= set(metadata.classes)


def _list_tilted(task: Task) -> list[str]:
    """List the objects that may start with a roll or pitch."""
    return [name for name in task.objects if not all(map(is_upright, list_start_shapes(task, name)))]
