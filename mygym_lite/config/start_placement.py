"""Placement of objects relative to regions and to each other, as ``[place]`` declares it.

Objects are placed one by one, in the order of declaration, among all that stand already. An object that is on or
inside another has its place in the frame of that support, so that it moves with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mygym_lite.config.field_path import match_paths, split_path
from mygym_lite.config.object_placer import ObjectPlacer, Spot
from mygym_lite.config.start import Placement
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.variation import Variation, apply_variations
from mygym_lite.errors import ConfigError

MAX_ATTEMPTS = 40


def place_objects(
    started: Task, variations: Sequence[Variation], seed: int, previous: Mapping[str, Spot] | None = None
) -> tuple[Task, dict[str, Spot]]:
    """Place the objects and apply the variations: to an object's support first, then to the object at its place.

    Args:
        started: Task with its objects at their start, except for those to place.
        variations: Variations of anything but models, relative to the start.
        seed: Seed of the episode.
        previous: Spots in the same episode without variations; those where nothing overlaps are kept.

    Returns:
        The task, and the spot of each placed object.
    """
    others, own = _split_by_object(started, variations)
    base = apply_variations(started, others, seed)
    spots = previous or {}
    placers = {name: ObjectPlacer(base, name, own[name], seed, spots.get(name)) for name in started.place}
    for attempt in range(MAX_ATTEMPTS):
        found = _find_spots(base, placers, keep=attempt < MAX_ATTEMPTS // 2)
        if len(found) == len(placers):
            things = base.objects | {name: thing for name, (_, thing) in found.items()}
            return replace(base, objects=things), {name: spot for name, (spot, _) in found.items()}
    name = next(name for name in placers if name not in found)
    raise ConfigError(f"{started.name}, seed {seed}: {_describe_no_room(name, base.place[name])}")


def _find_spots(base: Task, placers: Mapping[str, ObjectPlacer], keep: bool) -> dict[str, tuple[Spot, ObjectConfig]]:
    """Find spots one by one, until an object finds no room."""
    placed = {name: thing for name, thing in base.objects.items() if name not in placers}
    found: dict[str, tuple[Spot, ObjectConfig]] = {}
    for name, placer in placers.items():
        spot = placer.find_spot(placed, keep)
        if spot is None:
            break
        found[name], placed[name] = spot, spot[1]
    return found


def _split_by_object(task: Task, variations: Sequence[Variation]) -> tuple[list[Variation], dict[str, list[Variation]]]:
    """Separate the variations of each placed object from all others."""
    others: list[Variation] = []
    own: dict[str, list[Variation]] = {name: [] for name in task.place}
    for variation in variations:
        table, *keys = split_path(variation.path)
        if table != "objects" or (keys[0] != "*" and keys[0] not in own):
            others.append(variation)
            continue
        for path in match_paths(task, variation.path, variation.location):
            own.get(split_path(path)[1], others).append(replace(variation, path=path))
    return others, own


def _describe_no_room(name: str, rules: Placement) -> str:
    target = rules.reference or rules.within
    place = f"'{target}'" if isinstance(target, str) else "the area"
    return (
        f"place.{name}.{rules.relation}: no free place for it {rules.relation} {place} with {rules.free_space:g} m "
        "clearance; make room there, or lower the clearance"
    )
