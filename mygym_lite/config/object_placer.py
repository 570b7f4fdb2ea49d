"""Search of a free place for one object, relative to a region or to another object."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from mygym_lite.config.containment import compute_floor, is_in_cavity, is_on_top, limit_nudge, sample_in_cavity
from mygym_lite.config.object_bounds import compute_gap, compute_radius, compute_top, transform_to_world
from mygym_lite.config.overlap import do_heights_overlap, is_overlapping
from mygym_lite.config.start_area import find_area, sample_in_area
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import ObjectConfig, Vec2
from mygym_lite.config.variation import Variation, apply_variations
from mygym_lite.config.verbs import ABSOLUTE_VERBS
from mygym_lite.config.workspace import load_workspace
from mygym_lite.rng import Rng, make_stream

_MAX_CANDIDATES = 50  # of one search
Objects = Mapping[str, ObjectConfig]


class Spot(NamedTuple):
    """Place of an object, m and rad: in the frame of its support, or in the world frame without one."""

    x: float
    y: float
    yaw: float


class ObjectPlacer:
    """Searches places for one object in one episode.

    Args:
        task: Task whose objects stand at their start, varied except for those to place.
        name: Name of the object.
        variations: Variations of this object, relative to its place.
        seed: Seed of the episode.
        previous: Spot in the same episode without variations.
    """

    def __init__(
        self, task: Task, name: str, variations: Sequence[Variation], seed: int, previous: Spot | None
    ) -> None:
        self._task, self._name, self._variations, self._seed = task, name, variations, seed
        self._previous = previous
        self._rules = task.place[name]
        self._declared = task.objects[name]
        self._is_moved = any(v.path.endswith(".position") and v.verb in ABSOLUTE_VERBS for v in variations)
        area = None if self._rules.within is None else find_area(task, self._rules.within)
        self._height = self._declared.position[2] if area is None or area.height is None else area.height
        self._size = self._vary(self._declared).size
        self._rng = make_stream(seed, f"place/{name}")
        self._turn = _sample_turn(self._rules.yaw, make_stream(seed, f"place/{name}/yaw"))

    def find_spot(self, placed: Objects, keep: bool) -> tuple[Spot, ObjectConfig] | None:
        """Find a spot among the placed objects, and return it with the varied object; None if there is no room.

        Args:
            placed: Objects that stand already.
            keep: If true, keep the previous spot, unless the object overlaps another there; if false, begin anew. The
                clearance then counts only in episodes without variations, which may leave no room for it.
        """
        kept = [self._previous] if keep and self._previous is not None else []
        for spot in chain(kept, self._iterate_spots(placed, keep or self._previous is None)):
            thing = self._limit(self._vary(self._stand(self._declared, spot, placed)), placed)
            if self._is_free(thing, placed):
                return spot, thing
        return None

    def _limit(self, thing: ObjectConfig, placed: Objects) -> ObjectConfig:
        """Limit the nudge of a varied object to the container or the top that it is placed in or on."""
        if self._rules.support is None or self._is_moved:
            return thing
        holds = is_on_top if self._rules.inside is None else is_in_cavity
        support = placed[self._rules.support]
        return limit_nudge(thing, lambda moved: holds(moved, support))

    def _is_free(self, thing: ObjectConfig, placed: Objects) -> bool:
        """Return true if the varied object overlaps no other, and none but an absolute position takes it out."""
        if any(is_overlapping(thing, other) for other in placed.values()):
            return False
        container = self._rules.inside
        return container is None or self._is_moved or is_in_cavity(thing, placed[container])

    def _iterate_spots(self, placed: Objects, with_clearance: bool) -> Iterator[Spot]:
        """Iterate over new spots, with clearance or anywhere."""
        yaw = self._choose_yaw(placed)
        thing = replace(self._declared, size=self._size, yaw=self._turn_with_support(yaw, placed))
        for _ in range(_MAX_CANDIDATES):
            position = self._sample_position(thing, placed)
            if position is not None:
                spot = Spot(*position, yaw)
                if not with_clearance or self._is_clear(self._stand(thing, spot, placed), placed):
                    yield spot

    def _vary(self, thing: ObjectConfig) -> ObjectConfig:
        if not self._variations:
            return thing
        return apply_variations(replace(self._task, objects={self._name: thing}), self._variations, self._seed).objects[
            self._name
        ]

    def _choose_yaw(self, placed: Objects) -> float:
        """Return the yaw of new spots: the previous, the sampled or the declared one, in the frame of the spot."""
        if self._previous is not None:
            return self._previous.yaw
        if self._turn is not None or self._rules.support is None:
            return self._declared.yaw if self._turn is None else self._turn
        return self._declared.yaw - placed[self._rules.support].yaw

    def _turn_with_support(self, yaw: float, placed: Objects) -> float:
        if self._rules.support is None:
            return yaw
        turned = yaw + placed[self._rules.support].yaw
        return turned if abs(turned) <= math.pi else math.remainder(turned, 2.0 * math.pi)

    def _stand(self, thing: ObjectConfig, spot: Spot, placed: Objects) -> ObjectConfig:
        """Return the object at a spot."""
        x, y, z = spot.x, spot.y, self._height
        if self._rules.support is not None:
            support = placed[self._rules.support]
            x, y = transform_to_world(support, (x, y))
            z = compute_top(support) if self._rules.inside is None else compute_floor(support)
        return replace(thing, position=(x, y, z), yaw=self._turn_with_support(spot.yaw, placed))

    def _sample_position(self, thing: ObjectConfig, placed: Objects) -> Vec2 | None:
        """Sample x and y of a spot; None if the object does not fit, or would stand beside the workspace."""
        rules = self._rules
        if rules.within is not None:
            return sample_in_area(find_area(self._task, rules.within), self._rng)
        if rules.near is not None:
            assert rules.distance is not None
            beside = _sample_beside(thing, placed[rules.near], rules.distance, self._rng)
            return beside if _is_on_workspace(self._task, beside) else None
        if rules.inside is not None:
            return sample_in_cavity(thing, placed[rules.inside], self._rng)
        return (0.0, 0.0) if rules.offset is None else sample_in_area(find_area(self._task, rules.offset), self._rng)

    def _is_clear(self, thing: ObjectConfig, placed: Objects) -> bool:
        """Return true if an object is clear of all others but those that it belongs to."""
        related = self._list_related()
        return all(self._has_clearance(thing, other) for name, other in placed.items() if name not in related)

    def _has_clearance(self, thing: ObjectConfig, other: ObjectConfig) -> bool:
        x, y, _ = thing.initial_position
        is_raised = thing.position[2] > 0.0
        if is_raised and not do_heights_overlap(thing, other):
            return True
        if compute_gap(x, y, compute_radius(thing), other) >= self._rules.free_space:
            return True
        return self._rules.free_space == 0.0 and not is_overlapping(thing, other)

    def _list_related(self) -> set[str]:
        """List the object that it is near; or its support, the support of that, and so on."""
        if self._rules.near is not None:
            return {self._rules.near}
        related, name = set[str](), self._rules.support
        while name is not None:
            related.add(name)
            name = self._task.place[name].support if name in self._task.place else None
        return related


def _sample_turn(yaw: str | tuple[float, float] | None, rng: Rng) -> float | None:
    if yaw is None:
        return None
    low, high = (-math.pi, math.pi) if isinstance(yaw, str) else yaw
    return low + (high - low) * rng.random()


def _sample_beside(thing: ObjectConfig, other: ObjectConfig, distance: Vec2, rng: Rng) -> Vec2:
    """Sample a position beside another object: uniform in the gap between the footprints, in a random direction."""
    gap = distance[0] + (distance[1] - distance[0]) * rng.random()
    away, heading = gap + compute_radius(thing) + compute_radius(other), 2.0 * math.pi * rng.random()
    x, y, _ = other.initial_position
    return x + away * math.cos(heading), y + away * math.sin(heading)


def _is_on_workspace(task: Task, point: Vec2) -> bool:
    x, y = point
    (x0, y0), (x1, y1) = load_workspace(task.workspace.model).area
    return x0 <= x <= x1 and y0 <= y <= y1
