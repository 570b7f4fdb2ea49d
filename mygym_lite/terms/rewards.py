"""What a step is worth. Every term is worth more when things go better; weights of penalties are negative."""

from __future__ import annotations

import math

from mygym_lite.config.state import State
from mygym_lite.terms import predicates, vectors
from mygym_lite.terms.registry import Action, Frame, Graspable, Group, Positive, Thing, term


@term("reward")
def progress(before: State, after: State, of: Frame, to: Frame) -> float:
    """Metres by which two frames came nearer to each other."""
    return math.dist(before.position(of), before.position(to)) - math.dist(after.position(of), after.position(to))


@term("reward")
def closeness(after: State, of: Frame, to: Frame, scale: Positive) -> float:
    """1 where two frames meet, falling to 0.24 at ``scale`` metres and towards 0 beyond."""
    return 1.0 - math.tanh(math.dist(after.position(of), after.position(to)) / scale)


@term("reward")
def alignment(after: State, of: Frame, to: Frame, scale: Positive) -> float:
    """1 where two frames are turned alike, falling to 0.24 at ``scale`` rad."""
    return 1.0 - math.tanh(vectors.compute_angle(after.frames[of].rotation, after.frames[to].rotation) / scale)


@term("reward")
def near(after: State, of: Frame, to: Frame, within: float) -> float:
    """1 while two frames are no more than ``within`` metres apart."""
    return float(predicates.near(after, of, to, within))


@term("reward")
def grasped(after: State, thing: Graspable) -> float:
    """1 while thumb and fingers carry an object."""
    return float(predicates.grasped(after, thing))


@term("reward")
def enclosed(after: State, thing: Graspable) -> float:
    """Half for the thumb and half for the fingers touching an object."""
    return 0.5 * predicates.touching(after, Group("thumb"), Group(thing)) + 0.5 * predicates.touching(
        after, Group("fingers"), Group(thing)
    )


@term("reward")
def height(after: State, thing: Thing, up_to: Positive) -> float:
    """Share of the wanted height that an object has been lifted, between 0 and 1."""
    gained = after.position(thing)[2] - after.initial_positions[thing][2]
    return min(max(gained / up_to, 0.0), 1.0)


@term("reward")
def effort(action: Action) -> float:
    """Mean square of the action."""
    return sum(a * a for a in action) / len(action)


@term("reward")
def force_excess(after: State, a: Group, b: Group, above: float) -> float:
    """Newtons by which the contact of two groups exceeds a limit, as mean over the action."""
    return max(after.touch(a, b).mean - above, 0.0)


@term("reward")
def displacement(after: State, thing: Thing) -> float:
    """Metres by which an object has been moved along the table."""
    x, y, _ = vectors.subtract(after.position(thing), after.initial_positions[thing])
    return math.hypot(x, y)
