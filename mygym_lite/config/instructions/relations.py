"""References by spatial relation: 'the object left of the bowl', true and unambiguous at the start of the episode.

Directions are those of the robot, which looks along x: left is +y, behind is farther along x.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mygym_lite.config.instructions.instruction_text import Word, count_words
from mygym_lite.config.instructions.referents import describe_referent
from mygym_lite.config.language import MAX_WORDS
from mygym_lite.config.robot import load_robot
from mygym_lite.config.task import Task
from mygym_lite.rng import Rng, make_stream

_MARGIN = 0.03  # m, by which an extreme object exceeds the next one
_OFFSET, _LOOSE_OFFSET = 0.05, 0.02  # m between an object and its landmark; smaller ones are borderline
_WIDTH, _LOOSE_WIDTH = 1.0, 2.0  # sideways distance over that along the direction
_NEXT_TO, _LOOSE_NEXT_TO = 0.15, 0.25  # m between centres
_DIRECTIONS = {"left of": (0.0, 1.0), "right of": (0.0, -1.0), "in front of": (-1.0, 0.0), "behind": (1.0, 0.0)}
Point = tuple[float, float]


@dataclass(frozen=True)
class Relation:
    """Relation of one object, as words after 'object', with the test whether another one fits it as well."""

    text: str
    is_true: Callable[[Point], bool]
    is_possible: Callable[[Point], bool]
    """True also for borderline cases."""
    landmark: str = ""


def refer_by_relation(words: Sequence[Word], task: Task, probability: float, seed: int) -> list[Word]:
    """Replace the noun and colour of each object by a relation, with some probability, if an unambiguous one exists.

    An object of which only the colour is named keeps it. A relation is left out if the instruction would be too long
    with it and the relations of all objects before.
    """
    longest, changed = list(words), list(words)
    nouns = (word.referent for word in words if word.role == "noun" and word.referent in task.objects)
    for name in dict.fromkeys(nouns):
        rng = make_stream(seed, f"language/relation/{name}")
        threshold, text = rng.random(), find_relation(task, name, rng)
        if text is None or count_words(_substitute(longest, name, text)) > MAX_WORDS:
            continue
        longest = _substitute(longest, name, text)
        if threshold < probability:
            changed = _substitute(changed, name, text)
    return changed


def _substitute(words: Sequence[Word], name: str, text: str) -> list[Word]:
    """Write 'object' with the relation for the first noun of a thing, and 'object' alone for the others."""
    changed: list[Word] = []
    phrases = iter([f"object {text}"])
    for word in words:
        if word.referent != name:
            changed.append(word)
        elif word.role == "noun":
            changed.append(replace(word, text=next(phrases, "object"), role="relation"))
    return changed


def find_relation(task: Task, name: str, rng: Rng) -> str | None:
    """Find a relation that no other object fits, not even nearly; None without one."""
    points = {other: thing.initial_position[:2] for other, thing in task.objects.items()}
    relations = [*_iterate_superlatives(task, name, points), *_iterate_directions(task, name, points)]
    for relation in [relations[int(index)] for index in rng.permutation(len(relations))]:
        others = [point for other, point in points.items() if other not in (name, relation.landmark)]
        if relation.is_true(points[name]) and not any(map(relation.is_possible, others)):
            return relation.text
    return None


def _iterate_superlatives(task: Task, name: str, points: dict[str, Point]) -> Iterator[Relation]:
    """Yield relations to all other objects."""
    base = load_robot(task.robot.model).position[:2]
    measures: dict[str, Callable[[Point], float]] = {
        "nearest to you": lambda point: -math.dist(point, base),
        "farthest from you": lambda point: math.dist(point, base),
        "farthest to the left": lambda point: point[1],
        "farthest to the right": lambda point: -point[1],
    }
    if len(points) < 2:
        return
    for text, measure in measures.items():
        bound = measure(points[name]) - _MARGIN
        yield Relation(text, lambda _: True, lambda point, m=measure, b=bound: m(point) > b)  # type: ignore[misc]


def _iterate_directions(task: Task, name: str, points: dict[str, Point]) -> Iterator[Relation]:
    """Yield relations to one other object that its noun, or colour and noun, identifies."""
    for landmark, center in points.items():
        phrase = None if landmark == name else _name_uniquely(task, landmark)
        if phrase is None:
            continue
        yield Relation(
            f"next to the {phrase}", _make_circle(center, _NEXT_TO), _make_circle(center, _LOOSE_NEXT_TO), landmark
        )
        for text, direction in _DIRECTIONS.items():
            strict = _make_cone(center, direction, _OFFSET, _WIDTH)
            loose = _make_cone(center, direction, _LOOSE_OFFSET, _LOOSE_WIDTH)
            yield Relation(f"{text} the {phrase}", strict, loose, landmark)


def _make_circle(center: Point, radius: float) -> Callable[[Point], bool]:
    return lambda point: math.dist(point, center) <= radius


def _make_cone(center: Point, direction: Point, offset: float, width: float) -> Callable[[Point], bool]:
    def contains(point: Point) -> bool:
        dx, dy = point[0] - center[0], point[1] - center[1]
        along = dx * direction[0] + dy * direction[1]
        return along >= offset and abs(dx * direction[1] - dy * direction[0]) <= width * along

    return contains


def _name_uniquely(task: Task, name: str) -> str | None:
    """Return the noun of an object if no other one has it, else colour and noun if unique, else None."""
    descriptions = {other: describe_referent(task, other) for other in task.objects}
    own = descriptions[name]
    same = [other for other, each in descriptions.items() if each.noun == own.noun and other != name]
    if not same:
        return own.noun
    is_unique = all(descriptions[other].color != own.color for other in same)
    return f"{own.color} {own.noun}" if is_unique else None
