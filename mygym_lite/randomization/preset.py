"""Presets of domain randomization for training: variations in named groups."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from mygym_lite import paths as shipped
from mygym_lite.config.field_path import check_spelling, find_paths
from mygym_lite.config.task import Task
from mygym_lite.config.validation import check_variations
from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.documents import read_toml
from mygym_lite.schema import Location, build, quantity, require_schema


@dataclass(frozen=True)
class _PresetTable:
    name: str = quantity(doc="name, as the file's")
    about: str = quantity(doc="one sentence")
    vary: dict[str, dict[str, dict[str, object]]] = quantity(doc="variations, in groups")


def list_presets() -> tuple[str, ...]:
    """List the names of the shipped presets."""
    return shipped.list_names(shipped.get_tasks_folder() / "randomization")


def load_preset(name_or_path: str | PathLike[str], task: Task) -> tuple[Variation, ...]:
    """Load the variations of a preset that apply to a task, by shipped name or by the path of a file.

    Raises:
        ConfigError: The preset names an unknown field, or leaves the bounds of one.
    """
    file = shipped.find_file(shipped.get_tasks_folder() / "randomization", name_or_path)
    where = Location(file.name)
    table = build(_PresetTable, require_schema(read_toml(file), where), where)
    if table.name != file.stem:
        raise where.at("name").error(f"is '{table.name}' in the file '{file.name}'; make them equal")
    variations = tuple(
        v for group, entries in table.vary.items() for v in parse_variations(entries, where.at("vary", group))
    )
    for variation in variations:
        check_spelling(variation.path, variation.location)
    applicable = tuple(variation for variation in variations if find_paths(task, variation.path))
    check_variations(task, applicable, where)
    _check_unique_paths(task, applicable)
    return applicable


def _check_unique_paths(task: Task, variations: tuple[Variation, ...]) -> None:
    seen: set[str] = set()
    for variation in variations:
        for path in find_paths(task, variation.path):
            if path in seen:
                raise variation.location.error(f"'{path}' is varied twice; keep one of the two")
            seen.add(path)
