"""Variations: a path into the task and one verb that says which other values it may take.

The same form declares where episodes start, how training is randomized and how a policy is tested. Every path draws
from a stream of its own, so that one variation more never changes the draws of the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mygym_lite.errors import nearest
from mygym_lite.spec import path as paths
from mygym_lite.spec.objects import BANKS, object_names
from mygym_lite.spec.task import Task
from mygym_lite.strict import Where

Rng = np.random.Generator
Numbers = Any  # a float, an int or a tuple of floats: whatever the field holds


def stream(seed: int, name: str) -> Rng:
    """The random stream of one named thing in one episode."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, int.from_bytes(digest, "little")])))


def _between(low: Any, high: Any, rng: Rng, like: Any) -> Any:
    if isinstance(like, int) and not isinstance(like, bool):
        return rng.integers(low, high, endpoint=True)
    return rng.uniform(low, high, size=np.shape(like) or None)


def _normal(deviation: Any, rng: Rng, like: Any) -> Any:
    """A Gaussian cut at three deviations, so that what it may give is bounded."""
    draw = rng.standard_normal(size=np.shape(like))
    while np.any(outside := np.abs(draw) > 3):
        draw = np.where(outside, rng.standard_normal(size=np.shape(like)), draw)
    return np.asarray(like) + np.asarray(deviation) * draw


def _offset(size: float, rng: Rng, like: Any) -> Any:
    """A displacement of exactly this size in a random direction, up and down included."""
    if not np.shape(like):
        return like + size * rng.choice([-1.0, 1.0])
    direction = rng.standard_normal(np.shape(like))
    return np.asarray(like) + size * direction / np.linalg.norm(direction)


def _factor(size: float, rng: Rng, like: Any) -> Any:
    return np.asarray(like) * (size if rng.random() < 0.5 else 1 / size)


@dataclass(frozen=True)
class Verb:
    """How a verb draws a value, and the extreme values that it may give."""

    draw: Callable[[Any, Rng, Any], Any]
    extremes: Callable[[Any, Any], list[Any]]


def _ends(a: Any) -> tuple[Any, Any]:
    return np.asarray(a[0]), np.asarray(a[1])


VERBS: dict[str, Verb] = {
    "value": Verb(lambda a, _, __: a, lambda a, _: [a]),
    "choice": Verb(lambda a, rng, _: a[int(rng.integers(len(a)))], lambda a, _: list(a)),
    "uniform": Verb(lambda a, rng, v: _between(a[0], a[1], rng, v), lambda a, _: [a[0], a[1]]),
    "normal": Verb(_normal, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-3, 3)]),
    "shift": Verb(
        lambda a, rng, v: np.asarray(v) + _between(a[0], a[1], rng, v),
        lambda a, v: [np.asarray(v) + end for end in _ends(a)],
    ),
    "scale": Verb(
        lambda a, rng, v: np.asarray(v) * rng.uniform(a[0], a[1]),
        lambda a, v: [np.asarray(v) * end for end in _ends(a)],
    ),
    "offset": Verb(_offset, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-1, 1)]),
    "factor": Verb(_factor, lambda a, v: [np.asarray(v) * a, np.asarray(v) / a]),
}
_RANGES = ("uniform", "shift", "scale")
_FROM_NOTHING = ("value", "choice", "uniform")  # verbs that do not begin from the declared value


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
        if self.verb not in _FROM_NOTHING and np.asarray(nominal).dtype.kind not in "if":
            remedy = "declare one, or use 'value' or 'choice'"
            raise self.where.error(f"'{self.verb}' begins from a number, here is {nominal!r}; {remedy}")
        return [_plain(value, nominal) for value in VERBS[self.verb].extremes(self.argument, nominal)]


def _plain(value: Any, like: Any) -> Any:
    """As a Python number or tuple, so that a task stays plain data."""
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
    return tuple(_parse_one(path, entry, where.at(path)) for path, entry in table.items())


def _parse_one(path: str, entry: Any, where: Where) -> Variation:
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise where.error(f"wants one verb, for example {{ uniform = [0, 1] }}{nearest('', list(VERBS))}")
    [(verb, argument)] = entry.items()
    if verb not in VERBS:
        raise where.error(f"no verb '{verb}'{nearest(verb, list(VERBS))}")
    return Variation(path, verb, _argument(verb, argument, where.at(verb)), where)


def _argument(verb: str, argument: Any, where: Where) -> Any:
    if verb in _RANGES:
        return _range(argument, where)
    if verb == "choice":
        return _options(argument, where)
    if verb == "factor" and not (_is_number(argument) and argument >= 1):
        raise where.error(f"is {argument}; wants a number of at least 1: the value is multiplied or divided by it")
    if verb in ("offset", "normal") and not (_is_number(argument) and argument >= 0):
        raise where.error(f"is {argument}; wants a size of at least 0")
    return argument


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _range(argument: Any, where: Where) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or np.shape(argument[0]) != np.shape(argument[1]):
        raise where.error(f"is {argument}; wants [low, high], both numbers or both lists of one length")
    ends = [end if isinstance(end, list) else [end] for end in argument]
    if not all(_is_number(x) for end in ends for x in end):
        raise where.error(f"is {argument}; wants finite numbers")
    if any(low > high for low, high in zip(*ends, strict=True)):
        raise where.error(f"low {argument[0]} is above high {argument[1]}; exchange them")
    return argument


def _options(argument: Any, where: Where) -> Any:
    if isinstance(argument, str):
        if argument not in BANKS:
            raise where.error(f"no object bank '{argument}'{nearest(argument, BANKS)}")
        return object_names(argument)
    if not isinstance(argument, list) or not argument:
        raise where.error(f"is {argument}; wants a list with at least one value, or the name of an object bank")
    return argument


def apply(task: Task, variations: Iterable[Variation], seed: int, kind: str = "") -> Task:
    """Draw every variation from the values that ``task`` declares."""
    drawn = task
    for variation in variations:
        for path in paths.match(task, variation.path, variation.where):
            value = variation.draw(paths.get(task, path), stream(seed, kind + path))
            drawn = paths.put(drawn, path, value, variation.where)
    return drawn
