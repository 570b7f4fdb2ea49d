"""A task file read whole: form, physical sense and terms; and the terms of a task as something that runs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mygym_lite import paths
from mygym_lite.config.field_path import apply_setting
from mygym_lite.config.task import Task, TermCall, read_task
from mygym_lite.config.validation import check_task
from mygym_lite.errors import ConfigError
from mygym_lite.schema import Location, convert
from mygym_lite.terms.registry import BoundTerm, Kind, SceneNames, bind_term, list_scene_names
from mygym_lite.terms.user_terms import make_modules_importable

_LARGEST = 1e6  # of a weight or scale: sums stay far from what a float32 can hold


@dataclass(frozen=True)
class TaskTerms:
    """The bound terms of a task: observation groups with scales, weighted rewards, success and failure."""

    observe: dict[str, list[tuple[str, BoundTerm, float]]]
    reward: dict[str, tuple[BoundTerm, float]]
    success: dict[str, BoundTerm]
    failure: dict[str, BoundTerm]


def load_task(name_or_path: str | Path | Task, settings: Sequence[str] = ()) -> Task:
    """Read a task by its shipped name or the path of its file, and refuse in one line what is wrong with it.

    Args:
        name_or_path: Which; a task is checked again.
        settings: Fixed changes to it, each as ``path=value``.
    """
    _require_list(settings)
    task = name_or_path if isinstance(name_or_path, Task) else read_task(name_or_path)
    file = f"{task.name}.toml"
    if not isinstance(name_or_path, Task):
        path = paths.find_file(paths.get_tasks_folder(), name_or_path)
        make_modules_importable(path, task)
        file = path.name
    _check(task, Location(file))
    if not settings:
        return task
    changed = functools.reduce(apply_setting, settings, task)
    _check(changed, Location(file))
    return changed


def _check(task: Task, where: Location) -> None:
    check_task(task, where)
    bind_terms(task, where)


def _require_list(settings: object) -> None:
    """Refuse what Python would take apart into letters or keys."""
    if isinstance(settings, str | Mapping):
        raise ConfigError(
            f"settings: is {'a text' if isinstance(settings, str) else 'a dictionary'}; give a list of 'path=value', "
            "for example ['objects.target.mass=0.2']"
        )


def bind_terms(task: Task, location: Location | None = None) -> TaskTerms:
    """Bind every term that a task names."""
    location = location or Location(f"{task.name}.toml")
    names = list_scene_names(task)
    for thing in task.objects:
        if max(names.frames.count(thing), names.groups.count(thing)) > 1:
            raise location.at("objects", thing).error("has the name of a frame or contact group; give it another name")
    if not task.observe:
        raise location.at("observe").error("shows nothing; add a group, for example [observe.proprio]")
    if not task.success:
        raise location.at("success").error("is empty; say when the task is done")
    return TaskTerms(
        observe={g: _observations(calls, names, location.at("observe", g)) for g, calls in task.observe.items()},
        reward={
            name: (
                _bound("reward", call, names, location.at("reward", name), "weight"),
                _number(call, "weight", location.at("reward", name)),
            )
            for name, call in task.reward.items()
        },
        success={n: _bound("check", call, names, location.at("success", n)) for n, call in task.success.items()},
        failure={n: _bound("check", call, names, location.at("failure", n)) for n, call in task.failure.items()},
    )


def _observations(
    calls: Mapping[str, TermCall], names: SceneNames, where: Location
) -> list[tuple[str, BoundTerm, float]]:
    if not calls:
        raise where.error("shows nothing; add a term or leave the group out")
    return [
        (name, _bound("observe", call, names, where.at(name), "scale"), _number(call, "scale", where.at(name)))
        for name, call in calls.items()
    ]


def _bound(kind: Kind, call: TermCall, names: SceneNames, where: Location, *options: str) -> BoundTerm:
    return bind_term(kind, call, names, where, options)


def _number(call: TermCall, key: str, where: Location) -> float:
    number: float = convert(float, call.get(key, 1.0), where.at(key))
    if key == "scale" and number == 0.0:
        raise where.at(key).error("is 0, so that nothing is seen of the term; leave the term out")
    if abs(number) > _LARGEST:
        raise where.at(key).error(f"is {number:g}; use a number from {-_LARGEST:g} to {_LARGEST:g}")
    return number
