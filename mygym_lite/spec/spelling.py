"""Paths of files that speak of any task: what no task could hold is misspelt, what this one lacks is only absent."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from mygym_lite.errors import nearest
from mygym_lite.spec.meaning import why_meaningless
from mygym_lite.spec.path import NOT_PARAMETERS, joined, keys_of
from mygym_lite.spec.task import Task
from mygym_lite.strict import Where, fields_of


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
