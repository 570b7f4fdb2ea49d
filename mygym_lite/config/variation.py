"""Verbs: how a variation draws a value, beginning from the declared one, and how far it may take it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mygym_lite.config.objects import BANKS, list_objects
from mygym_lite.config.task import Task
from mygym_lite.config.textures import TEXTURE_BANKS, list_textures
from mygym_lite.config.variation_tree import VariedField, get_variation_tree, replace_fields
from mygym_lite.errors import suggest
from mygym_lite.rng import Rng, make_stream, make_streams
from mygym_lite.schema import Location

_RANGES = ("uniform", "shift", "scale")
ABSOLUTE_VERBS = ("value", "choice", "uniform")  # verbs that do not begin from the declared value


@dataclass(frozen=True)
class Verb:
    """How a verb draws a value, and the extreme values that it may give."""

    draw: Callable[[Any, Rng, Any], Any]
    extremes: Callable[[Any, Any], list[Any]]


def _between(low: Any, high: Any, rng: Rng, like: Any) -> Any:
    """Even between two ends: as ``rng.uniform``, to the last bit, without what it costs to call it."""
    if type(like) is int:
        return rng.integers(low, high, endpoint=True)
    if isinstance(low, list):
        if not isinstance(like, tuple) or len(low) != len(like) or isinstance(low[0], list):
            return rng.uniform(low, high, size=np.shape(like) or None)
        return [a + (b - a) * rng.random() for a, b in zip(low, high, strict=True)]
    if not isinstance(like, tuple):
        return low + (high - low) * rng.random()
    if like and isinstance(like[0], tuple):
        return rng.uniform(low, high, size=np.shape(like))
    span = high - low
    return [low + span * rng.random() for _ in like]


def _shift(by: Any, rng: Rng, like: Any) -> Any:
    return _mixed(operator.add, like, by if isinstance(by, float | int) else _between(by[0], by[1], rng, like))


def _scale(by: Any, rng: Rng, like: Any) -> Any:
    return _mixed(operator.mul, like, by if isinstance(by, float | int) else _between(by[0], by[1], rng, 0.0))


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
    return _mixed(operator.mul, like, size if rng.random() < 0.5 else 1 / size)


def _mixed(operation: Callable[[Any, Any], Any], like: Any, by: Any) -> Any:
    """A number, or each number of a vector, with another one."""
    if not isinstance(like, tuple):
        return operation(like, by)
    if like and isinstance(like[0], tuple):
        return operation(np.asarray(like), by)
    return list(map(operation, like, by if isinstance(by, list) else [by] * len(like)))


def _ends(by: Any) -> list[Any]:
    return [by] if _is_number(by) else [np.asarray(by[0]), np.asarray(by[1])]


VERBS: dict[str, Verb] = {
    "value": Verb(lambda a, _, __: a, lambda a, _: [a]),
    "choice": Verb(lambda a, rng, _: a[int(rng.integers(len(a)))], lambda a, _: list(a)),
    "uniform": Verb(lambda a, rng, v: _between(a[0], a[1], rng, v), lambda a, _: [a[0], a[1]]),
    "normal": Verb(_normal, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-3, 3)]),
    "shift": Verb(_shift, lambda a, v: [np.asarray(v) + end for end in _ends(a)]),
    "scale": Verb(_scale, lambda a, v: [np.asarray(v) * end for end in _ends(a)]),
    "offset": Verb(_offset, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-1, 1)]),
    "factor": Verb(_factor, lambda a, v: [np.asarray(v) * a, np.asarray(v) / a]),
}


def parse_argument(verb: str, argument: Any, path: str, location: Location) -> Any:
    """The argument of a verb as it was written, checked; the name of a bank becomes what is in it."""
    if verb in ("shift", "scale") and _is_number(argument):
        return argument
    if verb in _RANGES:
        return _range(argument, location, single=verb != "uniform")
    if verb == "choice":
        return _options(argument, path, location)
    if verb == "factor" and not (_is_number(argument) and argument >= 1):
        raise location.error(f"is {argument}; wants a number of at least 1: the value is multiplied or divided by it")
    if verb in ("offset", "normal") and not (_is_number(argument) and argument >= 0):
        raise location.error(f"is {argument}; wants a size of at least 0")
    return argument


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _range(argument: Any, where: Location, single: bool) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or np.shape(argument[0]) != np.shape(argument[1]):
        also = ", or a number" if single else ""
        raise where.error(f"is {argument}; wants [low, high], both numbers or both lists of one length{also}")
    ends = [end if isinstance(end, list) else [end] for end in argument]
    if not all(_is_number(x) for end in ends for x in end):
        raise where.error(f"is {argument}; wants finite numbers")
    if any(low > high for low, high in zip(*ends, strict=True)):
        raise where.error(f"low {argument[0]} is above high {argument[1]}; exchange them")
    return argument


def _options(argument: Any, path: str, where: Location) -> Any:
    if isinstance(argument, str):
        return _bank(argument, path, where)
    if not isinstance(argument, list) or not argument:
        raise where.error(f"is {argument}; wants a list with at least one value, or the name of a bank")
    return argument


def _bank(name: str, path: str, where: Location) -> list[str]:
    """What is in a bank of textures, for a field that holds one; of objects, for any other."""
    if path.rpartition(".")[2] in ("texture", "floor"):
        if name not in TEXTURE_BANKS:
            raise where.error(f"no texture bank '{name}'{suggest(name, TEXTURE_BANKS)}")
        return list(list_textures(name))
    if name not in BANKS:
        raise where.error(f"no object bank '{name}'{suggest(name, BANKS)}")
    return list_objects(name)


__all__ = [
    "CHANCE",
    "VERBS",
    "Rng",
    "Variation",
    "apply_variations",
    "make_stream",
    "parse_variation",
    "parse_variations",
]

CHANCE = "probability"
"""The key beside a verb that says how often a variation takes part."""
Numbers = Any  # a float, an int or a tuple of floats: whatever the field holds


@dataclass(frozen=True)
class Variation:
    """One path, one verb, the verb's argument, and the chance with which it takes part in an episode."""

    path: str
    verb: str
    argument: Any
    location: Location
    chance: float = 1.0

    def draw(self, nominal: Numbers, rng: Rng) -> Numbers:
        """Another value for a field whose declared value is ``nominal``, or, where it takes no part, that value."""
        drawn = _plain(VERBS[self.verb].draw(self.argument, rng, nominal), nominal)
        return drawn if self.chance == 1.0 or rng.random() < self.chance else nominal

    def to_dict(self) -> dict[str, Any]:
        """As it stands behind its path in a file."""
        return {self.verb: self.argument, **({} if self.chance == 1.0 else {CHANCE: self.chance})}

    def compute_extremes(self, nominal: Numbers) -> list[Numbers]:
        """The outermost values it may give."""
        if self.verb not in ABSOLUTE_VERBS and np.asarray(nominal).dtype.kind not in "if":
            remedy = "declare one, or use 'value' or 'choice'"
            raise self.location.error(f"'{self.verb}' begins from a number, here is {nominal!r}; {remedy}")
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


def parse_variations(table: Mapping[str, Mapping[str, Any]], location: Location) -> tuple[Variation, ...]:
    """Variations as written: ``"objects.target.mass" = { scale = [0.7, 1.4] }``."""
    return tuple(parse_variation(path, entry, location.at(path)) for path, entry in table.items())


def parse_variation(path: str, entry: Any, location: Location) -> Variation:
    """One variation as written: its path, the verb with its argument, and perhaps a chance."""
    verbs = [key for key in entry if key != CHANCE] if isinstance(entry, Mapping) else []
    if len(verbs) != 1:
        raise location.error(f"wants one verb, for example {{ uniform = [0, 1] }}{suggest('', list(VERBS))}")
    [verb] = verbs
    if verb not in VERBS:
        raise location.error(f"no verb '{verb}'{suggest(verb, list(VERBS))}")
    argument = parse_argument(verb, entry[verb], path, location.at(verb))
    return Variation(path, verb, argument, location, _chance(entry.get(CHANCE, 1.0), location.at(CHANCE)))


def _chance(value: Any, where: Location) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value <= 1.0:
        raise where.error(f"is {value!r}; wants a number above 0, up to 1: how often the variation takes part")
    return float(value)


def apply_variations(task: Task, variations: Sequence[Variation], seed: int, stream_prefix: str = "") -> Task:
    """Draw every variation from the values that ``task`` declares."""
    if not variations:
        return task
    plan = get_variation_tree(task, [(v.path, v.location) for v in variations])
    rngs = make_streams(seed, [stream_prefix + path for path in plan.paths])

    def draw(leaf: VariedField, nominal: Numbers) -> Numbers:
        variation = variations[leaf.variation_index]
        return leaf.check_value(variation.draw(nominal, next(rngs)), nominal, variation.location)

    drawn: Task = replace_fields(task, plan.root, draw)
    return drawn
