"""Validation of the models that a task names, by loading them, and of distractors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mygym_lite.config.field_path import is_model_path
from mygym_lite.config.objects import BANKS, expand_banks, load_object
from mygym_lite.config.placement import find_first_movable, place_distractors
from mygym_lite.config.robot import load_robot
from mygym_lite.config.sampling import sample_start
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Distractors
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import ConfigError
from mygym_lite.schema import Location


@contextmanager
def prefix_errors(where: Location) -> Iterator[None]:
    """Prefix errors with the location that refers to an invalid file."""
    try:
        yield
    except ConfigError as error:
        raise where.error(str(error)) from error


def check_models(task: Task, where: Location) -> None:
    """Load all models, which validates them."""
    with prefix_errors(where.at("robot", "model")):
        load_robot(task.robot.model)
    with prefix_errors(where.at("workspace", "model")):
        load_workspace(task.workspace.model)
    for name, thing in task.objects.items():
        with prefix_errors(where.at("objects", name, "model")):
            load_object(thing.model)
        with prefix_errors(where.at("objects", name, "shape")):
            load_object(thing.geometry)
    if task.distractors is not None:
        _check_distractors(task.distractors, where.at("distractors"))
        if task.distractors.gap is not None and find_first_movable(task.objects) is None:
            raise where.at("distractors", "gap").error("there is no loose object to keep it from; leave it out")


def _check_distractors(distractors: Distractors, where: Location) -> None:
    if not distractors.models:
        raise where.at("models").error(f"is empty; name objects or a bank, one of {', '.join(BANKS)}")
    with prefix_errors(where.at("models")):
        for model in expand_banks(distractors.models):
            load_object(model)
    low, high = distractors.region
    for axis, a, b in zip("xy", low, high, strict=True):
        if a >= b:
            raise where.at("region").error(f"along {axis} it goes from {a:g} to {b:g} m; put the lower corner first")


def check_distractor_space(task: Task, where: Location) -> None:
    """Check, by placing the distractors of the first episode, that there is room for them."""
    if task.distractors is not None:
        with prefix_errors(where):
            place_distractors(sample_start(task, 0), 0, {})


def check_posture(task: Task, where: Location) -> None:
    """Check that the posture has a value for each joint of the arms."""
    count = sum(len(arm.joints) for arm in load_robot(task.robot.model).arms.values())
    if task.robot.posture and len(task.robot.posture) != count:
        raise where.at("robot", "posture").error(
            f"has {len(task.robot.posture)} values, {task.robot.model} has {count} arm joints; give {count} or none"
        )


def check_model(path: str, value: object, where: Location) -> None:
    """Load the model at a path, if it is one, which validates it."""
    if is_model_path(path):
        load = load_workspace if path == "workspace.model" else load_object
        with prefix_errors(where):
            load(str(value))
