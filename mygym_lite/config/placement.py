"""Where things stand: footprints that overlap, and free places for distractors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mygym_lite.config.objects import BANKS, list_objects, load_object
from mygym_lite.config.task import Distractors, ObjectConfig, Task, Vec2, Vec3
from mygym_lite.config.variation import Rng, make_stream
from mygym_lite.errors import ConfigError

MAX_ATTEMPTS = 300


def _corners(thing: ObjectConfig) -> np.ndarray:
    """The four corners of the footprint, in the world frame."""
    x, y, _ = (0.5 * thing.size * edge for edge in load_object(thing.model).extents)
    c, s = math.cos(thing.yaw), math.sin(thing.yaw)
    box = np.array([[x, y], [-x, y], [-x, -y], [x, -y]])
    corners: np.ndarray = box @ np.array([[c, s], [-s, c]]) + np.array(thing.initial_position[:2])
    return corners


def is_overlapping(a: ObjectConfig, b: ObjectConfig) -> bool:
    """Whether two footprints share ground (separating axes) and the two heights meet."""
    if _gap(*a.initial_position[:2], _radius(a), b) > 0.0 or not _heights_meet(a, b):
        return False
    one, two = _corners(a), _corners(b)
    for axis in (one[0] - one[1], one[1] - one[2], two[0] - two[1], two[1] - two[2]):
        p, q = one @ axis, two @ axis
        if p.max() <= q.min() or q.max() <= p.min():
            return False
    return True


def _heights_meet(a: ObjectConfig, b: ObjectConfig) -> bool:
    tops = [t.position[2] + t.size * load_object(t.model).extents[2] for t in (a, b)]
    return a.position[2] < tops[1] and b.position[2] < tops[0]


def refuse_overlap(task: Task, source: str) -> None:
    """Raise where two objects start inside one another."""
    things = list(task.objects.items())
    for i, (name, thing) in enumerate(things):
        for other, neighbour in things[:i]:
            if is_overlapping(thing, neighbour):
                raise ConfigError(
                    f"{source}: objects.{name}.position: '{name}' at {_at(thing)} overlaps '{other}' at "
                    f"{_at(neighbour)}; move one of them"
                )


def _at(thing: ObjectConfig) -> str:
    return "({:.3f}, {:.3f})".format(*thing.initial_position[:2])


def list_distractor_models(distractors: Distractors) -> list[str]:
    """The models that may be drawn: names, or all of a bank."""
    return [name for model in distractors.models for name in (list_objects(model) if model in BANKS else [model])]


def place_distractors(task: Task, seed: int, previous: Mapping[str, ObjectConfig] | None = None) -> Task:
    """The task with its distractors as ordinary objects ``distractor_0``, ``distractor_1``, ... in free places.

    Args:
        task: With its objects where they begin.
        seed: Of the episode.
        previous: Distractors that stood there before the task was varied: who is not in the way stays where it was.
    """
    rules = task.distractors
    if rules is None or rules.count == 0:
        return task
    rng = make_stream(seed, "distractors")
    models = list_distractor_models(rules)
    repeats = math.ceil(rules.count / len(models))
    drawn = rng.permutation(models * repeats)[: rules.count].tolist()
    if previous:
        drawn = [thing.model for thing in previous.values()][: rules.count] + drawn[len(previous) :]
    kept = _still_free(task.objects, previous or {}, drawn, rules)
    return replace(task, objects=_place(task.objects, drawn, rules, rng, kept))


def _still_free(
    objects: dict[str, ObjectConfig], before: Mapping[str, ObjectConfig], models: list[str], rules: Distractors
) -> dict[str, ObjectConfig]:
    """Those that may stay."""
    kept: dict[str, ObjectConfig] = {}
    for (name, thing), _ in zip(before.items(), models, strict=False):
        if rules.gap is None and _is_free(thing.position, thing.model, {**objects, **kept}, rules):
            kept[name] = thing
    return kept


def _place(
    objects: dict[str, ObjectConfig], models: list[str], rules: Distractors, rng: Rng, kept: dict[str, ObjectConfig]
) -> dict[str, ObjectConfig]:
    """Drop the models one by one where they are clear of all that stands; begin again when one finds no place."""
    names = [f"distractor_{i}" for i in range(len(models))]
    for attempt in range(MAX_ATTEMPTS):
        placed = {**objects, **(kept if attempt < MAX_ATTEMPTS // 2 else {})}
        for name, model in zip(names, models, strict=True):
            if name in placed:
                continue
            spot = _free_spot(placed, model, rules, rng)
            if spot is None:
                break
            placed[name] = spot
        else:
            return {**objects, **{name: placed[name] for name in names}}
    raise ConfigError(
        f"distractors.count: no free place for {len(models)} objects with {rules.clearance:g} m clearance in "
        f"{rules.region}; enlarge the region, or lower the count or the clearance"
    )


def _free_spot(placed: dict[str, ObjectConfig], model: str, rules: Distractors, rng: Rng) -> ObjectConfig | None:
    for _ in range(20):
        x, y = _beside(placed, model, rules.gap, rng) if rules.gap is not None else _anywhere(rules.region, rng)
        yaw = float(rng.uniform(-math.pi, math.pi))
        if _is_free((x, y, 0.0), model, placed, rules):
            return ObjectConfig(model, (x, y, 0.0), yaw)
    return None


def _anywhere(region: tuple[Vec2, Vec2], rng: Rng) -> tuple[float, float]:
    (x0, y0), (x1, y1) = region
    along, across = rng.random(2).tolist()
    return x0 + (x1 - x0) * along, y0 + (y1 - y0) * across


def find_first_movable(objects: Mapping[str, ObjectConfig]) -> ObjectConfig | None:
    """What distractors crowd around."""
    return next((thing for thing in objects.values() if not thing.fixed), None)


def _beside(placed: dict[str, ObjectConfig], model: str, gap: float, rng: Rng) -> tuple[float, float]:
    """At exactly this distance from the first loose object, in a random direction."""
    middle = find_first_movable(placed)
    if middle is None:
        raise ConfigError("distractors.gap: there is no loose object to keep it from; leave it out or add an object")
    away = gap + load_object(model).footprint_radius + _radius(middle)
    heading = float(rng.uniform(-math.pi, math.pi))
    return middle.initial_position[0] + away * math.cos(heading), middle.initial_position[1] + away * math.sin(heading)


def _is_free(at: Vec3, model: str, placed: Mapping[str, ObjectConfig], rules: Distractors) -> bool:
    """Whether a place is in the region, and clear of everything but what it is to stand at a given gap from."""
    (x0, y0), (x1, y1) = rules.region
    if not (x0 <= at[0] <= x1 and y0 <= at[1] <= y1):
        return False
    radius = load_object(model).footprint_radius
    beside = find_first_movable(placed) if rules.gap is not None else None
    return all(_gap(*at[:2], radius, o) >= rules.clearance for o in placed.values() if o is not beside)


def _gap(x: float, y: float, radius: float, other: ObjectConfig) -> float:
    return math.hypot(x - other.initial_position[0], y - other.initial_position[1]) - radius - _radius(other)


def _radius(thing: ObjectConfig) -> float:
    return load_object(thing.model).footprint_radius * thing.size
