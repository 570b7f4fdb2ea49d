"""Placement of distractors at free positions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from mygym_lite.config.object_bounds import compute_gap, compute_radius
from mygym_lite.config.objects import expand_banks, load_object
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Distractors, ObjectConfig, Vec2, Vec3
from mygym_lite.errors import ConfigError
from mygym_lite.rng import Rng, make_stream

MAX_ATTEMPTS = 300


def place_distractors(task: Task, seed: int, previous: Mapping[str, ObjectConfig] | None = None) -> Task:
    """Return the task with its distractors as objects ``distractor_0``, ``distractor_1``, ... at free positions.

    Args:
        task: Task with its objects at their initial positions.
        seed: Seed of the episode.
        previous: Distractors of the same episode without variations; those not in the way keep their positions.
    """
    rules = task.distractors
    if rules is None or rules.count == 0:
        return task
    rng = make_stream(seed, "distractors")
    models = expand_banks(rules.models)
    repeats = math.ceil(rules.count / len(models))
    sampled = rng.permutation(models * repeats)[: rules.count].tolist()
    if previous:
        sampled = [thing.model for thing in previous.values()][: rules.count] + sampled[len(previous) :]
    fixed = _select_unobstructed(task.objects, previous or {}, len(sampled), rules)
    return replace(task, objects=_place(task.objects, sampled, rules, rng, fixed))


def _select_unobstructed(
    objects: dict[str, ObjectConfig], previous: Mapping[str, ObjectConfig], count: int, rules: Distractors
) -> dict[str, ObjectConfig]:
    """Select the previous distractors, at most `count`, that may keep their positions."""
    selected: dict[str, ObjectConfig] = {}
    for name, thing in list(previous.items())[:count]:
        if rules.gap is None and _is_free(thing.position, thing.model, {**objects, **selected}, rules):
            selected[name] = thing
    return selected


def _place(
    objects: dict[str, ObjectConfig], models: list[str], rules: Distractors, rng: Rng, fixed: dict[str, ObjectConfig]
) -> dict[str, ObjectConfig]:
    """Place the models one by one at free positions; start over if there is none for one of them."""
    names = [f"distractor_{i}" for i in range(len(models))]
    for attempt in range(MAX_ATTEMPTS):
        placed = {**objects, **(fixed if attempt < MAX_ATTEMPTS // 2 else {})}
        for name, model in zip(names, models, strict=True):
            if name in placed:
                continue
            config = _sample_free_pose(placed, model, rules, rng)
            if config is None:
                break
            placed[name] = config
        else:
            return {**objects, **{name: placed[name] for name in names}}
    raise ConfigError(
        f"distractors.count: no free place for {len(models)} objects with {rules.clearance:g} m clearance in "
        f"{rules.region}; enlarge the region, or lower the count or the clearance"
    )


def _sample_free_pose(placed: dict[str, ObjectConfig], model: str, rules: Distractors, rng: Rng) -> ObjectConfig | None:
    for _ in range(20):
        if rules.gap is not None:
            x, y = _sample_at_gap(placed, model, rules.gap, rng)
        else:
            x, y = _sample_in_region(rules.region, rng)
        yaw = float(rng.uniform(-math.pi, math.pi))
        if _is_free((x, y, 0.0), model, placed, rules):
            return ObjectConfig(model, (x, y, 0.0), yaw=yaw)
    return None


def _sample_in_region(region: tuple[Vec2, Vec2], rng: Rng) -> tuple[float, float]:
    (x0, y0), (x1, y1) = region
    along, across = rng.random(2).tolist()
    return x0 + (x1 - x0) * along, y0 + (y1 - y0) * across


def find_first_movable(objects: Mapping[str, ObjectConfig]) -> ObjectConfig | None:
    """Return the first object that is not fixed, which distractors with a gap surround."""
    return next((thing for thing in objects.values() if not thing.fixed), None)


def _sample_at_gap(placed: dict[str, ObjectConfig], model: str, gap: float, rng: Rng) -> tuple[float, float]:
    """Sample a position at a gap, m, from the first loose object, in a random direction."""
    center = find_first_movable(placed)
    if center is None:
        raise ConfigError("distractors.gap: there is no loose object to keep it from; leave it out or add an object")
    distance = gap + load_object(model).footprint_radius + compute_radius(center)
    heading = float(rng.uniform(-math.pi, math.pi))
    x, y, _ = center.initial_position
    return x + distance * math.cos(heading), y + distance * math.sin(heading)


def _is_free(position: Vec3, model: str, placed: Mapping[str, ObjectConfig], rules: Distractors) -> bool:
    """Return true if a position is in the region and clear of all objects but the one to keep the gap from."""
    (x0, y0), (x1, y1) = rules.region
    x, y, _ = position
    if not (x0 <= x <= x1 and y0 <= y <= y1):
        return False
    radius = load_object(model).footprint_radius
    center = find_first_movable(placed) if rules.gap is not None else None
    others = (other for other in placed.values() if other is not center)
    return all(compute_gap(x, y, radius, other) >= rules.clearance for other in others)
