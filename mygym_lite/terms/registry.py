"""Registry of terms, the pure functions that task files compose, and validation of calls against their signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NewType, TypeVar, get_type_hints

from mygym_lite.config.robot import THUMB, load_robot
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.errors import suggest
from mygym_lite.schema import Location, convert
from mygym_lite.terms.user_terms import UserTerm, import_function

Kind = Literal["observe", "reward", "check"]
Frame = NewType("Frame", str)
"""A parameter that names a frame: ``palm``, ``goal``, an object or a region."""
Group = NewType("Group", str)
"""A parameter that names a contact group: ``hand``, ``table``, an object, ..."""
Thing = NewType("Thing", str)
"""A parameter that names an object."""
Graspable = NewType("Graspable", str)
"""A parameter that names an object to be held between thumb and fingers."""
RegionName = NewType("RegionName", str)
"""A parameter that names a region."""
Positive = NewType("Positive", float)
"""A parameter above 0, such as a divisor."""
Action = Sequence[float]

TERMS: dict[Kind, dict[str, Callable[..., Any]]] = {"observe": {}, "reward": {}, "check": {}}
_ENV_ARGUMENTS = ("before", "action", "after")  # filled in by the environment
F = TypeVar("F", bound=Callable[..., Any])


def term(kind: Kind) -> Callable[[F], F]:
    """Register a function as a term under its own name."""

    def register(function: F) -> F:
        TERMS[kind][function.__name__] = function
        return function

    return register


@dataclass(frozen=True)
class SceneNames:
    """Names of the frames, contact groups and objects of a scene."""

    frames: tuple[str, ...]
    groups: tuple[str, ...]
    objects: tuple[str, ...]
    regions: tuple[str, ...] = ()
    missing_for_grasp: str = ""
    """Part that the robot lacks for grasping, as a clause; empty if none."""


def list_scene_names(task: Task) -> SceneNames:
    """List the frames, contact groups and objects that terms may name."""
    robot = load_robot(task.robot.model)
    sides = list(robot.arms)
    palms = ["palm", *(f"{side}_palm" for side in sides[1:])]
    groups = ["robot", "arm", "table", "objects"]
    for index, arm in enumerate(robot.arms.values()):
        prefix = f"{sides[index]}_" if index else ""
        parts = ("hand", "palm", "fingers", *(arm.hand.digits if arm.hand else ()))
        groups += [prefix + part for part in parts]
    things = list(task.objects)
    goal = [] if task.goal is None else ["goal"]
    frames = (*palms, *goal, *things, *task.regions)
    return SceneNames(frames, (*groups, *things), tuple(things), tuple(task.regions), robot.missing_for_grasp)


@dataclass(frozen=True)
class BoundTerm:
    """A term with its parameters filled in."""

    name: str
    function: Callable[..., Any]
    env_arguments: tuple[str, ...]
    parameters: dict[str, Any]

    def compile(self) -> Callable[[State, Action, State], Any]:
        """Return the term as a function of before, action and after, of which it uses those in its signature."""
        run = partial(self.function, **self.parameters)
        fast_paths: dict[tuple[str, ...], Callable[[State, Action, State], Any]] = {
            ("after",): lambda _before, _action, after: run(after),
            ("action",): lambda _before, action, _after: run(action),
            ("before", "after"): lambda before, _action, after: run(before, after),
            ("before", "action", "after"): run,
        }
        if self.env_arguments in fast_paths:
            return fast_paths[self.env_arguments]
        order = [_ENV_ARGUMENTS.index(name) for name in self.env_arguments]
        return lambda *moments: run(*(moments[i] for i in order))


def bind_term(
    kind: Kind, call: Mapping[str, object], names: SceneNames, location: Location, options: Sequence[str] = ()
) -> BoundTerm:
    """Find the term that a table names and fill in its parameters.

    Args:
        kind: Kind of term.
        call: ``{ term = ..., parameter = value, ... }`` from the task file.
        names: Names of the scene.
        location: Location of the table.
        options: Keys of the table that are no parameters of the term.
    """
    if not isinstance(call, Mapping) or not isinstance(call.get("term"), str):
        raise location.error('names no term; write { term = "...", ... }')
    name = str(call["term"])
    function = find_function(kind, name, location.at("term"))
    hints, signature = _read_signature(function, name, location.at("term"))
    env_arguments = tuple(name for name in signature if name in _ENV_ARGUMENTS)
    parameters = {name: p for name, p in signature.items() if name not in _ENV_ARGUMENTS}
    values = {key: value for key, value in call.items() if key != "term" and key not in options}
    for key in values:
        if key not in parameters:
            choices = [*parameters, *options]
            raise location.at(key).error(f"'{call['term']}' has no parameter '{key}'{suggest(key, choices)}")
    for key, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and key not in values:
            raise location.at(key).error(f"missing; '{call['term']}' needs '{key}'")
    checked = {
        key: _check_value(hints.get(key, object), value, names, location.at(key)) for key, value in values.items()
    }
    function = UserTerm(kind, function, name, location) if ":" in name else function
    return BoundTerm(name, function, env_arguments, checked)


def _read_signature(
    function: Callable[..., Any], name: str, where: Location
) -> tuple[dict[str, Any], Mapping[str, inspect.Parameter]]:
    """Return the annotations and parameters of a term."""
    try:
        return get_type_hints(function), inspect.signature(function).parameters
    except (NameError, TypeError, ValueError) as error:
        raise where.error(f"'{name}' has a signature that cannot be read ({error}); annotate its parameters") from error


def _check_value(kind: Any, value: object, names: SceneNames, where: Location) -> Any:
    needs_thumb = kind is Graspable or (kind is Group and value == THUMB and value not in names.groups)
    if needs_thumb and names.missing_for_grasp:
        raise where.error(f"{names.missing_for_grasp}; choose another robot, or leave this term out")
    if kind == tuple[Thing, ...]:
        return _check_names(Thing, value, names, where)
    if kind == tuple[RegionName, ...]:
        return _check_names(RegionName, value, names, where)
    scene = {
        Frame: names.frames,
        Group: names.groups,
        Thing: names.objects,
        Graspable: names.objects,
        RegionName: names.regions,
    }
    for scene_kind, choices in scene.items():
        if kind is scene_kind:
            if value not in choices:
                raise where.error(f"nothing is called '{value}' here{suggest(str(value), choices)}")
            return value
    if kind is not Positive:
        return convert(kind, value, where)
    number = convert(float, value, where)
    if number <= 0.0:
        raise where.error(f"is {number:g}, which is not above 0; write for example 0.1")
    return number


def _check_names(kind: Any, value: object, names: SceneNames, where: Location) -> tuple[str, ...]:
    """Check a list of objects or regions, each named once."""
    word, known = ("object", names.objects) if kind is Thing else ("region", names.regions)
    if not isinstance(value, list | tuple) or not value:
        raise where.error(f"is no list of {word}s; write for example {list(known)[:2]}")
    listed = tuple(_check_value(kind, name, names, where.at(str(index))) for index, name in enumerate(value))
    for name in listed:
        if listed.count(name) > 1:
            raise where.error(f"names '{name}' {listed.count(name)} times; name each {word} once")
    return listed


def find_function(kind: Kind, name: str, location: Location) -> Callable[..., Any]:
    """Find a shipped term by name, or import a user's as ``package.module:function``."""
    if ":" in name:
        return import_function(name, location)
    if name not in TERMS[kind]:
        raise location.error(f"no {kind} term '{name}'{suggest(name, list(TERMS[kind]))}")
    return TERMS[kind][name]
