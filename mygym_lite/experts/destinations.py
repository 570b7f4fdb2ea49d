"""Destinations of objects: places that satisfy a success term, in world coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from mygym_lite.config.region import RegionShape
from mygym_lite.config.rotation import rotate_vector
from mygym_lite.config.state import State, Vec3
from mygym_lite.terms import relations, vectors

_GAP = 0.002  # m above the support at which an object is let go
_SLOT_COUNT = 5  # places along each axis of a region to choose from


class Destination(Protocol):
    """Place for the centre of an object."""

    @property
    def tolerance(self) -> float:
        """Horizontal error up to which the object may be let go, m."""

    @property
    def support(self) -> str | None:
        """Object that the destination lies on or in."""

    def compute_position(self, state: State, thing: str) -> Vec3:
        """Compute the place of the centre of an object in its present orientation, m."""


class RegionDestination:
    """Free place inside a region."""

    tolerance = 0.012

    def __init__(self, region: str, container: str | None, has_rim: bool) -> None:
        self._region, self.support, self._has_rim = region, container, has_rim

    def compute_position(self, state: State, thing: str) -> Vec3:
        """Choose the place that is farthest from the other objects, the middle if there are none."""
        frame, shape = state.frames[self._region], state.regions[self._region]
        floor_height = relations.compute_half_height(state, thing) + _GAP
        others = [
            vectors.rotate_inverse(frame.rotation, vectors.subtract(state.position(other), frame.position))
            for other in state.object_shapes
            if other not in (thing, self.support)
        ]
        inside = [other for other in others if shape.contains((other[0], other[1], 0.0))]
        x, y = _choose_slot(shape, inside, _compute_radius(state, thing))
        place = rotate_vector(frame.rotation, (x, y, 0.0))
        height = frame.position[2] + floor_height
        if self._has_rim:  # the palm stays above the rim; the object falls the rest
            in_hand = state.position(thing)[2] - state.position("palm")[2]
            height = max(height, frame.position[2] + shape.height + in_hand)
        return frame.position[0] + place[0], frame.position[1] + place[1], height


class SlotDestination:
    """One of several places in a row along a region that objects share; above the rim if it is in a container."""

    tolerance = 0.012

    def __init__(self, region: str, container: str | None, index: int, count: int) -> None:
        self._region, self.support, self._share = region, container, (2 * index + 1) / count - 1.0

    def compute_position(self, state: State, thing: str) -> Vec3:
        """Compute the place on the floor, or above the rim, which the open hand would touch further down."""
        frame, shape = state.frames[self._region], state.regions[self._region]
        half = shape.half_edges or (shape.radius or 0.0,) * 2
        along = (self._share * half[0], 0.0, 0.0) if half[0] >= half[1] else (0.0, self._share * half[1], 0.0)
        x, y, z = np.add(frame.position, rotate_vector(frame.rotation, along)).tolist()
        if self.support is not None:
            z = state.position(self.support)[2] + relations.compute_half_height(state, self.support)
        return x, y, z + relations.compute_half_height(state, thing) + _GAP


class TopDestination:
    """Top of another object."""

    tolerance = 0.006

    def __init__(self, of: str) -> None:
        self.support = of

    def compute_position(self, state: State, thing: str) -> Vec3:
        """Compute the place above the centre of the other object."""
        x, y, z = state.position(self.support)
        heights = relations.compute_half_height(state, self.support) + relations.compute_half_height(state, thing)
        return x, y, z + heights + _GAP


class FrameDestination:
    """Position of a frame, such as the goal; at the height of the surface if only the place on the table counts."""

    support = None
    tolerance = 0.012

    def __init__(self, frame: str, surface: float | None = None) -> None:
        self._frame, self._surface = frame, surface

    def compute_position(self, state: State, thing: str) -> Vec3:
        """Return the position of the frame, no lower than the object can be."""
        x, y, z = state.position(self._frame)
        half_height = relations.compute_half_height(state, thing) + _GAP
        return x, y, max(z, half_height) if self._surface is None else self._surface + half_height


def _compute_radius(state: State, thing: str) -> float:
    x, y, _ = state.object_shapes[thing].extents
    return 0.5 * math.hypot(x, y)


def _choose_slot(shape: RegionShape, others: Sequence[Vec3], radius: float) -> tuple[float, float]:
    """Choose the place inside a region for an object of a radius that is farthest from the others."""
    if not others:
        return 0.0, 0.0
    half = shape.half_edges or (shape.radius or 0.0,) * 2
    axes = [np.linspace(-1.0, 1.0, _SLOT_COUNT) * max(0.0, edge - radius) for edge in half]
    slots = [(float(x), float(y)) for x in axes[0] for y in axes[1] if shape.contains((float(x), float(y), 0.0))]
    return max(slots or [(0.0, 0.0)], key=lambda slot: min(math.dist(slot, other[:2]) for other in others))
