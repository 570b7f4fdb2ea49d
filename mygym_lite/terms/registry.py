"""Registry of terms, the pure functions that task files compose, and validation of calls against their signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from mygym_lite.config.robot import THUMB, load_robot
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.errors import suggest
from mygym_lite.schema import Location, check_bounds, convert
from mygym_lite.terms.parameters import ENV_ARGUMENTS, Graspable, Group, Movable, read_parameters, split_bounds
from mygym_lite.terms.parameters import Frame as Frame
from mygym_lite.terms.parameters import RegionName as RegionName
from mygym_lite.terms.parameters import Thing as Thing
from mygym_lite.terms.user_terms import UserTerm, import_function

Kind = Literal["observe", "reward", "check"]
Action = Sequence[float]

TERMS: dict[Kind, dict[str, Callable[..., Any]]] = {"observe": {}, "reward": {}, "check": {}}
F = TypeVar("F", bound=Callable[..., Any])
_CHECKS: dict[tuple[Kind, str], str] = {}  # check of the same quantity
_ONE = {"observe": "an observation", "reward": "a reward", "check": "a check"}
_OBJECTS = (Thing, Movable, Graspable)


def term(kind: Kind, check: str = "") -> Callable[[F], F]:
    """Register a function as a term under its own name.

    Args:
        kind: Kind of term.
        check: Check of the same quantity, which errors suggest where a check is needed.
    """

    def register(function: F) -> F:
        TERMS[kind][function.__name__] = function
        _CHECKS[kind, function.__name__] = function.__name__ if kind == "check" else check
        return function

    return register


@dataclass(frozen=True)
class SceneNames:
    """Names of the frames, contact groups and objects of a scene."""

    frames: tuple[str, ...]
    groups: tuple[str, ...]
    objects: tuple[str, ...]
    regions: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    """Objects that never move."""
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
    return SceneNames(
        frames=frames,
        groups=(*groups, *things),
        objects=tuple(things),
        regions=tuple(task.regions),
        fixed=tuple(name for name, thing in task.objects.items() if thing.fixed),
        missing_for_grasp=robot.missing_for_grasp,
    )


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
        order = [ENV_ARGUMENTS.index(name) for name in self.env_arguments]
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
    parameters = _read_signature(function, name, location.at("term"))
    env_arguments = tuple(name for name in inspect.signature(function).parameters if name in ENV_ARGUMENTS)
    values = {key: value for key, value in call.items() if key != "term" and key not in options}
    for key in values:
        if key not in parameters:
            choices = [*parameters, *options]
            raise location.at(key).error(f"'{call['term']}' has no parameter '{key}'{suggest(key, choices)}")
    for key, (_, parameter) in parameters.items():
        if parameter.default is inspect.Parameter.empty and key not in values:
            raise location.at(key).error(f"missing; '{call['term']}' needs '{key}'")
    checked = {key: _check_value(parameters[key][0], value, names, location.at(key)) for key, value in values.items()}
    if ":" in name:
        function = UserTerm(kind, function, name, location)
    else:
        _refuse_itself({key: str(checked[key]) for key, (hint, _) in parameters.items() if _is_body(hint)}, location)
    return BoundTerm(name, function, env_arguments, checked)


def _read_signature(
    function: Callable[..., Any], name: str, where: Location
) -> dict[str, tuple[Any, inspect.Parameter]]:
    """Return the annotations and parameters of a term."""
    try:
        return read_parameters(function)
    except (NameError, TypeError, ValueError) as error:
        raise where.error(f"'{name}' has a signature that cannot be read ({error}); annotate its parameters") from error


def _is_body(hint: Any) -> bool:
    return hint is Frame or hint in _OBJECTS


def _refuse_itself(bodies: Mapping[str, str], where: Location) -> None:
    """Reject a relation of a frame or an object with itself."""
    for key, body in bodies.items():
        for other, another in bodies.items():
            if other != key and another == body:
                raise where.at(other).error(f"is '{body}', as '{key}' is; name two different ones")


def _check_value(kind: Any, value: object, names: SceneNames, where: Location) -> Any:
    kind, bounds = split_bounds(kind)
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
        Movable: names.objects,
        Graspable: names.objects,
        RegionName: names.regions,
    }
    for scene_kind, choices in scene.items():
        if kind is scene_kind:
            if value not in choices:
                raise where.error(f"nothing is called '{value}' here{suggest(str(value), choices, _find_remedy(kind))}")
            if kind is Movable and value in names.fixed:
                raise where.error(f"'{value}' is fixed, so it never moves; remove its fixed = true, or leave this out")
            return value
    converted = convert(kind, value, where)
    check_bounds(bounds, converted, where)
    return converted


def _find_remedy(kind: Any) -> str:
    """Find the remedy for a name of a kind of which the task declares nothing."""
    table = "regions" if kind is RegionName else "objects"
    return f"the task has no {table}, add [{table}.NAME]"


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
        raise location.error(f"no {kind} term '{name}'{_suggest_term(kind, name)}")
    return TERMS[kind][name]


def _suggest_term(kind: Kind, name: str) -> str:
    """Suggest a term of a kind for a name that it lacks, by its quantity if it is a term of another kind."""
    others = [other for other in TERMS if name in TERMS[other]]
    if not others:
        return suggest(name, TERMS[kind])
    check = next(_CHECKS[other, name] for other in others)
    same = [near for near in TERMS[kind] if check and _CHECKS[kind, near] == check]
    hint = f"; did you mean '{same[0]}'?" if same else suggest(name, TERMS[kind])
    return f", it is {' and '.join(_ONE[other] for other in others)}{hint}"
