"""Variations: a path into the task and one verb that says which other values it may take.

The same form declares where episodes start, how training is randomized and how a policy is tested. Every path draws
from a stream of its own, so that one variation more never changes the draws of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mygym_lite.errors import nearest
from mygym_lite.spec.plan import Leaf, grown, plan_of
from mygym_lite.spec.streams import Rng, stream, streams
from mygym_lite.spec.task import Task
from mygym_lite.spec.verbs import FROM_NOTHING, VERBS, read_argument
from mygym_lite.strict import Where

__all__ = ["CHANCE", "VERBS", "Rng", "Variation", "apply", "parse", "parse_one", "stream"]

CHANCE = "chance"
"""The key beside a verb that says how often a variation takes part."""
Numbers = Any  # a float, an int or a tuple of floats: whatever the field holds


@dataclass(frozen=True)
class Variation:
    """One path, one verb, the verb's argument, and the chance with which it takes part in an episode."""

    path: str
    verb: str
    argument: Any
    where: Where
    chance: float = 1.0

    def draw(self, nominal: Numbers, rng: Rng) -> Numbers:
        """Another value for a field whose declared value is ``nominal``, or, where it takes no part, that value."""
        drawn = _plain(VERBS[self.verb].draw(self.argument, rng, nominal), nominal)
        return drawn if self.chance == 1.0 or rng.random() < self.chance else nominal

    def written(self) -> dict[str, Any]:
        """As it stands behind its path in a file."""
        return {self.verb: self.argument, **({} if self.chance == 1.0 else {CHANCE: self.chance})}

    def extremes(self, nominal: Numbers) -> list[Numbers]:
        """The outermost values it may give."""
        if self.verb not in FROM_NOTHING and np.asarray(nominal).dtype.kind not in "if":
            remedy = "declare one, or use 'value' or 'choice'"
            raise self.where.error(f"'{self.verb}' begins from a number, here is {nominal!r}; {remedy}")
        return [_plain(value, nominal) for value in VERBS[self.verb].extremes(self.argument, nominal)]


def _plain(value: Any, like: Any) -> Any:
    """As a Python number or tuple, so that a task stays plain data."""
    if type(value) is float and type(like) is not int:
        return value
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        items = like if isinstance(like, tuple) and len(like) == len(value) else value
        return tuple(_whole(v) if type(i) is int else v for v, i in zip(value, items, strict=True))
    return _whole(value) if type(like) is int else value


def _whole(value: Any) -> Any:
    return round(value) if isinstance(value, float) else value


def parse(table: Mapping[str, Mapping[str, Any]], where: Where) -> tuple[Variation, ...]:
    """Variations as written: ``"objects.target.mass" = { scale = [0.7, 1.4] }``."""
    return tuple(parse_one(path, entry, where.at(path)) for path, entry in table.items())


def parse_one(path: str, entry: Any, where: Where) -> Variation:
    """One variation as written: its path, the verb with its argument, and perhaps a chance."""
    verbs = [key for key in entry if key != CHANCE] if isinstance(entry, Mapping) else []
    if len(verbs) != 1:
        raise where.error(f"wants one verb, for example {{ uniform = [0, 1] }}{nearest('', list(VERBS))}")
    [verb] = verbs
    if verb not in VERBS:
        raise where.error(f"no verb '{verb}'{nearest(verb, list(VERBS))}")
    argument = read_argument(verb, entry[verb], path, where.at(verb))
    return Variation(path, verb, argument, where, _chance(entry.get(CHANCE, 1.0), where.at(CHANCE)))


def _chance(value: Any, where: Where) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value <= 1.0:
        raise where.error(f"is {value!r}; wants a number above 0, up to 1: how often the variation takes part")
    return float(value)


def apply(task: Task, variations: Sequence[Variation], seed: int, kind: str = "") -> Task:
    """Draw every variation from the values that ``task`` declares."""
    if not variations:
        return task
    plan = plan_of(task, [(v.path, v.where) for v in variations])
    rngs = streams(seed, [kind + path for path in plan.paths])

    def draw(leaf: Leaf, nominal: Numbers) -> Numbers:
        variation = variations[leaf.variation]
        return leaf.checked(variation.draw(nominal, next(rngs)), nominal, variation.where)

    drawn: Task = grown(task, plan.tree, draw)
    return drawn
