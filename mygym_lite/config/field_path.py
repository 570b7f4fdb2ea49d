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
from mygym_lite.config.task import Placed, RobotUse, Task
from mygym_lite.errors import nearest
from mygym_lite.schema import Where, check_field, fields_of, require_shallow

_OF_STANDING_CAMERAS = ("orbit", "distance")
_OF_LOOSE_OBJECTS = ("mass", "inertia")
WITHOUT_TARGETS = ("joint_velocity", "joint_torque")


def why_meaningless(node: Any, name: str) -> str | None:
    """Why a field of this camera, object or robot would do nothing; None where it does something."""
    if isinstance(node, Camera) and node.mount is not None and name in _OF_STANDING_CAMERAS:
        return f"a camera on '{node.mount}' moves with it and has no '{name}'; use position and turn instead"
    if isinstance(node, Placed) and node.fixed and name in _OF_LOOSE_OBJECTS:
        return f"what is fixed stands like a wall, whatever its {name}; make it loose or leave it out"
    if isinstance(node, RobotUse) and name == "backlash" and node.control in WITHOUT_TARGETS:
        return f"control '{node.control}' has no target positions that a play could hold back; use another control"
    return None


# What makes up the task rather than its world: changing it would make another task.
NOT_PARAMETERS = frozenset({"name", "about", "observe", "reward", "success", "failure", "limits", "start"})
_KEY = re.compile(r'"([^"]*)"|([^.]+)')


@lru_cache(maxsize=4096)
def keys_of(path: str) -> tuple[str, ...]:
    """The keys of a path; one with a dot in it is quoted: ``schedules."sensing.blur".size``."""
    return tuple(quoted or bare for quoted, bare in _KEY.findall(path))


def joined(keys: tuple[str, ...]) -> str:
    """The path of some keys."""
    return ".".join(f'"{key}"' if "." in key else key for key in keys)


def _children(node: Any) -> dict[str, Any]:
    if isinstance(node, dict):
        return node
    if is_dataclass(node):
        hidden = NOT_PARAMETERS if isinstance(node, Task) else frozenset()
        return {f.name: getattr(node, f.name) for f in fields(node) if f.name not in hidden}
    return {}


def get(task: Task, path: str) -> Any:
    """The value at a path without wildcards."""
    node: Any = task
    for key in keys_of(path):
        node = child(node, key)
    return node


def match(task: Task, path: str, where: Where) -> list[str]:
    """The concrete paths that a path with wildcards names; a misspelt path is refused.

    A wildcard passes over what would do nothing where it is, such as the mass of a wall; named, that is refused.
    """
    if _is_there(task, keys_of(path)):
        return [path]
    found = list(_match(task, keys_of(path), (), where.at(path)))
    if not found:
        raise where.at(path).error("nothing of this task matches; add the object, camera or goal it speaks of")
    return found


def _is_there(node: Any, keys: tuple[str, ...]) -> bool:
    """Whether these keys, none of them a wildcard, name a single value that means something."""
    for key in keys:
        known = node if isinstance(node, dict) else fields_of(type(node)) if is_dataclass(node) else ()
        if key not in known or why_meaningless(node, key) or (isinstance(node, Task) and key in NOT_PARAMETERS):
            return False
        node = child(node, key)
    return not (is_dataclass(node) or isinstance(node, dict))


def _match(node: Any, keys: tuple[str, ...], done: tuple[str, ...], where: Where) -> Iterator[str]:
    if not keys:
        if is_dataclass(node) or isinstance(node, dict):
            raise where.error(f"is not a single value{nearest('', list(_children(node)))}")
        yield joined(done)
        return
    children = _children(node)
    if keys[0] != "*" and keys[0] not in children:
        word = "field" if is_dataclass(node) else "entry"
        within = f" in '{joined(done)}'" if done else ""
        raise where.error(f"no {word} '{keys[0]}'{within}{nearest(keys[0], list(children))}")
    if reason := why_meaningless(node, keys[0]):
        if "*" not in where.keys[-1]:
            raise where.error(reason)
        return
    for key in children if keys[0] == "*" else [keys[0]]:
        yield from _match(children[key], keys[1:], (*done, key), where)


def put(task: Task, path: str, value: Any, where: Where) -> Task:
    """The same task with another value at a concrete path, checked as if it stood in the file."""
    new: Task = _put(task, keys_of(path), value, where)
    return new


def _put(node: Any, keys: tuple[str, ...], value: Any, where: Where) -> Any:
    key, rest = keys[0], keys[1:]
    new = _put(child(node, key), rest, value, where) if rest else check_field(type(node), key, value, where)
    return {**node, key: new} if isinstance(node, dict) else replace(node, **{key: new})


def child(node: Any, key: str) -> Any:
    """What a table or a dataclass holds by a key."""
    return node[key] if isinstance(node, dict) else getattr(node, key)


def override(task: Task, assignment: str) -> Task:
    """Apply ``path=value``, the value as TOML would write it (a bare word counts as text)."""
    path, equals, text = assignment.partition("=")
    path = path.strip()
    if not equals:
        raise Where(f"setting {path}").error("no '=' in it; write PATH=VALUE, for example objects.target.mass=0.2")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
        require_shallow(value)
    except tomllib.TOMLDecodeError:
        value = text.strip()
    except (ValueError, RecursionError) as error:
        raise Where(f"setting {path}").error(f"the value cannot be read ({error}); write for example 0.2") from None
    for concrete in match(task, path, Where("setting")):
        task = put(task, concrete, value, Where(f"setting {concrete}"))
    return task


def fields_at(cls: Any) -> dict[str, Any]:
    """What may be written in a table: name -> annotation."""
    hidden = NOT_PARAMETERS if cls is Task else frozenset()
    return {name: kind for name, (kind, _) in fields_of(cls).items() if name not in hidden}


def inner(kind: Any) -> Any:
    """What an annotation holds further keys by: a dataclass, a table of some, or nothing."""
    if get_origin(kind) in (Union, types.UnionType):
        return next((found for found in map(inner, get_args(kind)) if found is not None), None)
    return kind if get_origin(kind) is dict or dataclasses.is_dataclass(kind) else None


def check_spelling(path: str, where: Where) -> None:
    """Refuse a path that is in no task whatever."""
    kind: Any = Task
    done: list[str] = []
    for key in keys_of(path):
        if kind is None:
            raise where.error(f"'{joined(tuple(done))}' is a single value and has no '{key}'; stop there")
        if get_origin(kind) is dict:
            kind = inner(get_args(kind)[1])
        else:
            known = fields_at(kind)
            if key not in known:
                within = f" in '{joined(tuple(done))}'" if done else ""
                raise where.error(f"no field '{key}'{within}{nearest(key, known)}")
            kind = inner(known[key])
        done.append(key)
    if kind is not None:
        known = fields_at(kind) if get_origin(kind) is None else {}
        raise where.error(f"is not a single value{nearest('', known)}")


def present(task: Task, path: str) -> list[str]:
    """The concrete paths that a well spelt path names in this task; none where it lacks the object or camera."""
    skip = "*" in keys_of(path)
    return [joined(keys) for keys in _present(task, keys_of(path), (), skip)]


def _present(node: Any, keys: tuple[str, ...], done: tuple[str, ...], skip: bool) -> Iterator[tuple[str, ...]]:
    """What a wildcard would find in vain is skipped; what is named so is refused later."""
    if not keys:
        yield done
    elif isinstance(node, dict):
        for key in node if keys[0] == "*" else [keys[0]]:
            if key in node:
                yield from _present(node[key], keys[1:], (*done, key), skip)
    elif dataclasses.is_dataclass(node) and not (skip and why_meaningless(node, keys[0])):
        yield from _present(getattr(node, keys[0]), keys[1:], (*done, keys[0]), skip)
