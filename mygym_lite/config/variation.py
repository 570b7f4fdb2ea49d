"""Variations of task fields: a path with a verb, which samples a value relative to the declared one."""

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
from mygym_lite.config.visual_fields import TEXTURE_FIELDS
from mygym_lite.errors import suggest
from mygym_lite.rng import Rng, make_streams
from mygym_lite.schema import Location

_RANGES = ("uniform", "shift", "scale")
ABSOLUTE_VERBS = ("value", "choice", "uniform")  # verbs that ignore the declared value


@dataclass(frozen=True)
class Verb:
    """A distribution: its sampling function, and the extremes of its values."""

    draw: Callable[[Any, Rng, Any], Any]
    extremes: Callable[[Any, Any], list[Any]]


def _sample_uniform(low: Any, high: Any, rng: Rng, like: Any) -> Any:
    """Sample uniformly between two ends, bit-identical to ``rng.uniform`` but without its overhead."""
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


def _sample_shift(by: Any, rng: Rng, like: Any) -> Any:
    return _apply(operator.add, like, by if isinstance(by, float | int) else _sample_uniform(by[0], by[1], rng, like))


def _sample_scale(by: Any, rng: Rng, like: Any) -> Any:
    return _apply(operator.mul, like, by if isinstance(by, float | int) else _sample_uniform(by[0], by[1], rng, 0.0))


def _sample_normal(deviation: Any, rng: Rng, like: Any) -> Any:
    """Sample a Gaussian truncated at three standard deviations, which bounds its values."""
    sample = rng.standard_normal(size=np.shape(like))
    while np.any(outside := np.abs(sample) > 3):
        sample = np.where(outside, rng.standard_normal(size=np.shape(like)), sample)
    return np.asarray(like) + np.asarray(deviation) * sample


def _sample_offset(size: float, rng: Rng, like: Any) -> Any:
    """Sample a displacement of fixed length in a random direction."""
    if not np.shape(like):
        return like + size * rng.choice([-1.0, 1.0])
    direction = rng.standard_normal(np.shape(like))
    return np.asarray(like) + size * direction / np.linalg.norm(direction)


def _sample_factor(size: float, rng: Rng, like: Any) -> Any:
    return _apply(operator.mul, like, size if rng.random() < 0.5 else 1 / size)


def _apply(operation: Callable[[Any, Any], Any], like: Any, by: Any) -> Any:
    """Apply an operation to a number, or to each number of a vector."""
    if not isinstance(like, tuple):
        return operation(like, by)
    if like and isinstance(like[0], tuple):
        return operation(np.asarray(like), by)
    return list(map(operation, like, by if isinstance(by, list) else [by] * len(like)))


def _list_ends(by: Any) -> list[Any]:
    return [by] if _is_number(by) else [np.asarray(by[0]), np.asarray(by[1])]


def _sample_choice(options: list[Any], rng: Rng, like: Any) -> Any:
    """Choose an option; sample it if it is a distribution of its own."""
    option = options[int(rng.integers(len(options)))]
    if not isinstance(option, Mapping):
        return option
    [(verb, argument)] = option.items()
    return VERBS[verb].draw(argument, rng, like)


def _list_choice_extremes(options: list[Any], like: Any) -> list[Any]:
    extremes: list[Any] = []
    for option in options:
        if isinstance(option, Mapping):
            [(verb, argument)] = option.items()
            extremes += VERBS[verb].extremes(argument, like)
        else:
            extremes.append(option)
    return extremes


VERBS: dict[str, Verb] = {
    "value": Verb(lambda a, _, __: a, lambda a, _: [a]),
    "choice": Verb(_sample_choice, _list_choice_extremes),
    "uniform": Verb(lambda a, rng, v: _sample_uniform(a[0], a[1], rng, v), lambda a, _: [a[0], a[1]]),
    "normal": Verb(_sample_normal, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-3, 3)]),
    "shift": Verb(_sample_shift, lambda a, v: [np.asarray(v) + end for end in _list_ends(a)]),
    "scale": Verb(_sample_scale, lambda a, v: [np.asarray(v) * end for end in _list_ends(a)]),
    "offset": Verb(_sample_offset, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-1, 1)]),
    "factor": Verb(_sample_factor, lambda a, v: [np.asarray(v) * a, np.asarray(v) / a]),
}


def parse_argument(verb: str, argument: Any, path: str, location: Location) -> Any:
    """Validate the argument of a verb; the name of a bank is expanded to its contents."""
    if verb in ("shift", "scale") and _is_number(argument):
        return argument
    if verb in _RANGES:
        return _parse_range(argument, location, allow_number=verb != "uniform")
    if verb == "choice":
        return _parse_options(argument, path, location)
    if verb == "factor" and not (_is_number(argument) and argument >= 1):
        raise location.error(f"is {argument}; wants a number of at least 1: the value is multiplied or divided by it")
    if verb in ("offset", "normal") and not (_is_number(argument) and argument >= 0):
        raise location.error(f"is {argument}; wants a size of at least 0")
    return argument


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _parse_range(argument: Any, where: Location, allow_number: bool) -> Any:
    if not isinstance(argument, list) or len(argument) != 2 or np.shape(argument[0]) != np.shape(argument[1]):
        also = ", or a number" if allow_number else ""
        raise where.error(f"is {argument}; wants [low, high], both numbers or both lists of one length{also}")
    ends = [end if isinstance(end, list) else [end] for end in argument]
    if not all(_is_number(x) for end in ends for x in end):
        raise where.error(f"is {argument}; wants finite numbers")
    if any(low > high for low, high in zip(*ends, strict=True)):
        raise where.error(f"low {argument[0]} is above high {argument[1]}; exchange them")
    return argument


def _parse_options(argument: Any, path: str, where: Location) -> Any:
    if isinstance(argument, str):
        return _expand_bank(argument, path, where)
    if not isinstance(argument, list) or not argument:
        raise where.error(f"is {argument}; wants a list with at least one value, or the name of a bank")
    for index, option in enumerate(argument):
        if isinstance(option, Mapping):
            _check_option(option, path, where.at(str(index)))
    return argument


def _check_option(option: Mapping[str, Any], path: str, where: Location) -> None:
    """Check an option that is a distribution of its own: absolute, so that it does not depend on the declared value."""
    if len(option) != 1 or not option.keys() <= {"uniform"}:
        raise where.error(f"is {dict(option)}; wants a value, or one range, for example {{ uniform = [0, 1] }}")
    parse_argument("uniform", option["uniform"], path, where.at("uniform"))


def _expand_bank(name: str, path: str, where: Location) -> list[str]:
    """List the textures of a bank if the field holds a texture, else the objects."""
    if path.rpartition(".")[2] in TEXTURE_FIELDS:
        if name not in TEXTURE_BANKS:
            raise where.error(f"no texture bank '{name}'{suggest(name, TEXTURE_BANKS)}")
        return list(list_textures(name))
    if name not in BANKS:
        raise where.error(f"no object bank '{name}'{suggest(name, BANKS)}")
    return list_objects(name)


PROBABILITY = "probability"
"""Key beside the verb with the probability that a variation takes part in an episode."""
Numbers = Any  # a float, an int or a tuple of floats


@dataclass(frozen=True)
class Variation:
    """A path with a verb, the argument of the verb, and the probability of taking part in an episode."""

    path: str
    verb: str
    argument: Any
    location: Location
    probability: float = 1.0

    def draw(self, nominal: Numbers, rng: Rng) -> Numbers:
        """Sample a value relative to the declared one, or return that if the variation takes no part."""
        sample = _to_plain(VERBS[self.verb].draw(self.argument, rng, nominal), nominal)
        return sample if self.probability == 1.0 or rng.random() < self.probability else nominal

    def to_dict(self) -> dict[str, Any]:
        """Return the table of the variation, as in a file."""
        return {self.verb: self.argument, **({} if self.probability == 1.0 else {PROBABILITY: self.probability})}

    def compute_extremes(self, nominal: Numbers) -> list[Numbers]:
        """Compute the outermost values of the distribution."""
        if self.verb not in ABSOLUTE_VERBS and np.asarray(nominal).dtype.kind not in "if":
            remedy = "declare one, or use 'value' or 'choice'"
            raise self.location.error(f"'{self.verb}' begins from a number, here is {nominal!r}; {remedy}")
        return [_to_plain(value, nominal) for value in VERBS[self.verb].extremes(self.argument, nominal)]


def _to_plain(value: Any, like: Any) -> Any:
    """Convert to a Python number or tuple, so that a task stays plain data."""
    if type(value) is float and type(like) is not int:
        return value
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        items = like if isinstance(like, tuple) and len(like) == len(value) else value
        return tuple(_round(v) if type(i) is int else v for v, i in zip(value, items, strict=True))
    return _round(value) if type(like) is int else value


def _round(value: Any) -> Any:
    return round(value) if isinstance(value, float) else value


def parse_variations(table: Mapping[str, Mapping[str, Any]], location: Location) -> tuple[Variation, ...]:
    """Parse a table of variations: ``"objects.target.mass" = { scale = [0.7, 1.4] }``."""
    return tuple(parse_variation(path, entry, location.at(path)) for path, entry in table.items())


def parse_variation(path: str, entry: Any, location: Location) -> Variation:
    """Parse a variation: a verb with its argument, and an optional probability."""
    _refuse_split_path(path, entry, location)
    verbs = [key for key in entry if key != PROBABILITY] if isinstance(entry, Mapping) else []
    if len(verbs) != 1:
        raise location.error(f"wants one verb, for example {{ uniform = [0, 1] }}{suggest('', list(VERBS))}")
    [verb] = verbs
    if verb not in VERBS:
        raise location.error(f"no verb '{verb}'{suggest(verb, list(VERBS))}")
    argument = parse_argument(verb, entry[verb], path, location.at(verb))
    probability = _parse_probability(entry.get(PROBABILITY, 1.0), location.at(PROBABILITY))
    return Variation(path, verb, argument, location, probability)


def _refuse_split_path(path: str, entry: Any, location: Location) -> None:
    """Reject a path without quotes, which TOML splits into a table of tables at its dots."""
    keys = [path]
    while isinstance(entry, Mapping) and entry and not entry.keys() & VERBS.keys():
        key, entry = next(iter(entry.items()))
        keys.append(key)
    if isinstance(entry, Mapping) and entry and len(keys) > 1:
        verb = next(key for key in entry if key in VERBS)
        raise location.error(
            f"no verb '{keys[1]}'; write the path in quotes: \"{'.'.join(keys)}\" = {{ {verb} = ... }}"
        )


def _parse_probability(value: Any, where: Location) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value <= 1.0:
        raise where.error(f"is {value!r}; wants a number above 0, up to 1: how often the variation takes part")
    return float(value)


def apply_variations(task: Task, variations: Sequence[Variation], seed: int, stream_prefix: str = "") -> Task:
    """Sample every variation relative to the values declared in ``task``."""
    if not variations:
        return task
    tree = get_variation_tree(task, [(v.path, v.location) for v in variations])
    rngs = make_streams(seed, [stream_prefix + path for path in tree.paths])

    def draw(field: VariedField, nominal: Numbers) -> Numbers:
        variation = variations[field.variation_index]
        return field.check_value(variation.draw(nominal, next(rngs)), nominal, variation.location)

    sampled: Task = replace_fields(task, tree.root, draw)
    return sampled
