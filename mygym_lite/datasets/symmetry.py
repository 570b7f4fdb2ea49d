"""Rotational symmetries of object shapes; colours and textures are ignored."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

from mygym_lite.config.rotation import rotation_from_vector
from mygym_lite.datasets.formats.ply import load_model_mesh
from mygym_lite.datasets.triangles import sample_points
from mygym_lite.render.mesh import Array, Mesh

_TOLERANCE = 0.02  # of the object's diameter, within which shapes are equal: chamfers, flats of round meshes
_IRRATIONAL_ANGLE = math.pi * (3.0 - math.sqrt(5.0))  # maps only a shape of revolution onto itself
_FOLDS = (8, 6, 5, 4, 3, 2)


class Symmetry(NamedTuple):
    """Symmetry of a shape about the origin of its model's frame."""

    axes: tuple[int, ...]
    """Axes of continuous symmetry: 0 is x."""
    rotations: tuple[Array, ...]
    """Discrete symmetries (3, 3), up to rotations about a continuous axis and without the identity."""


@lru_cache(maxsize=256)
def find_symmetry(model: str) -> Symmetry:
    """Find the symmetry of an object's shape."""
    shape = _Shape(load_model_mesh(model))
    axes = tuple(axis for axis in range(3) if shape.is_invariant(_rotate_about(axis, _IRRATIONAL_ANGLE)))
    if len(axes) > 1:
        return Symmetry((0, 1, 2), ())
    generators: list[Array] = []
    for axis in range(3):
        candidates = (_rotate_about(axis, 2 * math.pi / folds) for folds in _FOLDS if axis not in axes)
        generators += islice(filter(shape.is_invariant, candidates), 1)
    return Symmetry(axes, _generate_group(generators, axes))


class _Shape:
    """Surface that is compared with its rotated self."""

    def __init__(self, mesh: Mesh) -> None:
        self._points = np.unique(mesh.points.round(6), axis=0)
        self._tolerance = _TOLERANCE * float(pdist(self._points).max())
        self._samples = sample_points(mesh.points[mesh.triangles], self._tolerance / 3)
        self._surface = cKDTree(self._samples)

    def is_invariant(self, rotation: Array) -> bool:
        """Return True if the rotated surface lies on the surface; its vertices alone would miss an open side."""
        return self._is_on_surface(self._points @ rotation.T) and self._is_on_surface(self._samples @ rotation.T)

    def _is_on_surface(self, points: Array) -> bool:
        distance, _ = self._surface.query(points, distance_upper_bound=2 * self._tolerance)
        return bool((distance <= self._tolerance).all())


def _rotate_about(axis: int, angle: float) -> Array:
    return rotation_from_vector(angle * np.eye(3)[axis])


def _generate_group(generators: list[Array], axes: tuple[int, ...]) -> tuple[Array, ...]:
    """Return all products of the generators but the identity, each once up to rotations about a continuous axis."""
    group = [np.eye(3)]
    for element in group:  # which grows on the way
        for generator in generators:
            if not any(_equals(generator @ element, other, axes) for other in group):
                group.append(generator @ element)
    return tuple(group[1:])


def _equals(a: Array, b: Array, axes: tuple[int, ...]) -> bool:
    """Return True for rotations that are equal, or equal up to a rotation about the continuous axis."""
    difference = a @ b.T
    if axes:
        return bool(abs(difference[axes[0], axes[0]] - 1.0) < 1e-6)
    return bool(np.allclose(difference, np.eye(3), atol=1e-6))
