"""Lookup of varied fields in the tree of a task, cached by the structure of the task, since every episode needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mygym_lite.config import field_path as paths
from mygym_lite.config.task import Task
from mygym_lite.schema import Location, check_field, get_fields

_MAX_CACHED = 512
SceneKey = tuple[Any, ...]


@dataclass(frozen=True)
class VariedField:
    """A varied field, the index of its variation, and its type and bounds."""

    path: str
    variation_index: int
    cls: type
    name: str
    is_scalar: bool  # a single float
    low: float
    high: float

    def check_value(self, value: Any, nominal: Any, location: Location) -> Any:
        """Validate as ``check_field`` does, with a fast path for plain numbers within bounds."""
        if self.is_scalar:
            if type(value) is float and self.low <= value <= self.high:
                return value
        elif (
            type(value) is type(nominal) is tuple
            and len(value) == len(nominal)
            and all(type(x) is float and self.low <= x <= self.high for x in value)
        ):
            return value
        return check_field(self.cls, self.name, value, location)


Branch = dict[str, Any]  # key -> Branch or VariedField


@dataclass(frozen=True)
class VariationTree:
    """Varied part of the tree of a task, and its paths in the order of the tree."""

    root: Branch
    paths: tuple[str, ...]


_cache: dict[tuple[SceneKey, tuple[str, ...]], VariationTree] = {}


def get_variation_tree(task: Task, patterns: Sequence[tuple[str, Location]]) -> VariationTree:
    """Return the tree of paths, which may have wildcards; unknown fields are rejected."""
    key = (_get_structure(task), tuple([path for path, _ in patterns]))
    tree = _cache.get(key)
    if tree is None:
        if len(_cache) >= _MAX_CACHED:
            _cache.clear()
        tree = _cache[key] = _build_tree(task, patterns)
    return tree


def _get_structure(task: Task) -> SceneKey:
    """Return everything that decides the fields that a path matches."""
    objects = tuple([(name, thing.fixed) for name, thing in task.objects.items()])
    cameras = tuple([(name, camera.mount is None) for name, camera in task.cameras.items()])
    tables = tuple(task.regions), tuple(task.pushes), tuple(task.schedules)
    absent = tuple([table is None for table in (task.distractors, task.goal, task.language)])
    return objects, cameras, *tables, absent


def _build_tree(task: Task, patterns: Sequence[tuple[str, Location]]) -> VariationTree:
    tree: Branch = {}
    for index, (pattern, where) in enumerate(patterns):
        for path in paths.match_paths(task, pattern, where):
            *above, last = paths.split_path(path)
            branch, node = tree, task
            for key in above:
                branch, node = branch.setdefault(key, {}), paths.get_child(node, key)
            kind, bounds = get_fields(type(node))[last]
            branch[last] = VariedField(
                path=path,
                variation_index=index,
                cls=type(node),
                name=last,
                is_scalar=kind is float or kind == float | None,
                low=bounds.get("low", 1.0),  # without bounds, low > high disables the fast path
                high=bounds.get("high", 0.0),
            )
    return VariationTree(tree, tuple(_list_paths(tree)))


def _list_paths(tree: Branch) -> list[str]:
    return [path for b in tree.values() for path in (_list_paths(b) if isinstance(b, dict) else [b.path])]


def replace_fields(node: Any, tree: Branch, draw: Callable[[VariedField, Any], Any]) -> Any:
    """Return the node with each varied field replaced by ``draw(field, value)``."""
    new = dict(node) if type(node) is dict else dict(node.__dict__)
    for key, branch in tree.items():
        old = new[key]
        new[key] = replace_fields(old, branch, draw) if type(branch) is dict else draw(branch, old)
    if type(node) is dict:
        return new
    # faster than dataclasses.replace, and equivalent, since no dataclass of a task has a __post_init__
    copy = object.__new__(type(node))
    copy.__dict__.update(new)
    return copy
