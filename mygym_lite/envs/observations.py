"""Observation groups: the task's terms, evaluated group by group into arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.state import State
from mygym_lite.envs.entry_observations import PRESENCE, add_entries, is_entry
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.terms import TaskTerms

OBSERVATION_LIMIT = 100.0  # bound of every scaled component, so that a flying object does not leave the space
Observation = dict[str, NDArray[Any]]


class ObservationReader:
    """Reader of the observation groups of a task, and of single entries of groups."""

    def __init__(self, terms: TaskTerms, groups: Sequence[str] | None, first: State) -> None:
        names = list(terms.observe) if groups is None else groups
        available = add_entries(terms.observe, names, first)
        entries = {name: available[name] for name in names}
        self.terms = {name: {entry: term for entry, term, _ in group} for name, group in entries.items()}
        """Term of each entry, by group."""
        self.layout = {name: _compute_layout(group, first) for name, group in entries.items()}
        scales = [_expand_scales(group, self.layout[name]) for name, group in entries.items()]
        self._scales = np.concatenate([np.empty(0, np.float32), *scales])
        self._terms = [
            partial(bound.function, **bound.parameters) for group in entries.values() for _, bound, _ in group
        ]
        sizes = {name: list(parts.values())[-1].stop for name, parts in self.layout.items()}
        ends = list(accumulate(sizes.values()))
        # one array holds all groups, in the order of the task; the space sorts them by name
        self._parts = {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}
        self.space = spaces.Dict({name: _build_box(size) for name, size in sizes.items()})

    def read(self, state: State) -> Observation:
        """Evaluate all terms, into one array a group."""
        values: list[float] = []
        for term in self._terms:
            values += term(state)
        array = np.array(values, dtype=np.float32)
        array *= self._scales
        if values and np.maximum.reduce(np.abs(array)) > OBSERVATION_LIMIT:
            np.clip(array, -OBSERVATION_LIMIT, OBSERVATION_LIMIT, out=array)
        return {name: array[part] for name, part in self._parts.items()}


def select_groups(
    terms: TaskTerms, images: Collection[str], groups: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """Select the observed groups of a task, or entries of groups, and kinds of images."""
    available = [*terms.observe, *images]
    if isinstance(groups, str) or (groups is not None and not groups):
        raise ConfigError(f"observe: is {groups!r}, not a list of groups{suggest(str(groups), available)}")
    for name in groups or ():
        if name not in available and name != PRESENCE and not is_entry(name):
            raise ConfigError(f"observe: no observation group '{name}'{suggest(name, available)}")
    selected = list(terms.observe) if groups is None else list(groups)
    others = [name for name in selected if name in images]
    return [name for name in selected if name in terms.observe or name not in images], others


def _compute_layout(entries: Sequence[tuple[str, object, float]], first: State) -> dict[str, slice]:
    """Compute the slice of each term in a group's array."""
    parts, start = {}, 0
    for name, bound, _ in entries:
        size = len(bound.function(first, **bound.parameters))  # type: ignore[attr-defined]
        parts[name] = slice(start, start + size)
        start += size
    return parts


def _expand_scales(entries: Sequence[tuple[str, object, float]], parts: dict[str, slice]) -> NDArray[np.float32]:
    return np.repeat([s for *_, s in entries], [p.stop - p.start for p in parts.values()]).astype(np.float32)


def _build_box(size: int) -> spaces.Box:
    return spaces.Box(-OBSERVATION_LIMIT, OBSERVATION_LIMIT, (size,), np.float32)
