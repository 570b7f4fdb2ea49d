"""What a policy may see, as lists of numbers in SI units and the world frame unless said otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mygym_lite.config.state import State
from mygym_lite.terms import vectors
from mygym_lite.terms.registry import Frame, Group, Thing, term

_FAR = (0.0, 0.0, 0.0, 0.0)  # the place of a neighbour that is not there


@term("observe")
def joint_positions(after: State) -> Sequence[float]:
    """Arm joints, -1 at the lower and 1 at the upper limit."""
    return [(2 * q - low - high) / (high - low) for q, low, high in zip(after.joints, *after.joint_limits, strict=True)]


@term("observe")
def joint_velocities(after: State) -> Sequence[float]:
    """Arm joint speeds, rad/s."""
    return after.speeds


@term("observe")
def joint_errors(after: State) -> Sequence[float]:
    """How far the commanded joint positions are ahead of the arm, rad."""
    return [t - q for t, q in zip(after.targets, after.joints, strict=True)]


@term("observe")
def finger_positions(after: State) -> Sequence[float]:
    """Hand joints, rad (or m)."""
    return after.fingers


@term("observe")
def closure(after: State) -> Sequence[float]:
    """Commanded closure of the hand, 0 open to 1 closed."""
    return after.closure


@term("observe")
def position(after: State, of: Frame) -> Sequence[float]:
    """Where a frame is, m."""
    return after.position(of)


@term("observe")
def orientation(after: State, of: Frame) -> Sequence[float]:
    """The x and z axes of a frame."""
    return vectors.compute_axes(after.frames[of].rotation)


@term("observe")
def velocity(after: State, of: Frame) -> Sequence[float]:
    """Linear velocity of a frame, m/s."""
    return after.motions[of].linear


@term("observe")
def angular_velocity(after: State, of: Frame) -> Sequence[float]:
    """Angular velocity of a frame, rad/s."""
    return after.motions[of].angular


@term("observe")
def offset(after: State, of: Frame, to: Frame) -> Sequence[float]:
    """From one frame to another, m, in the world frame."""
    return vectors.subtract(after.position(to), after.position(of))


@term("observe")
def offset_in_hand(after: State, of: Frame) -> Sequence[float]:
    """From the palm to a frame, m, in the palm frame."""
    palm = after.frames["palm"]
    return vectors.rotate_inverse(palm.rotation, vectors.subtract(after.position(of), palm.position))


@term("observe")
def turn(after: State, of: Frame, to: Frame) -> Sequence[float]:
    """Rotation vector that is missing from one frame to another, rad."""
    return vectors.compute_rotation_between(after.frames[of].rotation, after.frames[to].rotation)


@term("observe")
def yaw(after: State, of: Frame, folds: int = 1) -> Sequence[float]:
    """Cosine and sine of a frame's yaw, times its rotational symmetry: 4 for a cube, 2 for a box."""
    angle = folds * vectors.compute_yaw(after.frames[of].rotation)
    return (math.cos(angle), math.sin(angle))


@term("observe")
def extents(after: State, of: Thing) -> Sequence[float]:
    """Edges of the box around an object, m."""
    return after.object_shapes[of].extents


@term("observe")
def family(after: State, of: Thing) -> Sequence[float]:
    """Whether an object is a box, cylinder, sphere, capsule or compound: one of five numbers is 1."""
    return after.object_shapes[of].family


@term("observe")
def contact_force(after: State, a: Group, b: Group) -> Sequence[float]:
    """Mean normal force between two groups during the last action, N."""
    return (after.touch(a, b).mean,)


@term("observe")
def height_gain(after: State, of: Thing) -> Sequence[float]:
    """How far an object has been lifted, m."""
    return (after.position(of)[2] - after.initial_positions[of][2],)


@term("observe")
def neighbours(after: State, of: Thing, count: int) -> Sequence[float]:
    """The nearest other objects: offset from the object in x and y, width and height, m; zeros where there is none."""
    here = after.position(of)
    found = []
    for name, form in after.object_shapes.items():
        if name != of:
            x, y, _ = vectors.subtract(after.position(name), here)
            found.append((math.hypot(x, y), (x, y, max(form.extents[:2]), form.extents[2])))
    nearest = [entry for _, entry in sorted(found)[:count]]
    return [number for entry in [*nearest, *[_FAR] * (count - len(nearest))] for number in entry]
