"""Paths into a task: ``objects.target.mass`` names one number of the tree, ``cameras.*.position`` one of each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any

from mygym_lite.errors import nearest
from mygym_lite.spec.meaning import why_meaningless
from mygym_lite.spec.task import Task
from mygym_lite.strict import Where, check_field, fields_of, require_shallow

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
