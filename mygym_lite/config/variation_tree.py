"""Where variations meet a task: paths looked up once for all tasks of one form, since every episode asks again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mygym_lite.config import field_path as paths
from mygym_lite.config.task import Task
from mygym_lite.schema import Location, check_field, get_fields

_MOST = 512  # plans remembered
SceneKey = tuple[Any, ...]


@dataclass(frozen=True)
class VariedField:
    """One field that varies: which variation does it, and what the field may hold."""

    path: str
    variation_index: int
    cls: type
    name: str
    is_scalar: bool  # whether it is one float
    low: float
    high: float

    def check_value(self, value: Any, nominal: Any, location: Location) -> Any:
        """As ``check_field``, at once for plain numbers within their bounds: an episode draws dozens of them."""
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


Branch = dict[str, Any]  # key -> Branch or Leaf


@dataclass(frozen=True)
class VariationTree:
    """The part of a task's tree that varies, and its paths in the order of the tree."""

    root: Branch
    paths: tuple[str, ...]


_known: dict[tuple[SceneKey, tuple[str, ...]], VariationTree] = {}


def get_variation_tree(task: Task, patterns: Sequence[tuple[str, Location]]) -> VariationTree:
    """The plan for paths, perhaps with wildcards; a misspelt one is refused."""
    key = (_form(task), tuple([path for path, _ in patterns]))
    plan = _known.get(key)
    if plan is None:
        if len(_known) >= _MOST:
            _known.clear()
        plan = _known[key] = _made(task, patterns)
    return plan


def _form(task: Task) -> SceneKey:
    """All that decides what a path names."""
    return (
        tuple([(name, thing.fixed) for name, thing in task.objects.items()]),
        tuple([(name, camera.mount is None) for name, camera in task.cameras.items()]),
        tuple(task.pushes), tuple(task.schedules), task.distractors is None, task.goal is None,
    )  # fmt: skip


def _made(task: Task, patterns: Sequence[tuple[str, Location]]) -> VariationTree:
    tree: Branch = {}
    for index, (pattern, where) in enumerate(patterns):
        for path in paths.match_paths(task, pattern, where):
            *above, last = paths.split_path(path)
            branch, node = tree, task
            for key in above:
                branch, node = branch.setdefault(key, {}), paths.get_child(node, key)
            kind, bounds = get_fields(type(node))[last]
            limits = bounds.get("low", 1.0), bounds.get("high", 0.0)  # of a field without bounds: never at once
            number = kind is float or kind == float | None
            branch[last] = VariedField(path, index, type(node), last, number, *limits)
    return VariationTree(tree, tuple(_paths(tree)))


def _paths(tree: Branch) -> list[str]:
    return [path for b in tree.values() for path in (_paths(b) if isinstance(b, dict) else [b.path])]


def replace_fields(node: Any, tree: Branch, draw: Callable[[VariedField, Any], Any]) -> Any:
    """The same node with what ``draw`` gives for each leaf and what stood there."""
    new = dict(node) if type(node) is dict else dict(node.__dict__)
    for key, branch in tree.items():
        old = new[key]
        new[key] = replace_fields(old, branch, draw) if type(branch) is dict else draw(branch, old)
    if type(node) is dict:
        return new
    # as dataclasses.replace, which takes as long as everything else here: nothing in a task has a __post_init__
    made = object.__new__(type(node))
    made.__dict__.update(new)
    return made
