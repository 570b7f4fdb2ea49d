"""Variations of task fields: a path with a verb, which samples a value relative to the declared one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mygym_lite.config.task import Task
from mygym_lite.config.variation_tree import VariedField, get_variation_tree, replace_fields
from mygym_lite.config.verb_arguments import parse_argument
from mygym_lite.config.verbs import ABSOLUTE_VERBS, VERBS
from mygym_lite.errors import suggest
from mygym_lite.rng import Rng, make_streams
from mygym_lite.schema import Location

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
