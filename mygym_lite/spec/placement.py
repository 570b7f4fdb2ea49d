"""Where things stand: footprints that overlap, and free places for distractors."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mygym_lite.errors import SpecError
from mygym_lite.spec.objects import BANKS, load_object, object_names
from mygym_lite.spec.task import Distractors, Placed, Task
from mygym_lite.spec.vary import Rng, stream

TRIES = 300


def _corners(thing: Placed) -> np.ndarray:
    """The four corners of the footprint, in the world frame."""
    x, y, _ = (0.5 * thing.size * edge for edge in load_object(thing.model).extents)
    c, s = math.cos(thing.yaw), math.sin(thing.yaw)
    box = np.array([[x, y], [-x, y], [-x, -y], [x, -y]])
    corners: np.ndarray = box @ np.array([[c, s], [-s, c]]) + np.array(thing.position[:2])
    return corners


def overlap(a: Placed, b: Placed) -> bool:
    """Whether two footprints share ground (separating axes) and the two heights meet."""
    if not _heights_meet(a, b):
        return False
    one, two = _corners(a), _corners(b)
    for axis in (one[0] - one[1], one[1] - one[2], two[0] - two[1], two[1] - two[2]):
        p, q = one @ axis, two @ axis
        if p.max() <= q.min() or q.max() <= p.min():
            return False
    return True


def _heights_meet(a: Placed, b: Placed) -> bool:
    tops = [t.position[2] + t.size * load_object(t.model).extents[2] for t in (a, b)]
    return a.position[2] < tops[1] and b.position[2] < tops[0]


def refuse_overlap(task: Task, where: str) -> None:
    """Raise where two objects start inside one another."""
    things = list(task.objects.items())
    for i, (name, thing) in enumerate(things):
        for other, neighbour in things[:i]:
            if overlap(thing, neighbour):
                raise SpecError(
                    f"{where}: objects.{name}.position: '{name}' at {_at(thing)} overlaps '{other}' at "
                    f"{_at(neighbour)}; move one of them"
                )


def _at(thing: Placed) -> str:
    return "({:.3f}, {:.3f})".format(*thing.position[:2])


def distractor_models(distractors: Distractors) -> list[str]:
    """The models that may be drawn: names, or all of a bank."""
    return [name for model in distractors.models for name in (object_names(model) if model in BANKS else [model])]


def with_distractors(task: Task, seed: int) -> Task:
    """The task with its distractors as ordinary objects ``distractor_0``, ``distractor_1``, ... in free places."""
    if task.distractors is None or task.distractors.count == 0:
        return task
    rng = stream(seed, "distractors")
    models = distractor_models(task.distractors)
    repeats = math.ceil(task.distractors.count / len(models))
    drawn = rng.permutation(models * repeats)[: task.distractors.count].tolist()
    return replace(task, objects=_place(task.objects, drawn, task.distractors, rng))


def _place(objects: dict[str, Placed], models: list[str], rules: Distractors, rng: Rng) -> dict[str, Placed]:
    """Drop the models one by one where they are clear of all that stands; begin again when one finds no place."""
    for _ in range(TRIES):
        placed = dict(objects)
        for i, model in enumerate(models):
            spot = _free_spot(placed, model, rules, rng)
            if spot is None:
                break
            placed[f"distractor_{i}"] = spot
        else:
            return placed
    raise SpecError(
        f"distractors.count: no free place for {len(models)} objects with {rules.clearance:g} m clearance in "
        f"{rules.region}; enlarge the region, or lower the count or the clearance"
    )


def _free_spot(placed: dict[str, Placed], model: str, rules: Distractors, rng: Rng) -> Placed | None:
    radius = load_object(model).footprint_radius
    for _ in range(20):
        x, y = rng.uniform(*rules.region).tolist()
        yaw = float(rng.uniform(-math.pi, math.pi))
        if all(_gap(x, y, radius, other) >= rules.clearance for other in placed.values()):
            return Placed(model, (x, y, 0.0), yaw)
    return None


def _gap(x: float, y: float, radius: float, other: Placed) -> float:
    reach = load_object(other.model).footprint_radius * other.size
    return math.hypot(x - other.position[0], y - other.position[1]) - radius - reach
