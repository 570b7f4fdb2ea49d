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

__all__ = ["VERBS", "Rng", "Variation", "apply", "parse", "parse_one", "stream"]

Numbers = Any  # a float, an int or a tuple of floats: whatever the field holds


@dataclass(frozen=True)
class Variation:
    """One path, one verb, and the verb's argument."""

    path: str
    verb: str
    argument: Any
    where: Where

    def draw(self, nominal: Numbers, rng: Rng) -> Numbers:
        """Another value for a field whose declared value is ``nominal``."""
        return _plain(VERBS[self.verb].draw(self.argument, rng, nominal), nominal)

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
    """One variation as written: its path, and the verb with its argument."""
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise where.error(f"wants one verb, for example {{ uniform = [0, 1] }}{nearest('', list(VERBS))}")
    [(verb, argument)] = entry.items()
    if verb not in VERBS:
        raise where.error(f"no verb '{verb}'{nearest(verb, list(VERBS))}")
    return Variation(path, verb, read_argument(verb, argument, path, where.at(verb)), where)


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
