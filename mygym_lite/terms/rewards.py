"""Reward terms; each is non-negative or a progress, and penalties have negative weights."""

from __future__ import annotations

import math
from typing import Annotated

from mygym_lite.config.state import State
from mygym_lite.summation import sum_in_order
from mygym_lite.terms import predicates, relations, vectors
from mygym_lite.terms.parameters import Angle, Bounds, Distance, Frame, Graspable, Group, Movable, RegionName, Thing
from mygym_lite.terms.registry import Action, term


@term("reward", check="near")
def progress(before: State, after: State, of: Frame, to: Frame) -> float:
    """Decrease of the distance between two frames, m."""
    return math.dist(before.position(of), before.position(to)) - math.dist(after.position(of), after.position(to))


@term("reward", check="near")
def closeness(after: State, of: Frame, to: Frame, scale: Distance) -> float:
    """Proximity of two frames: 1 at distance 0, 0.24 at ``scale`` metres, towards 0 beyond."""
    return 1.0 - math.tanh(math.dist(after.position(of), after.position(to)) / scale)


@term("reward", check="aligned")
def alignment(after: State, of: Frame, to: Frame, scale: Angle) -> float:
    """Alignment of two frames: 1 for equal orientations, 0.24 at ``scale`` rad."""
    return 1.0 - math.tanh(vectors.compute_angle(after.frames[of].rotation, after.frames[to].rotation) / scale)


@term("reward", check="near")
def near(after: State, of: Frame, to: Frame, within: Distance) -> float:
    """Reward of 1 while two frames are at most ``within`` metres apart."""
    return float(predicates.near(after, of, to, within))


@term("reward", check="grasped")
def grasped(after: State, thing: Graspable) -> float:
    """Reward of 1 while thumb and fingers carry an object."""
    return float(predicates.grasped(after, thing))


@term("reward", check="touching")
def enclosed(after: State, thing: Graspable) -> float:
    """Reward of 0.5 each for the thumb and the fingers touching an object."""
    thumb = predicates.touching(after, Group("thumb"), Group(thing))
    fingers = predicates.touching(after, Group("fingers"), Group(thing))
    return 0.5 * thumb + 0.5 * fingers


@term("reward", check="lifted")
def height(after: State, thing: Movable, up_to: Distance) -> float:
    """Height by which an object has been lifted, as a share of ``up_to``, clipped to 0 to 1."""
    gained = after.position(thing)[2] - after.initial_positions[thing][2]
    return min(max(gained / up_to, 0.0), 1.0)


@term("reward")
def effort(action: Action) -> float:
    """Mean square of the action."""
    return sum_in_order(a * a for a in action) / len(action)


@term("reward", check="contact_force_above")
def force_excess(after: State, a: Group, b: Group, above: Annotated[float, Bounds("N", low=0.0)]) -> float:
    """Excess of the contact force of two groups over a limit, N, as mean over the action."""
    return max(after.touch(a, b).mean - above, 0.0)


@term("reward", check="displaced")
def displacement(after: State, thing: Movable) -> float:
    """Distance by which an object has moved along the table, m."""
    x, y, _ = vectors.subtract(after.position(thing), after.initial_positions[thing])
    return math.hypot(x, y)


@term("reward", check="inside")
def inside(after: State, thing: Thing, region: RegionName) -> float:
    """Reward of 1 while the centre of an object lies inside a region."""
    return float(relations.inside(after, thing, region))


@term("reward", check="count_in")
def share_inside(after: State, things: tuple[Thing, ...], region: RegionName) -> float:
    """Share of the objects whose centres lie inside a region, 0 to 1."""
    return relations.count_inside(after, things, region) / len(things)


@term("reward", check="coverage_above")
def coverage(after: State, thing: Thing, region: RegionName) -> float:
    """Share of the area of a region that an object covers, seen from above, 0 to 1."""
    return relations.compute_coverage(after, thing, region)


@term("reward", check="on_top")
def on_top(after: State, thing: Thing, of: Thing) -> float:
    """Reward of 1 while an object rests on another."""
    return float(relations.on_top(after, thing, of))


@term("reward", check="released")
def released(after: State, thing: Thing) -> float:
    """Reward of 1 while the robot does not touch an object."""
    return float(relations.released(after, thing))


@term("reward", check="upright")
def upright(after: State, thing: Thing, scale: Angle) -> float:
    """Uprightness of an object: 1 if its z axis is vertical, 0.24 at a tilt of ``scale`` rad."""
    return 1.0 - math.tanh(relations.compute_tilt(after.frames[thing]) / scale)
