"""Turns that bring the shape of an object back onto itself; its colours and textures are not looked at."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

from mygym_lite.config.rotation import rotation_from_vector
from mygym_lite.datasets.formats.ply import load_model_mesh
from mygym_lite.datasets.surface import sample_points
from mygym_lite.render.mesh import Array, Mesh

_SLACK = 0.02  # of the object's diameter, within which shapes count as the same: chamfers, flats of round meshes
_ODD_ANGLE = math.pi * (3.0 - math.sqrt(5.0))  # a turn that only a round shape takes
_FOLDS = (8, 6, 5, 4, 3, 2)


class Symmetry(NamedTuple):
    """About the origin of the model's frame."""

    axes: tuple[int, ...]
    """Those about which the shape is round: 0 is x."""
    rotations: tuple[Array, ...]
    """Rotations (3, 3), without those that a round axis makes."""


@lru_cache(maxsize=256)
def find_symmetry(model: str) -> Symmetry:
    """The symmetry of an object's shape."""
    shape = _Shape(load_model_mesh(model))
    axes = tuple(axis for axis in range(3) if shape.takes(_turn(axis, _ODD_ANGLE)))
    if len(axes) > 1:
        return Symmetry((0, 1, 2), ())
    finest = (
        next((turn for folds in _FOLDS if shape.takes(turn := _turn(axis, 2 * math.pi / folds))), None)
        for axis in range(3)
        if axis not in axes
    )
    return Symmetry(axes, _made_of([turn for turn in finest if turn is not None], axes))


class _Shape:
    """Compares a surface with itself, turned."""

    def __init__(self, mesh: Mesh) -> None:
        self._points = np.unique(mesh.points.round(6), axis=0)
        self._slack = _SLACK * float(pdist(self._points).max())
        self._surface = cKDTree(sample_points(mesh.points[mesh.triangles], self._slack / 3))

    def takes(self, turn: Array) -> bool:
        """Whether every corner of the turned shape lies on it."""
        distance, _ = self._surface.query(self._points @ turn.T, distance_upper_bound=2 * self._slack)
        return bool((distance <= self._slack).all())


def _turn(axis: int, angle: float) -> Array:
    return rotation_from_vector(angle * np.eye(3)[axis])


def _made_of(turns: list[Array], axes: tuple[int, ...]) -> tuple[Array, ...]:
    """All that some turns make one after the other, each once; not what a turn about a round axis does."""
    known = [np.eye(3)]
    for one in known:  # which grows on the way
        for turn in turns:
            if not any(_same(turn @ one, other, axes) for other in known):
                known.append(turn @ one)
    return tuple(known[1:])


def _same(a: Array, b: Array, axes: tuple[int, ...]) -> bool:
    """Equal, or equal up to a turn about the round axis."""
    rest = a @ b.T
    if axes:
        return bool(abs(rest[axes[0], axes[0]] - 1.0) < 1e-6)
    return bool(np.allclose(rest, np.eye(3), atol=1e-6))
