"""Paths into a task: ``objects.target.mass`` names one number of the tree, ``cameras.*.position`` one of each."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Union, get_args, get_origin

from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import ObjectConfig, RobotConfig, Task
from mygym_lite.errors import suggest
from mygym_lite.schema import Location, check_field, get_fields, require_shallow

_OF_STANDING_CAMERAS = ("orbit", "distance")
_OF_LOOSE_OBJECTS = ("mass", "inertia")
CONTROLS_WITHOUT_TARGETS = ("joint_velocity", "joint_torque")


def explain_no_effect(node: Any, name: str) -> str | None:
    """Why a field of this camera, object or robot would do nothing; None where it does something."""
    if isinstance(node, Camera) and node.mount is not None and name in _OF_STANDING_CAMERAS:
        return f"a camera on '{node.mount}' moves with it and has no '{name}'; use position and turn instead"
    if isinstance(node, ObjectConfig) and node.fixed and name in _OF_LOOSE_OBJECTS:
        return f"what is fixed stands like a wall, whatever its {name}; make it loose or leave it out"
    if isinstance(node, RobotConfig) and name == "backlash" and node.control in CONTROLS_WITHOUT_TARGETS:
        return f"control '{node.control}' has no target positions that a play could hold back; use another control"
    return None


# What makes up the task rather than its world: changing it would make another task.
NOT_PARAMETERS = frozenset({"name", "about", "observe", "reward", "success", "failure", "limits", "start"})
_KEY = re.compile(r'"([^"]*)"|([^.]+)')


@lru_cache(maxsize=4096)
def split_path(path: str) -> tuple[str, ...]:
    """The keys of a path; one with a dot in it is quoted: ``schedules."sensing.blur".size``."""
    return tuple(quoted or bare for quoted, bare in _KEY.findall(path))


def join_keys(keys: tuple[str, ...]) -> str:
    """The path of some keys."""
    return ".".join(f'"{key}"' if "." in key else key for key in keys)


def _children(node: Any) -> dict[str, Any]:
    if isinstance(node, dict):
        return node
    if is_dataclass(node):
        hidden = NOT_PARAMETERS if isinstance(node, Task) else frozenset()
        return {f.name: getattr(node, f.name) for f in fields(node) if f.name not in hidden}
    return {}


def get_value(task: Task, path: str) -> Any:
    """The value at a path without wildcards."""
    node: Any = task
    for key in split_path(path):
        node = get_child(node, key)
    return node


def match_paths(task: Task, path: str, location: Location) -> list[str]:
    """The concrete paths that a path with wildcards names; a misspelt path is refused.

    A wildcard passes over what would do nothing where it is, such as the mass of a wall; named, that is refused.
    """
    if _is_there(task, split_path(path)):
        return [path]
    found = list(_match(task, split_path(path), (), location.at(path)))
    if not found:
        raise location.at(path).error("nothing of this task matches; add the object, camera or goal it speaks of")
    return found


def _is_there(node: Any, keys: tuple[str, ...]) -> bool:
    """Whether these keys, none of them a wildcard, name a single value that means something."""
    for key in keys:
        known = node if isinstance(node, dict) else get_fields(type(node)) if is_dataclass(node) else ()
        if key not in known or explain_no_effect(node, key) or (isinstance(node, Task) and key in NOT_PARAMETERS):
            return False
        node = get_child(node, key)
    return not (is_dataclass(node) or isinstance(node, dict))


def _match(node: Any, keys: tuple[str, ...], done: tuple[str, ...], where: Location) -> Iterator[str]:
    if not keys:
        if is_dataclass(node) or isinstance(node, dict):
            raise where.error(f"is not a single value{suggest('', list(_children(node)))}")
        yield join_keys(done)
        return
    children = _children(node)
    if keys[0] != "*" and keys[0] not in children:
        word = "field" if is_dataclass(node) else "entry"
        within = f" in '{join_keys(done)}'" if done else ""
        raise where.error(f"no {word} '{keys[0]}'{within}{suggest(keys[0], list(children))}")
    if reason := explain_no_effect(node, keys[0]):
        if "*" not in where.keys[-1]:
            raise where.error(reason)
        return
    for key in children if keys[0] == "*" else [keys[0]]:
        yield from _match(children[key], keys[1:], (*done, key), where)


def set_value(task: Task, path: str, value: Any, location: Location) -> Task:
    """The same task with another value at a concrete path, checked as if it stood in the file."""
    new: Task = _put(task, split_path(path), value, location)
    return new


def _put(node: Any, keys: tuple[str, ...], value: Any, where: Location) -> Any:
    key, rest = keys[0], keys[1:]
    new = _put(get_child(node, key), rest, value, where) if rest else check_field(type(node), key, value, where)
    return {**node, key: new} if isinstance(node, dict) else replace(node, **{key: new})


def get_child(node: Any, key: str) -> Any:
    """What a table or a dataclass holds by a key."""
    return node[key] if isinstance(node, dict) else getattr(node, key)


def apply_setting(task: Task, setting: str) -> Task:
    """Apply ``path=value``, the value as TOML would write it (a bare word counts as text)."""
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
    for concrete in match_paths(task, path, Location("setting")):
        task = set_value(task, concrete, value, Location(f"setting {concrete}"))
    return task


def get_parameter_fields(cls: Any) -> dict[str, Any]:
    """What may be written in a table: name -> annotation."""
    hidden = NOT_PARAMETERS if cls is Task else frozenset()
    return {name: kind for name, (kind, _) in get_fields(cls).items() if name not in hidden}


def find_nested_type(kind: Any) -> Any:
    """What an annotation holds further keys by: a dataclass, a table of some, or nothing."""
    if get_origin(kind) in (Union, types.UnionType):
        return next((found for found in map(find_nested_type, get_args(kind)) if found is not None), None)
    return kind if get_origin(kind) is dict or dataclasses.is_dataclass(kind) else None


def check_spelling(path: str, location: Location) -> None:
    """Refuse a path that is in no task whatever."""
    kind: Any = Task
    done: list[str] = []
    for key in split_path(path):
        if kind is None:
            raise location.error(f"'{join_keys(tuple(done))}' is a single value and has no '{key}'; stop there")
        if get_origin(kind) is dict:
            kind = find_nested_type(get_args(kind)[1])
        else:
            known = get_parameter_fields(kind)
            if key not in known:
                within = f" in '{join_keys(tuple(done))}'" if done else ""
                raise location.error(f"no field '{key}'{within}{suggest(key, known)}")
            kind = find_nested_type(known[key])
        done.append(key)
    if kind is not None:
        known = get_parameter_fields(kind) if get_origin(kind) is None else {}
        raise location.error(f"is not a single value{suggest('', known)}")


def find_paths(task: Task, path: str) -> list[str]:
    """The concrete paths that a well spelt path names in this task; none where it lacks the object or camera."""
    skip = "*" in split_path(path)
    return [join_keys(keys) for keys in _present(task, split_path(path), (), skip)]


def _present(node: Any, keys: tuple[str, ...], done: tuple[str, ...], skip: bool) -> Iterator[tuple[str, ...]]:
    """What a wildcard would find in vain is skipped; what is named so is refused later."""
    if not keys:
        yield done
    elif isinstance(node, dict):
        for key in node if keys[0] == "*" else [keys[0]]:
            if key in node:
                yield from _present(node[key], keys[1:], (*done, key), skip)
    elif dataclasses.is_dataclass(node) and not (skip and explain_no_effect(node, keys[0])):
        yield from _present(getattr(node, keys[0]), keys[1:], (*done, keys[0]), skip)
