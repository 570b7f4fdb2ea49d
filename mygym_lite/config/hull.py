"""Convex hulls of collision shapes: points and triangles from an OBJ file, verified to be closed and convex."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAX_DENT = 1e-4  # m; physics uses the convex hull of the points, and would silently fill a deeper dent


@dataclass(frozen=True, eq=False)
class Hull:
    """A closed convex surface.

    Attributes:
        points: Corners, m, shape (n, 3).
        triangles: Indices into `points`, counter-clockwise seen from outside, shape (m, 3).
    """

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]


@functools.lru_cache(maxsize=256)
def read_hull(path: str) -> Hull:
    """Read the hull mesh of a collision shape.

    Raises:
        ValueError: The file is missing, or its surface is open, turned inside out or not convex.
    """
    if not Path(path).is_file():
        raise ValueError(f"hull mesh {path} is missing; write the file or correct 'mesh'")
    hull = read_obj(path)
    _check_closed(hull, path)
    _check_convex(hull, path)
    return hull


def read_obj(path: str) -> Hull:
    """Read the vertices and triangles of an OBJ file; normals and texture coordinates are skipped.

    Raises:
        ValueError: The file holds no triangles, or other polygons.
    """
    rows = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    points = [[float(word) for word in row[1:4]] for row in rows if row[:1] == ["v"]]
    faces = [[int(corner.split("/")[0]) - 1 for corner in row[1:]] for row in rows if row[:1] == ["f"]]
    if not faces or any(len(face) != 3 for face in faces):
        raise ValueError(f"mesh {path} must hold triangles and nothing else; export it triangulated")
    return Hull(np.asarray(points, dtype=np.float64), np.asarray(faces, dtype=np.int64))


def count_open_edges(triangles: NDArray[np.int64]) -> int:
    """Count the edges of a surface that no neighbour shares in the opposite sense; 0 for a closed one."""
    ends: Any = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = {(int(a), int(b)) for a, b in ends}
    return sum((b, a) not in edges for a, b in edges) + len(ends) - len(edges)


def _check_closed(hull: Hull, path: str) -> None:
    gaps = count_open_edges(hull.triangles)
    if gaps:
        raise ValueError(f"hull mesh {path} has {gaps} open edges, 0 are allowed; close the surface")


def _check_convex(hull: Hull, path: str) -> None:
    a, b, c = np.moveaxis(hull.points[hull.triangles], 1, 0)
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    outside = float(np.max(hull.points @ normals.T - np.sum(a * normals, axis=1)))
    if outside > _MAX_DENT:
        raise ValueError(
            f"hull mesh {path} is not convex or is inside out: a point lies {outside * 1000:.2f} mm beyond a face, "
            f"{_MAX_DENT * 1000:g} mm is allowed; split it into convex pieces"
        )
