"""Planning of pushes: contacts on the outline of an object, and the motion that each of them causes.

The model is quasi-static: friction with the surface limits force and torque by an ellipsoid (a limit surface), and the
hand sticks to the object. A push velocity at a contact then determines the twist of the object.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.footprint import Footprint
from mygym_lite.config.state import State
from mygym_lite.experts.hand_profile import HandProfile
from mygym_lite.experts.inputs import Array
from mygym_lite.terms import vectors

_SPACING = 0.008  # m between contacts on an edge
_CORNER = 0.007  # m from a corner to the nearest contact
_DEVIATIONS = (0.0, -0.25, 0.25, -0.5, 0.5)  # rad between the direction of a push and the normal
_CONE = 0.7  # largest ratio of tangential and normal force
_CLEARANCE = 0.006  # m around the hand


@dataclass(frozen=True)
class Contacts:
    """Contacts and push directions in the frame of an object, one row each."""

    points: Array  # (n, 2), m
    normals: Array  # (n, 2), into the object
    directions: Array  # (n, 2), of the motion of the hand
    velocities: Array  # (n, 2), of the centroid, per m of push
    turns: Array  # (n,), rad per m of push
    centroid: Array  # (2,), m


def rotate(angle: float) -> Array:
    """Return the matrix of a rotation in the plane."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s], [s, c]])


def compute_centroid(footprint: Footprint) -> Array:
    """Compute the centre of the area of a footprint, (2,), m."""
    centroid: Array = footprint.grid.mean(axis=0)
    return centroid


def list_contacts(footprint: Footprint, hand: HandProfile, gap: float) -> Contacts:
    """List the contacts that the hand has room for, with the twist that a push causes.

    Args:
        footprint: Outline of the object from above.
        hand: Profile of the hand.
        gap: Distance from the object at which the hand comes down, m.
    """
    points, normals = _sample_outline(footprint)
    room = _has_room(footprint, points, normals, hand, gap)
    points, normals = points[room], normals[room]
    directions = np.concatenate([normals @ rotate(angle).T for angle in _DEVIATIONS])
    points, normals = np.tile(points, (len(_DEVIATIONS), 1)), np.tile(normals, (len(_DEVIATIONS), 1))
    centroid = compute_centroid(footprint)
    radius = float(np.linalg.norm(footprint.grid - centroid, axis=1).mean())  # of the limit surface
    lever = points - centroid
    across = np.stack([-lever[:, 1], lever[:, 0]], axis=1)
    turns = np.sum(across * directions, axis=1) / (radius**2 + np.sum(across**2, axis=1))
    forces = directions - across * turns[:, None]
    pressing = np.sum(forces * normals, axis=1)
    sticks = np.abs(forces[:, 0] * normals[:, 1] - forces[:, 1] * normals[:, 0]) < _CONE * pressing
    return Contacts(points[sticks], normals[sticks], directions[sticks], forces[sticks], turns[sticks], centroid)


def _sample_outline(footprint: Footprint) -> tuple[Array, Array]:
    """Sample points on the outline with their inward normals, without the seams between polygons."""
    points, normals = [], []
    for corners in footprint.polygons:
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            length = math.dist(start, end)
            along = (end - start) / length
            count = max(1, 1 + int((length - 2 * _CORNER) / _SPACING))
            margin = min(_CORNER, length / 2)
            for share in np.linspace(margin, length - margin, count) if count > 1 else [length / 2]:
                points.append(start + share * along)
                normals.append(np.array([-along[1], along[0]]))
    all_points, all_normals = np.array(points), np.array(normals)
    outer = ~footprint.contains(all_points - 5e-4 * all_normals)
    return all_points[outer], all_normals[outer]


def _has_room(footprint: Footprint, points: Array, normals: Array, hand: HandProfile, gap: float) -> Array:
    """Test for each contact that the hand touches nothing else, both there and where it comes down."""
    across = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
    free = np.ones(len(points), dtype=bool)
    for back in (_CLEARANCE, gap):
        for depth in np.linspace(0.0, 2 * hand.depth, 4):
            for aside in np.linspace(-1.0, 1.0, 5) * (hand.half_width + _CLEARANCE):
                free &= ~footprint.contains(points - (back + depth) * normals + aside * across)
    return free


def predict_poses(contacts: Contacts, state: State, thing: str, lengths: Array) -> tuple[Array, Array]:
    """Predict the centroid (n, m, 2) and the yaw (n, m) after pushes of m lengths, in the world frame."""
    yaw = vectors.compute_yaw(state.frames[thing].rotation)
    turn = rotate(yaw)
    centre = np.array(state.position(thing)[:2]) + turn @ contacts.centroid
    angles = contacts.turns[:, None] * lengths
    velocities = contacts.velocities @ turn.T
    # a constant twist moves the centroid along an arc
    half = 0.5 * angles
    c, s = np.cos(half) * np.sinc(half / np.pi), np.sin(half) * np.sinc(half / np.pi)
    x, y = velocities[:, :1] * lengths, velocities[:, 1:] * lengths
    moved = np.stack([c * x - s * y, s * x + c * y], axis=-1)
    return centre + moved, yaw + angles
