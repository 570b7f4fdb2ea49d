"""Triangle meshes with normals and texture coordinates per corner, and their byte-reproducible OBJ text."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mygym_lite.authoring.limb_mesh import TEXTURE_SIZE

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """One or more closed surfaces.

    Attributes:
        points: Shared vertices (n, 3), m.
        triangles: Vertex indices (m, 3), counter-clockwise seen from outside.
        normals: Unit normals of the corners (m, 3, 3).
        uvs: Texture coordinates of the corners (m, 3, 2), in repeats.
    """

    points: Array
    triangles: NDArray[np.int64]
    normals: Array
    uvs: Array

    def translate(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """Return the mesh translated by a distance, m."""
        return Mesh(self.points + np.array([x, y, z]), self.triangles, self.normals, self.uvs)

    def rotate(self, axis: str, quarters: int = 1) -> Mesh:
        """Return the mesh rotated by quarter turns about an axis, without rounding."""
        second, third = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
        cosine, sine = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters % 4]
        turn = np.eye(3)
        turn[[second, second, third, third], [second, third, second, third]] = cosine, -sine, sine, cosine
        return Mesh(self.points @ turn.T, self.triangles, self.normals @ turn.T, self.uvs)


def make_mesh(points: ArrayLike, triangles: ArrayLike, crease: float = 40.0) -> Mesh:
    """Make a mesh with smooth normals across edges that bend less than `crease`, deg."""
    vertices, faces = np.asarray(points, dtype=np.float64), np.asarray(triangles, dtype=np.int64)
    normals = _compute_corner_normals(vertices, faces, math.cos(math.radians(crease)))
    return Mesh(vertices, faces, normals, _project_uvs(vertices[faces]))


def join_meshes(*meshes: Mesh) -> Mesh:
    """Join meshes into one."""
    starts = np.cumsum([0] + [len(mesh.points) for mesh in meshes])
    return Mesh(
        np.concatenate([mesh.points for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.uvs for mesh in meshes]),
    )


def format_obj(mesh: Mesh) -> str:
    """Format the mesh as Wavefront OBJ, rounded to a micrometre to be reproducible."""
    points = [_format_line("v", point, 6) for point in mesh.points]
    uvs = [_format_line("vt", uv, 4) for uv in mesh.uvs.reshape(-1, 2)]
    normals = [_format_line("vn", normal, 3) for normal in mesh.normals.reshape(-1, 3)]
    uv_ids, normal_ids = ({line: k for k, line in enumerate(dict.fromkeys(lines), 1)} for lines in (uvs, normals))
    corners = zip(mesh.triangles.ravel(), uvs, normals, strict=True)
    words = [f"{vertex + 1}/{uv_ids[uv]}/{normal_ids[normal]}" for vertex, uv, normal in corners]
    faces = ["f " + " ".join(words[i : i + 3]) for i in range(0, len(words), 3)]
    return "\n".join([*points, *uv_ids, *normal_ids, *faces]) + "\n"


def _project_uvs(corners: Array) -> Array:
    """Project the texture onto each triangle along its dominant axis."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    axes = np.array([(1, 2), (0, 2), (0, 1)])[np.argmax(np.abs(np.round(across, 12)), axis=1)]
    return np.take_along_axis(corners, axes[:, None, :], axis=2) / TEXTURE_SIZE


def _compute_corner_normals(points: Array, triangles: NDArray[np.int64], cosine: float) -> Array:
    """Average the face normals around each vertex within the crease angle, weighted by corner angle."""
    corners = points[triangles]
    ahead, behind = np.roll(corners, -1, axis=1) - corners, np.roll(corners, 1, axis=1) - corners
    face = np.cross(ahead[:, 0], behind[:, 0])
    face /= np.linalg.norm(face, axis=1, keepdims=True)
    cosines = np.sum(ahead * behind, axis=2) / (np.linalg.norm(ahead, axis=2) * np.linalg.norm(behind, axis=2))
    weights = np.arccos(np.clip(cosines, -1.0, 1.0))
    normals = np.empty_like(corners)
    for t, triangle in enumerate(triangles):
        for c, vertex in enumerate(triangle):
            around, corner = np.nonzero(triangles == vertex)
            smooth = face[around] @ face[t] >= cosine
            total = weights[around[smooth], corner[smooth]] @ face[around[smooth]]
            normals[t, c] = total / np.linalg.norm(total)
    return normals


def _format_line(word: str, values: Array, digits: int) -> str:
    """Format a line of numbers; adding 0.0 avoids negative zero."""
    return " ".join([word, *(f"{round(float(value), digits) + 0.0:g}" for value in values)])
