"""Loading of task files, with all checks, and binding of their terms to functions."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mygym_lite import paths
from mygym_lite.config.checks import TermCall
from mygym_lite.config.field_path import apply_setting
from mygym_lite.config.stage import Stage
from mygym_lite.config.task import Task, read_task
from mygym_lite.config.validation import check_task
from mygym_lite.errors import ConfigError
from mygym_lite.schema import Location, convert
from mygym_lite.terms.checks import Check, bind_checks
from mygym_lite.terms.feasibility import check_feasibility
from mygym_lite.terms.registry import BoundTerm, Kind, SceneNames, bind_term, list_scene_names
from mygym_lite.terms.user_terms import make_modules_importable

_MAX_SCALE = 1e6  # of a weight or scale: keeps sums far below the largest float32


@dataclass(frozen=True)
class StageTerms:
    """The bound terms of a stage: its checks, and its weighted rewards."""

    stage: Stage
    checks: dict[str, Check]
    reward: dict[str, tuple[BoundTerm, float]]


@dataclass(frozen=True)
class TaskTerms:
    """The bound terms of a task: observation groups with scales, weighted rewards, success, failure and stages."""

    observe: dict[str, list[tuple[str, BoundTerm, float]]]
    reward: dict[str, tuple[BoundTerm, float]]
    success: dict[str, Check]
    """Without any, those of the last stage."""
    failure: dict[str, Check]
    stages: tuple[StageTerms, ...] = ()


def load_task(name_or_path: str | Path | Task, settings: Sequence[str] = ()) -> Task:
    """Load a task, apply settings to it, and validate it.

    Args:
        name_or_path: Shipped name, path of a task file, or a task, which is validated again.
        settings: Fixed changes to the task, each as ``path=value``.

    Raises:
        ConfigError: The task or a setting is invalid.
    """
    _check_settings(settings)
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
    check_feasibility(task, where)


def _check_settings(settings: object) -> None:
    """Reject strings and dictionaries, which Python would iterate by letter or key."""
    if isinstance(settings, str | Mapping):
        raise ConfigError(
            f"settings: is {'a text' if isinstance(settings, str) else 'a dictionary'}; give a list of 'path=value', "
            "for example ['objects.target.mass=0.2']"
        )


def bind_terms(task: Task, location: Location | None = None) -> TaskTerms:
    """Bind the terms of a task to functions, with their parameters filled in."""
    location = location or Location(f"{task.name}.toml")
    names = list_scene_names(task)
    _refuse_shared_names(names, location)
    _check_observed(task, location.at("observe"))
    if not task.success_checks:
        raise location.at("success").error("is missing or empty; say when the task is done, or add [[stages]]")
    return TaskTerms(
        observe={g: _bind_group(calls, names, location.at("observe", g)) for g, calls in task.observe.items()},
        reward=_bind_rewards(task.reward, names, location.at("reward")),
        success=bind_checks(task.success, names, location.at("success")),
        failure=bind_checks(task.failure, names, location.at("failure")),
        stages=tuple(
            _bind_stage(stage, names, location.at("stages", str(index))) for index, stage in enumerate(task.stages)
        ),
    )


def _refuse_shared_names(names: SceneNames, where: Location) -> None:
    """Reject objects and regions with the name of another frame or contact group."""
    for table, entries in (("objects", names.objects), ("regions", names.regions)):
        for name in entries:
            if max(names.frames.count(name), names.groups.count(name)) > 1:
                both = name in names.objects and name in names.regions
                other = f", [{'regions' if table == 'objects' else 'objects'}.{name}]; rename one" if both else ""
                remedy = other or "; give it another name"
                raise where.at(table, name).error(f"has the name of a frame or contact group{remedy}")


def _check_observed(task: Task, where: Location) -> None:
    if not task.observe:
        raise where.error("shows nothing; add a group, for example [observe.proprio]")
    for group, calls in task.observe.items():
        for name, call in calls.items():
            if call.get("term") == "stage" and not task.stages:
                raise where.at(group, name).error(f"'{task.name}' has no stages; add [[stages]], or leave it out")


def _bind_stage(stage: Stage, names: SceneNames, where: Location) -> StageTerms:
    checks, reward = where.at("checks"), where.at("reward")
    return StageTerms(stage, bind_checks(stage.checks, names, checks), _bind_rewards(stage.reward, names, reward))


def _bind_group(
    calls: Mapping[str, TermCall], names: SceneNames, where: Location
) -> list[tuple[str, BoundTerm, float]]:
    if not calls:
        raise where.error("shows nothing; add a term or leave the group out")
    return [(name, *_bind_scaled("observe", call, names, where.at(name), "scale")) for name, call in calls.items()]


def _bind_rewards(
    calls: Mapping[str, TermCall], names: SceneNames, where: Location
) -> dict[str, tuple[BoundTerm, float]]:
    return {name: _bind_scaled("reward", call, names, where.at(name), "weight") for name, call in calls.items()}


def _bind_scaled(kind: Kind, call: TermCall, names: SceneNames, where: Location, key: str) -> tuple[BoundTerm, float]:
    """Bind a term, and read the factor that its table gives under a key."""
    bound = bind_term(kind, call, names, where, [key])
    factor: float = convert(float, call.get(key, 1.0), where.at(key))
    if key == "scale" and factor == 0.0:
        raise where.at(key).error("is 0, which hides the term; leave the term out")
    if abs(factor) > _MAX_SCALE:
        raise where.at(key).error(f"is {factor:g}; use a number from {-_MAX_SCALE:g} to {_MAX_SCALE:g}")
    return bound, factor
