"""Draws without replacement: the values of ``[draws]`` in one episode, and all that they may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mygym_lite.config.field_path import is_model_path
from mygym_lite.config.objects import BANKS, list_objects
from mygym_lite.config.start import Draw
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.config.verb_arguments import parse_argument
from mygym_lite.rng import make_stream
from mygym_lite.schema import Location


def sample_draws(task: Task, seed: int) -> list[Variation]:
    """Draw a value for each group of paths, as variations that set it; each draw has a random stream of its own."""
    variations = []
    for name, draw, where in _iterate_draws(task):
        values = list_values(draw, where)
        order = make_stream(seed, f"draws/{name}").permutation(len(values)).tolist()
        for group, index in zip(draw.groups, order, strict=False):
            variations += [Variation(path, "value", values[index], where) for path in group]
    return variations


def list_choices(task: Task) -> list[Variation]:
    """List, for each path of a draw, the variation that chooses among all its values."""
    return [
        Variation(path, "choice", list_values(draw, where), where)
        for _, draw, where in _iterate_draws(task)
        for path in draw.flat_paths
    ]


def list_values(draw: Draw, where: Location) -> list[Any]:
    """List the values of a draw, with banks expanded."""
    path = draw.flat_paths[0]
    values: list[Any] = parse_argument("choice", draw.values, path, where)
    if not is_model_path(path):
        return values
    return [model for value in values for model in (list_objects(value) if value in BANKS else [value])]


def _iterate_draws(task: Task) -> Iterator[tuple[str, Draw, Location]]:
    for name, draw in task.draws.items():
        yield name, draw, Location(f"{task.name}.toml", ("draws", name, "values"))
