"""Triangle meshes and primitive shapes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Vertices with normals and texture coordinates, and triangles that are counter-clockwise from outside."""

    points: Array  # (n, 3), m
    normals: Array  # (n, 3), unit length
    uvs: Array | None  # (n, 2); 1 is one repeat of a texture
    triangles: NDArray[np.int32]  # (m, 3)

    def transform(self, scale: Array, rotation: Array, position: Array) -> Mesh:
        """Return the mesh scaled along its axes, rotated, then translated."""
        normals = self.normals / scale @ rotation.T
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        triangles = self.triangles if np.prod(scale) > 0 else self.triangles[:, ::-1]
        return Mesh(self.points * scale @ rotation.T + position, normals, self.uvs, triangles)


def build_box(x: float, y: float, z: float, repeat: float) -> Mesh:
    """Build a box with flat faces and a texture that repeats every ``repeat`` metres."""
    half = np.array([x, y, z]) / 2
    points, normals, uvs = [], [], []
    for axis in range(3):
        across, up = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1.0, 1.0):
            corners = np.zeros((4, 3))
            corners[:, axis] = sign * half[axis]
            corners[:, across] = np.array([-1, 1, 1, -1]) * sign * half[across]
            corners[:, up] = np.array([-1, -1, 1, 1]) * half[up]
            points.append(corners)
            normals.append(np.tile(np.eye(3)[axis] * sign, (4, 1)))
            uvs.append(corners[:, [across, up]] / repeat)
    first = 4 * np.arange(6)[:, None]
    triangles = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    return Mesh(np.concatenate(points), np.concatenate(normals), np.concatenate(uvs), triangles.astype(np.int32))


def build_sphere(radius: float, repeat: float, sides: int = 24) -> Mesh:
    """Build a sphere."""
    return build_capsule(radius, 0.0, repeat, sides)


def build_capsule(radius: float, length: float, repeat: float, sides: int = 24) -> Mesh:
    """Build a capsule along z; ``length`` is that of its cylinder."""
    latitude = np.linspace(-math.pi / 2, math.pi / 2, sides // 2 + 2)[1:-1]
    latitude = latitude if length == 0.0 else np.concatenate([latitude[latitude <= 0], latitude[latitude >= 0]])
    z = radius * np.sin(latitude) + np.where(np.arange(len(latitude)) * 2 < len(latitude), -length / 2, length / 2)
    if length == 0.0:
        z = radius * np.sin(latitude)
    profile = np.stack([radius * np.cos(latitude), z, np.cos(latitude), np.sin(latitude)], axis=1)
    low, high = [0.0, -radius - length / 2, 0.0, -1.0], [0.0, radius + length / 2, 0.0, 1.0]
    return build_revolution(np.array([low, *profile, high]), sides, repeat)


def build_cylinder(radius: float, length: float, repeat: float, sides: int = 32) -> Mesh:
    """Build a cylinder along z with sharp rims."""
    half = length / 2
    bottom = [[0, -half, 0, -1], [radius, -half, 0, -1], [radius, -half, 1, 0]]
    top = [[radius, half, 1, 0], [radius, half, 0, 1], [0, half, 0, 1]]
    return build_revolution(np.array(bottom + top, dtype=np.float64), sides, repeat)


def build_revolution(profile: Array, sides: int, repeat: float) -> Mesh:
    """Revolve a profile about z; its rows, bottom to top, hold radius, z, and the radial and z part of the normal."""
    angle = 2 * math.pi * np.arange(sides + 1) / sides  # the seam has two vertices, one for each end of the texture
    cosine, sine = np.cos(angle), np.sin(angle)
    cosine[-1], sine[-1] = cosine[0], sine[0]
    radius, z, out, up = (profile[:, k, None] for k in range(4))
    ones = np.ones_like(cosine)
    points = np.stack([radius * cosine, radius * sine, z * ones], axis=2)
    normals = np.stack([out * cosine, out * sine, up * ones], axis=2)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(profile[:, :2], axis=0).T))])
    widest = profile[:, 0].max()
    uvs = np.stack(np.broadcast_arrays(angle * widest / repeat, length[:, None] / repeat), axis=2)
    side = np.arange(sides)
    quads = [
        np.stack([low + side, low + side + 1, low + side + sides + 2, low + side + sides + 1], axis=1)
        for low in range(0, (len(profile) - 1) * (sides + 1), sides + 1)
    ]
    corners = np.concatenate(quads)
    triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    mesh = Mesh(points.reshape(-1, 3), normals.reshape(-1, 3), uvs.reshape(-1, 2), triangles.astype(np.int32))
    a, b, c = (mesh.points[mesh.triangles[:, k]] for k in range(3))
    valid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0  # triangles at the poles have no area
    return Mesh(mesh.points, mesh.normals, mesh.uvs, mesh.triangles[valid])
