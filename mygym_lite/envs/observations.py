"""From states to observations: the task's terms, written group by group into arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.state import State
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.terms import TaskTerms

OBSERVATION_LIMIT = (
    100.0  # every number is kept within this after its scale, so that a flying object cannot leave the space
)
Observation = dict[str, NDArray[Any]]


class ObservationReader:
    """Reads the observation groups of a task from a state."""

    def __init__(self, program: TaskTerms, groups: Sequence[str] | None, first: State) -> None:
        self._groups = {name: program.observe[name] for name in (program.observe if groups is None else groups)}
        self.layout = {name: _layout(terms, first) for name, terms in self._groups.items()}
        scales = [_scales(terms, self.layout[name]) for name, terms in self._groups.items()]
        self._scales = np.concatenate([np.empty(0, np.float32), *scales])
        terms = [term for group in self._groups.values() for term in group]
        self._read = [partial(bound.function, **bound.parameters) for _, bound, _ in terms]
        sizes = {name: list(parts.values())[-1].stop for name, parts in self.layout.items()}
        ends = list(accumulate(sizes.values()))
        # one array holds all groups, in the task's order; the space has them in alphabetical order
        self._parts = {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}
        self.space = spaces.Dict({name: _box(size) for name, size in sizes.items()})

    def read(self, state: State) -> Observation:
        """The observation of a moment, one array a group."""
        numbers: list[float] = []
        for term in self._read:
            numbers += term(state)
        array = np.array(numbers, dtype=np.float32)
        array *= self._scales
        if numbers and (array.max() > OBSERVATION_LIMIT or array.min() < -OBSERVATION_LIMIT):
            np.clip(array, -OBSERVATION_LIMIT, OBSERVATION_LIMIT, out=array)
        return {name: array[part] for name, part in self._parts.items()}


def select_groups(
    program: TaskTerms, images: Collection[str], groups: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """What is observed of a task: its own groups, and kinds of images."""
    known = [*program.observe, *images]
    if isinstance(groups, str) or (groups is not None and not groups):
        raise ConfigError(f"observe: is {groups!r}, not a list of groups{suggest(str(groups), known)}")
    for name in groups or ():
        if name not in known:
            raise ConfigError(f"observe: no observation group '{name}'{suggest(name, known)}")
    wanted = list(program.observe) if groups is None else list(groups)
    return [name for name in wanted if name in program.observe], [name for name in wanted if name in images]


def _layout(terms: Sequence[tuple[str, object, float]], first: State) -> dict[str, slice]:
    """Which numbers of a group's array are which term's."""
    parts, start = {}, 0
    for name, bound, _ in terms:
        size = len(bound.function(first, **bound.parameters))  # type: ignore[attr-defined]
        parts[name] = slice(start, start + size)
        start += size
    return parts


def _scales(terms: Sequence[tuple[str, object, float]], parts: dict[str, slice]) -> NDArray[np.float32]:
    return np.repeat([s for *_, s in terms], [p.stop - p.start for p in parts.values()]).astype(np.float32)


def _box(size: int) -> spaces.Box:
    return spaces.Box(-OBSERVATION_LIMIT, OBSERVATION_LIMIT, (size,), np.float32)
