"""Mass properties of a union of convex shapes at uniform density, in closed form.

The volume integrals of 1, x and x x^T are summed over the shapes; the inertia tensor follows from them as tr(S) 1 - S.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.hull import Hull, read_hull
from mygym_lite.config.shape import Shape, Vector

Array = NDArray[np.float64]
_TOLERANCE = 1e-6  # relative: off-diagonal moments of a symmetric object due to rounded angles in its file


@dataclass(frozen=True)
class MassProperties:
    """Centre of mass and principal moments of inertia, for 1 kg.

    Moments scale with mass * size**2, the centre with size.

    Attributes:
        centre: Centre of mass in the object frame, m.
        moments: Principal moments of inertia about it for a mass of 1 kg, m^2.
        axes: Principal axes as a quaternion (x, y, z, w) in the object frame, as near to its axes as they can be.
    """

    centre: Vector
    moments: Vector
    axes: tuple[float, float, float, float]


def compute_mass_properties(shapes: Sequence[Shape]) -> MassProperties:
    """Compute the mass properties of shapes of one density; overlapping volumes count twice."""
    volume, first, second = 0.0, np.zeros(3), np.zeros((3, 3))
    for shape in shapes:
        part, centre, spread = _compute_integrals(shape)
        volume += part
        first += part * centre
        second += spread + part * np.outer(centre, centre)
    centre = first / volume
    spread = second / volume - np.outer(centre, centre)
    moments, axes = _compute_principal_moments(np.trace(spread) * np.eye(3) - spread)
    return MassProperties(_to_vector(centre), _to_vector(moments), _quaternion_from_rotation(axes))


def _compute_integrals(shape: Shape) -> tuple[float, Array, Array]:
    """Return volume, centroid and the integral of x x^T about the centroid, in axes of the object frame."""
    if shape.kind == "hull":
        volume, centroid, spread = _compute_hull_integrals(read_hull(shape.mesh))
    else:
        volume, variance = _compute_primitive_integrals(shape)
        centroid, spread = np.zeros(3), volume * np.diag(variance)
    rotation = shape.rotation
    return volume, rotation @ centroid + shape.position, rotation @ spread @ rotation.T


def _compute_primitive_integrals(shape: Shape) -> tuple[float, Vector]:
    """Return the volume of a centred primitive and the mean of x^2, y^2 and z^2 over it."""
    if shape.kind == "box":
        a, b, c = shape.size
        return a * b * c, (a * a / 12, b * b / 12, c * c / 12)
    radius = shape.size[0]
    ball = 4 / 3 * math.pi * radius**3
    if shape.kind == "sphere":
        return ball, (radius**2 / 5, radius**2 / 5, radius**2 / 5)
    length = shape.size[1]
    rod = math.pi * radius**2 * length
    if shape.kind == "cylinder":
        return rod, (radius**2 / 4, radius**2 / 4, length**2 / 12)
    volume = rod + ball  # a capsule: the two caps are one ball, pulled apart by the length
    across = (rod * radius**2 / 4 + ball * radius**2 / 5) / volume
    along = (rod * length**2 / 12 + ball * (length**2 / 4 + 3 * radius * length / 8 + radius**2 / 5)) / volume
    return volume, (across, across, along)


def _compute_hull_integrals(hull: Hull) -> tuple[float, Array, Array]:
    """Return volume, centroid and central integral of x x^T as a sum over signed tetrahedra from the origin."""
    corners = hull.points[hull.triangles]
    volumes = np.linalg.det(corners) / 6
    sums = corners.sum(axis=1)
    volume = float(volumes.sum())
    centroid = volumes @ sums / (4 * volume)
    outer = np.einsum("t,tki,tkj->ij", volumes, corners, corners) + np.einsum("t,ti,tj->ij", volumes, sums, sums)
    return volume, centroid, outer / 20 - volume * np.outer(centroid, centroid)


def _compute_principal_moments(inertia: Array) -> tuple[Array, Array]:
    """Return the principal moments and a right-handed matrix of axes (columns), nearest to the object's own.

    Axes of equal moments are not unique, so an object that is symmetric up to rounding keeps its own axes exactly.
    """
    diagonal = np.diag(inertia)
    if np.abs(inertia - np.diag(diagonal)).max() <= _TOLERANCE * diagonal.max():
        return diagonal, np.eye(3)
    values, vectors = np.linalg.eigh(inertia)
    order = list(max(itertools.permutations(range(3)), key=lambda p: np.abs(np.diag(vectors[:, list(p)])).sum()))
    values, vectors = values[order], vectors[:, order]
    vectors = vectors * np.where(np.diag(vectors) < 0, -1.0, 1.0)
    if np.linalg.det(vectors) < 0:
        vectors[:, np.argmin(np.diag(vectors))] *= -1
    return values, vectors


def _quaternion_from_rotation(m: Array) -> tuple[float, float, float, float]:
    """Return the quaternion (x, y, z, w), w >= 0, of a rotation matrix by its dominant component."""
    products = np.array(
        [
            [1 + m[0, 0] - m[1, 1] - m[2, 2], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]],
            [m[0, 1] + m[1, 0], 1 - m[0, 0] + m[1, 1] - m[2, 2], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1 - m[0, 0] - m[1, 1] + m[2, 2], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1 + np.trace(m)],
        ]
    )
    row = products[int(np.argmax(np.diag(products)))]
    x, y, z, w = (row / np.linalg.norm(row) * (-1.0 if row[3] < 0 else 1.0) + 0.0).tolist()
    return x, y, z, w


def _to_vector(values: Array) -> Vector:
    x, y, z = values.tolist()
    return x, y, z
