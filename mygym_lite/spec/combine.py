"""Several axes at once: which ones, the seed of the episode decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mygym_lite.spec.streams import stream
from mygym_lite.spec.vary import Variation
from mygym_lite.strict import quantity


@dataclass(frozen=True)
class Combine:
    """How many axes of another suite differ together at each level, and how much each."""

    suite: str = quantity(doc="where the axes are declared")
    severity: int = quantity(2, low=1, high=5, doc="level of each axis")
    counts: tuple[int, ...] = quantity((2, 3, 4, 5), low=1, high=100, doc="axes at each level, from the first")
    then_all: bool = field(default=True, metadata={"doc": "one level more, at which all of them differ"})

    @property
    def counted(self) -> tuple[int, ...]:
        """How many axes differ at each level; 0 are all."""
        return (*self.counts, 0) if self.then_all else self.counts


@dataclass(frozen=True)
class Part:
    """What one axis changes, and at which concrete paths."""

    axis: str
    variations: tuple[Variation, ...]
    paths: frozenset[str]


def chosen(parts: Sequence[Part], count: int, seed: int) -> tuple[Part, ...]:
    """So many of them, or all (0), in a random order; of two that would change the same thing, only the first.

    The same seed adds to what it chose for a smaller count.
    """
    found: list[Part] = []
    taken: set[str] = set()
    for place in stream(seed, "combine").permutation(len(parts)).tolist():
        if count and len(found) == count:
            break
        if taken.isdisjoint(parts[place].paths):
            found.append(parts[place])
            taken |= parts[place].paths
    return tuple(found)
