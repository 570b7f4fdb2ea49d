"""Rotations of a palm that faces down, and its turns about the vertical."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.experts.inputs import Array


def compute_heading(rotation: Array) -> float:
    """Compute the direction from thumb to fingers in the horizontal plane, rad."""
    return math.atan2(rotation[1, 0], rotation[0, 0])


def compute_turn(outward: float, rotation: Array) -> float:
    """Compute the smallest turn about the vertical after which a hand opens across a direction, rad."""
    return (outward - compute_heading(rotation)) % math.pi - 0.5 * math.pi


def compute_palm_rotation(heading: float, tilt: float) -> Array:
    """Compute the rotation of a palm that faces down.

    Args:
        heading: Direction from thumb to fingers in the horizontal plane, rad.
        tilt: Angle of the approach from the vertical towards the heading, rad.
    """
    along = np.array([math.cos(heading), math.sin(heading), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    z = math.sin(tilt) * along - math.cos(tilt) * up
    x = math.cos(tilt) * along + math.sin(tilt) * up
    return build_rotation(x, z)


def compute_leaning_rotation(heading: float, outward: float, lean: float) -> Array:
    """Compute the rotation of a palm that faces down and, once turned to open across ``outward``, leans that way."""
    rotation = compute_palm_rotation(heading, 0.0)
    turned = heading + compute_turn(outward, rotation)
    side = math.sin(outward - turned)  # 1 if outward is to the left of the heading, -1 to the right
    left, up = np.array([-math.sin(heading), math.cos(heading), 0.0]), np.array([0.0, 0.0, 1.0])
    return build_rotation(rotation[:, 0], -math.cos(lean) * up - side * math.sin(lean) * left)


def build_rotation(closing: Array, approach: Array) -> Array:
    """Build the rotation of a palm from its axes: the direction from thumb to fingers, and that of the approach."""
    return np.stack([closing, np.cross(approach, closing), approach], axis=1)
