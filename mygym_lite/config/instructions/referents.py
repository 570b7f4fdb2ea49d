"""Things that an instruction can name, with their nouns and colours."""

from __future__ import annotations

from dataclasses import dataclass

from mygym_lite.config.instructions.basic_colors import name_color
from mygym_lite.config.objects import load_object
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig


@dataclass(frozen=True)
class Referent:
    """Noun and colour of a thing."""

    noun: str
    color: str | None
    """Name of its basic colour; None for a region without one."""


def list_referents(task: Task) -> list[str]:
    """List the names that fields of a template may use: objects, then regions."""
    return [*task.objects, *task.regions]


def describe_referent(task: Task, name: str) -> Referent:
    """Describe an object or a region of a task; colours that the task leaves out are those of the model."""
    if name in task.objects:
        return _describe_object(task.objects[name])
    color = task.regions[name].color
    return Referent(_space(name), None if color is None else name_color(color))


def _describe_object(config: ObjectConfig) -> Referent:
    model = load_object(config.model)
    return Referent(get_noun(config.geometry), name_color(config.color or model.color))


def get_noun(model_name: str) -> str:
    """Return the noun of an object model: as declared, or its name with spaces."""
    model = load_object(model_name)
    return model.noun or _space(model.name)


def _space(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")
