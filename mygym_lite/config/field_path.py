"""Dotted paths of task fields: ``objects.target.mass`` is one field, ``cameras.*.position`` one of each camera."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Union, get_args, get_origin

from mygym_lite.config.language import Language
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.task_physics import Physics
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.documents import require_shallow
from mygym_lite.errors import suggest
from mygym_lite.schema import Location, check_field, get_fields

_FIXED_CAMERA_FIELDS = ("orbit", "distance")
_MOVABLE_OBJECT_FIELDS = ("mass", "inertia")
CONTROLS_WITHOUT_TARGETS = ("joint_velocity", "joint_torque")
SETTINGS_OF_ENGINES = ("bullet", "mujoco")  # tables of physics that concern one engine
NOT_PARAMETERS: Mapping[type, frozenset[str]] = {
    Task: frozenset(
        {
            "name",
            "about",
            "observe",
            "reward",
            "success",
            "failure",
            "limits",
            "start",
            "stages",
            "draws",
            "place",
            "family",
        }
    ),
    Language: frozenset({"templates", "words", "vocabulary"}),
}
"""Fields by table that define the task itself: changing one would make another task."""
_NONE: frozenset[str] = frozenset()
_KEY = re.compile(r'"([^"]*)"|([^.]+)')


def get_defining_fields(cls: type) -> frozenset[str]:
    """Return the fields of a dataclass that define the task itself, and so are no parameters."""
    return NOT_PARAMETERS.get(cls, _NONE)


def explain_no_effect(node: Any, name: str) -> str | None:
    """Explain why a field of a camera, object, robot or engine has no effect; None if it has one."""
    if isinstance(node, Camera) and node.mount is not None and name in _FIXED_CAMERA_FIELDS:
        return f"a camera on '{node.mount}' moves with it and has no '{name}'; use position and turn instead"
    if isinstance(node, ObjectConfig) and node.fixed and name in _MOVABLE_OBJECT_FIELDS:
        return f"a fixed object stands like a wall, whatever its {name}; make it loose or leave it out"
    if isinstance(node, ObjectConfig) and not node.fixed and name == "belt_speed":
        return "only the surface of a fixed object moves; make it fixed or leave it out"
    if isinstance(node, Physics) and name in SETTINGS_OF_ENGINES and name != node.engine:
        return f"physics.engine is '{node.engine}', whatever the settings of {name}; set physics.engine={name} first"
    if isinstance(node, RobotConfig) and name == "backlash" and node.control in CONTROLS_WITHOUT_TARGETS:
        return f"control '{node.control}' has no target positions for backlash to act on; use another control"
    return None


@lru_cache(maxsize=4096)
def split_path(path: str) -> tuple[str, ...]:
    """Split a path into keys; a key with a dot is quoted: ``schedules."sensing.blur".size``."""
    return tuple(quoted or bare for quoted, bare in _KEY.findall(path))


def join_keys(keys: tuple[str, ...]) -> str:
    """Join keys into a path."""
    return ".".join(f'"{key}"' if "." in key else key for key in keys)


def is_model_path(path: str) -> bool:
    """Return true if a field names a model, on which other fields depend."""
    return path.endswith(".model") or (path.startswith("objects.") and path.endswith(".shape"))


def _get_children(node: Any) -> dict[str, Any]:
    if isinstance(node, dict):
        return node
    if is_dataclass(node):
        hidden = get_defining_fields(type(node))
        return {f.name: getattr(node, f.name) for f in fields(node) if f.name not in hidden}
    return {}


def get_value(task: Task, path: str) -> Any:
    """Return the value at a path without wildcards."""
    node: Any = task
    for key in split_path(path):
        node = get_child(node, key)
    return node


def match_paths(task: Task, path: str, location: Location) -> list[str]:
    """Expand a path with wildcards to concrete paths, and reject unknown fields.

    Wildcards skip fields without effect, such as the mass of a fixed object; explicit paths to them are rejected.
    """
    if _is_concrete(task, split_path(path)):
        return [path]
    matches = list(_match(task, split_path(path), (), location.at(path)))
    if not matches:
        raise location.at(path).error("nothing of this task matches; add the object, camera or goal it names")
    return matches


def _is_concrete(node: Any, keys: tuple[str, ...]) -> bool:
    """Return true if the keys, without wildcards, denote a single value that has an effect."""
    for key in keys:
        known = node if isinstance(node, dict) else get_fields(type(node)) if is_dataclass(node) else ()
        if key not in known or explain_no_effect(node, key) or key in get_defining_fields(type(node)):
            return False
        node = get_child(node, key)
    return not (is_dataclass(node) or isinstance(node, dict))


def _match(node: Any, keys: tuple[str, ...], prefix: tuple[str, ...], where: Location) -> Iterator[str]:
    if not keys:
        if is_dataclass(node) or isinstance(node, dict):
            raise where.error(f"is not a single value{suggest('', list(_get_children(node)))}")
        yield join_keys(prefix)
        return
    children = _get_children(node)
    if keys[0] != "*" and keys[0] not in children:
        word = "field" if is_dataclass(node) else "entry"
        within = f" in '{join_keys(prefix)}'" if prefix else ""
        raise where.error(f"no {word} '{keys[0]}'{within}{suggest(keys[0], list(children))}")
    if reason := explain_no_effect(node, keys[0]):
        if "*" not in where.keys[-1]:
            raise where.error(reason)
        return
    for key in children if keys[0] == "*" else [keys[0]]:
        yield from _match(children[key], keys[1:], (*prefix, key), where)


def set_value(task: Task, path: str, value: Any, location: Location) -> Task:
    """Return the task with another value at a concrete path, validated as if read from the file."""
    new: Task = _set(task, split_path(path), value, location)
    return new


def _set(node: Any, keys: tuple[str, ...], value: Any, where: Location) -> Any:
    key, rest = keys[0], keys[1:]
    new = _set(get_child(node, key), rest, value, where) if rest else check_field(type(node), key, value, where)
    return {**node, key: new} if isinstance(node, dict) else replace(node, **{key: new})


def get_child(node: Any, key: str) -> Any:
    """Return the value of a key of a table, or of a field of a dataclass."""
    return node[key] if isinstance(node, dict) else getattr(node, key)


def apply_setting(task: Task, setting: str) -> Task:
    """Apply a setting ``path=value``; the value is TOML, or a bare word for a string."""
    path, equals, text = setting.partition("=")
    path = path.strip()
    if not equals:
        raise Location(f"setting {path}").error("no '=' in it; write PATH=VALUE, for example objects.target.mass=0.2")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
        require_shallow(value)
    except tomllib.TOMLDecodeError:
        value = text.strip()
    except (ValueError, RecursionError) as error:
        raise Location(f"setting {path}").error(f"the value cannot be read ({error}); write for example 0.2") from None
    for match in match_paths(task, path, Location("setting")):
        task = set_value(task, match, value, Location(f"setting {match}"))
    return task


def get_parameter_fields(cls: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that may vary: name -> annotation."""
    hidden = get_defining_fields(cls)
    return {name: kind for name, (kind, _) in get_fields(cls).items() if name not in hidden}


def find_nested_type(kind: Any) -> Any:
    """Return the dataclass or the dictionary type in an annotation, or None for a single value."""
    if get_origin(kind) in (Union, types.UnionType):
        return next((nested for nested in map(find_nested_type, get_args(kind)) if nested is not None), None)
    return kind if get_origin(kind) is dict or dataclasses.is_dataclass(kind) else None


def check_spelling(path: str, location: Location) -> None:
    """Reject a path that no task can have."""
    kind: Any = Task
    prefix: list[str] = []
    for key in split_path(path):
        if kind is None:
            raise location.error(f"'{join_keys(tuple(prefix))}' is a single value and has no '{key}'; stop there")
        if get_origin(kind) is dict:
            kind = find_nested_type(get_args(kind)[1])
        else:
            known = get_parameter_fields(kind)
            if key not in known:
                within = f" in '{join_keys(tuple(prefix))}'" if prefix else ""
                raise location.error(f"no field '{key}'{within}{suggest(key, known)}")
            kind = find_nested_type(known[key])
        prefix.append(key)
    if kind is not None:
        known = get_parameter_fields(kind) if get_origin(kind) is None else {}
        raise location.error(f"is not a single value{suggest('', known)}")


def find_paths(task: Task, path: str) -> list[str]:
    """Expand a valid path to the concrete paths that exist in a task; none if it lacks the object or camera.

    Wildcards skip fields without effect; explicit paths to them are kept, and rejected later.
    """
    skip = "*" in split_path(path)
    return [join_keys(keys) for keys in _find(task, split_path(path), (), skip)]


def _find(node: Any, keys: tuple[str, ...], prefix: tuple[str, ...], skip: bool) -> Iterator[tuple[str, ...]]:
    if not keys:
        yield prefix
    elif isinstance(node, dict):
        for key in node if keys[0] == "*" else [keys[0]]:
            if key in node:
                yield from _find(node[key], keys[1:], (*prefix, key), skip)
    elif dataclasses.is_dataclass(node) and not (skip and explain_no_effect(node, keys[0])):
        yield from _find(getattr(node, keys[0]), keys[1:], (*prefix, keys[0]), skip)
