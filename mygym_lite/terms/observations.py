"""Observation terms: lists of numbers, in SI units and the world frame unless stated otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mygym_lite.config.state import State
from mygym_lite.terms import relations, vectors
from mygym_lite.terms.parameters import Count, Frame, Group, RegionName, Thing
from mygym_lite.terms.registry import term

_PADDING = (0.0, 0.0, 0.0, 0.0)  # row of a missing neighbour


@term("observe")
def joint_positions(after: State) -> Sequence[float]:
    """Arm joint positions, -1 at the lower and 1 at the upper limit."""
    return [(2 * q - low - high) / (high - low) for q, low, high in zip(after.joints, *after.joint_limits, strict=True)]


@term("observe")
def joint_velocities(after: State) -> Sequence[float]:
    """Arm joint velocities, rad/s."""
    return after.speeds


@term("observe")
def joint_errors(after: State) -> Sequence[float]:
    """Commanded minus measured arm joint positions, rad."""
    return [t - q for t, q in zip(after.targets, after.joints, strict=True)]


@term("observe")
def finger_positions(after: State) -> Sequence[float]:
    """Hand joint positions, rad (or m)."""
    return after.fingers


@term("observe")
def closure(after: State) -> Sequence[float]:
    """Commanded closure of the hand, 0 open to 1 closed."""
    return after.closure


@term("observe", check="near")
def position(after: State, of: Frame) -> Sequence[float]:
    """Position of a frame, m."""
    return after.position(of)


@term("observe", check="aligned")
def orientation(after: State, of: Frame) -> Sequence[float]:
    """Orientation of a frame, as its x and z axes."""
    return vectors.compute_axes(after.frames[of].rotation)


@term("observe", check="slower_than")
def velocity(after: State, of: Frame) -> Sequence[float]:
    """Linear velocity of a frame, m/s."""
    return after.motions[of].linear


@term("observe")
def angular_velocity(after: State, of: Frame) -> Sequence[float]:
    """Angular velocity of a frame, rad/s."""
    return after.motions[of].angular


@term("observe", check="near")
def offset(after: State, of: Frame, to: Frame) -> Sequence[float]:
    """Vector from one frame to another, m, in the world frame."""
    return vectors.subtract(after.position(to), after.position(of))


@term("observe")
def offset_in_hand(after: State, of: Frame) -> Sequence[float]:
    """Vector from the palm to a frame, m, in the palm frame."""
    palm = after.frames["palm"]
    return vectors.rotate_inverse(palm.rotation, vectors.subtract(after.position(of), palm.position))


@term("observe", check="aligned")
def turn(after: State, of: Frame, to: Frame) -> Sequence[float]:
    """Rotation vector from the orientation of one frame to that of another, rad."""
    return vectors.compute_rotation_between(after.frames[of].rotation, after.frames[to].rotation)


@term("observe")
def yaw(after: State, of: Frame, folds: Count = 1) -> Sequence[float]:
    """Cosine and sine of a frame's yaw times ``folds``, its rotational symmetry: 4 for a cube, 2 for a box."""
    angle = folds * vectors.compute_yaw(after.frames[of].rotation)
    return (math.cos(angle), math.sin(angle))


@term("observe")
def extents(after: State, of: Thing) -> Sequence[float]:
    """Edge lengths of the bounding box of an object, m."""
    return after.object_shapes[of].extents


@term("observe")
def family(after: State, of: Thing) -> Sequence[float]:
    """Shape family of an object, one-hot: box, cylinder, sphere, capsule, compound."""
    return after.object_shapes[of].family


@term("observe", check="contact_force_above")
def contact_force(after: State, a: Group, b: Group) -> Sequence[float]:
    """Mean normal force between two groups during the last action, N."""
    return (after.touch(a, b).mean,)


@term("observe", check="lifted")
def height_gain(after: State, of: Thing) -> Sequence[float]:
    """Height by which an object has been lifted, m."""
    return (after.position(of)[2] - after.initial_positions[of][2],)


@term("observe", check="coverage_above")
def coverage(after: State, thing: Thing, region: RegionName) -> Sequence[float]:
    """Share of the area of a region that an object covers, seen from above."""
    return (relations.compute_coverage(after, thing, region),)


@term("observe", check="upright")
def tilt(after: State, of: Thing) -> Sequence[float]:
    """Angle between the z axis of an object and the vertical, rad."""
    return (relations.compute_tilt(after.frames[of]),)


@term("observe")
def color(after: State, of: Thing) -> Sequence[float]:
    """Colour of an object, RGB from 0 to 1."""
    return after.object_shapes[of].color


@term("observe")
def neighbours(after: State, of: Thing, count: Count) -> Sequence[float]:
    """Nearest other objects: x, y offset from the object, width and height of each, m; zero-padded."""
    center = after.position(of)
    others = []
    for name, shape in after.object_shapes.items():
        if name != of:
            x, y, _ = vectors.subtract(after.position(name), center)
            others.append((math.hypot(x, y), (x, y, max(shape.extents[:2]), shape.extents[2])))
    rows = [row for _, row in sorted(others)[:count]]
    return [number for row in [*rows, *[_PADDING] * (count - len(rows))] for number in row]


@term("observe")
def objects_from_left(after: State, things: tuple[Thing, ...], of: Frame) -> Sequence[float]:
    """Objects by their start places, from left to right, whatever their names.

    Of each: offset from a frame, m, colour, edge lengths, m, and cosine and sine of the yaw.
    """
    places = after.initial_positions
    ordered = sorted(things, key=lambda thing: (-places[thing][1], places[thing][0]))
    return [number for thing in ordered for number in _describe_object(after, thing, of)]


@term("observe")
def regions_from_left(after: State, regions: tuple[RegionName, ...], of: Frame) -> Sequence[float]:
    """Regions from left to right, whatever their names: of each, offset from a frame, m, and colour."""
    ordered = sorted(regions, key=lambda name: (-after.position(name)[1], after.position(name)[0]))
    return [number for name in ordered for number in (*offset(after, of, Frame(name)), *after.regions[name].color)]


def _describe_object(after: State, thing: Thing, of: Frame) -> Sequence[float]:
    shape = after.object_shapes[thing]
    return [*offset(after, of, Frame(thing)), *shape.color, *shape.extents, *yaw(after, Frame(thing))]


@term("observe")
def stage(after: State) -> Sequence[float]:
    """One-hot index of the current stage of the task; zeros once all stages are reached."""
    return [float(index == after.stage) for index in range(after.num_stages)]
