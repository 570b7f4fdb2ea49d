"""Success and failure terms: predicates on one state."""

from __future__ import annotations

import math
from typing import Annotated

from mygym_lite.config.state import State
from mygym_lite.terms import vectors
from mygym_lite.terms.parameters import Angle, Bounds, Distance, Frame, Graspable, Group, Metres, Movable
from mygym_lite.terms.registry import term

_CONTACT = 0.05  # N; smaller forces are solver noise


@term("check")
def near(after: State, of: Frame, to: Frame, within: Distance) -> bool:
    """Test that two frames are at most ``within`` metres apart."""
    return math.dist(after.position(of), after.position(to)) <= within


@term("check")
def aligned(after: State, of: Frame, to: Frame, within: Angle) -> bool:
    """Test that the orientations of two frames differ by at most ``within`` rad."""
    return vectors.compute_angle(after.frames[of].rotation, after.frames[to].rotation) <= within


@term("check")
def grasped(after: State, thing: Graspable) -> bool:
    """Test that thumb and fingers both press on an object, and that it is off the table."""
    held = after.touch("thumb", thing).mean > _CONTACT and after.touch("fingers", thing).mean > _CONTACT
    return held and after.touch("table", thing).mean < _CONTACT


@term("check")
def lifted(after: State, thing: Movable, metres: Distance) -> bool:
    """Test that an object is at least ``metres`` above its initial height."""
    return after.position(thing)[2] - after.initial_positions[thing][2] >= metres


@term("check")
def touching(after: State, a: Group, b: Group) -> bool:
    """Test that two groups touch."""
    return after.touch(a, b).peak > _CONTACT


@term("check")
def contact_force_above(after: State, a: Group, b: Group, newtons: Annotated[float, Bounds("N", low=0.0)]) -> bool:
    """Test that the contact force of two groups, as the highest mean over 50 ms, exceeds ``newtons``."""
    return after.touch(a, b).peak > newtons


@term("check")
def lower_than(after: State, of: Frame, metres: Metres) -> bool:
    """Test that a frame is below a height in the world."""
    return after.position(of)[2] < metres


@term("check")
def displaced(after: State, thing: Movable, metres: Distance) -> bool:
    """Test that an object not touched by the hand has moved more than ``metres`` along the table."""
    x, y, _ = vectors.subtract(after.position(thing), after.initial_positions[thing])
    return math.hypot(x, y) > metres and after.touch("hand", thing).mean < _CONTACT


@term("check")
def slower_than(after: State, of: Frame, speed: Annotated[float, Bounds("m/s", above=0.0)]) -> bool:
    """Test that the linear speed of a frame is below ``speed``, m/s."""
    return math.hypot(*after.motions[of].linear) < speed
