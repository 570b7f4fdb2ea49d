"""What counts as success or failure: yes or no, from one state."""

from __future__ import annotations

import math

from mygym_lite.config.state import State
from mygym_lite.terms import vectors
from mygym_lite.terms.registry import Frame, Graspable, Group, Thing, term

_CONTACT = 0.05  # N; less is not a touch but the solver's noise


@term("check")
def near(after: State, of: Frame, to: Frame, within: float) -> bool:
    """Two frames are no more than ``within`` metres apart."""
    return math.dist(after.position(of), after.position(to)) <= within


@term("check")
def aligned(after: State, of: Frame, to: Frame, within: float) -> bool:
    """Two frames are turned against each other by no more than ``within`` rad."""
    return vectors.compute_angle(after.frames[of].rotation, after.frames[to].rotation) <= within


@term("check")
def grasped(after: State, thing: Graspable) -> bool:
    """Thumb and fingers both press on an object, and nothing else carries it."""
    held = after.touch("thumb", thing).mean > _CONTACT and after.touch("fingers", thing).mean > _CONTACT
    return held and after.touch("table", thing).mean < _CONTACT


@term("check")
def lifted(after: State, thing: Thing, metres: float) -> bool:
    """An object is at least so far above where it stood."""
    return after.position(thing)[2] - after.initial_positions[thing][2] >= metres


@term("check")
def touching(after: State, a: Group, b: Group) -> bool:
    """Two groups touch."""
    return after.touch(a, b).peak > _CONTACT


@term("check")
def contact_force_above(after: State, a: Group, b: Group, newtons: float) -> bool:
    """Two groups press harder than this, as the highest mean over 50 ms."""
    return after.touch(a, b).peak > newtons


@term("check")
def lower_than(after: State, of: Frame, metres: float) -> bool:
    """A frame is below this height in the world."""
    return after.position(of)[2] < metres


@term("check")
def displaced(after: State, thing: Thing, metres: float) -> bool:
    """An object that nobody holds has been moved this far along the table."""
    x, y, _ = vectors.subtract(after.position(thing), after.initial_positions[thing])
    return math.hypot(x, y) > metres and after.touch("hand", thing).mean < _CONTACT


@term("check")
def slower_than(after: State, of: Frame, speed: float) -> bool:
    """A frame moves at less than this, m/s."""
    return math.hypot(*after.motions[of].linear) < speed
