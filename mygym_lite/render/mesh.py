"""Triangle meshes as the renderer wants them, and primitives."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Vertices with a normal and texture coordinates each, and counter-clockwise triangles seen from outside."""

    points: Array  # (n, 3), m
    normals: Array  # (n, 3), unit length
    uvs: Array | None  # (n, 2); 1 is one repeat of a texture
    triangles: NDArray[np.int32]  # (m, 3)

    def transform(self, scale: Array, rotation: Array, position: Array) -> Mesh:
        """Scaled along its axes, turned, then shifted."""
        normals = self.normals / scale @ rotation.T
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        turned = self.triangles if np.prod(scale) > 0 else self.triangles[:, ::-1]
        return Mesh(self.points * scale @ rotation.T + position, normals, self.uvs, turned)


def build_box(x: float, y: float, z: float, repeat: float) -> Mesh:
    """A box with flat faces; textures lie on it life-size, a repeat every ``repeat`` metres."""
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
    """A ball."""
    return build_capsule(radius, 0.0, repeat, sides)


def build_capsule(radius: float, length: float, repeat: float, sides: int = 24) -> Mesh:
    """A cylinder of this length along z, closed by two half balls."""
    latitude = np.linspace(-math.pi / 2, math.pi / 2, sides // 2 + 2)[1:-1]
    latitude = latitude if length == 0.0 else np.concatenate([latitude[latitude <= 0], latitude[latitude >= 0]])
    z = radius * np.sin(latitude) + np.where(np.arange(len(latitude)) * 2 < len(latitude), -length / 2, length / 2)
    if length == 0.0:
        z = radius * np.sin(latitude)
    profile = np.stack([radius * np.cos(latitude), z, np.cos(latitude), np.sin(latitude)], axis=1)
    low, high = [0.0, -radius - length / 2, 0.0, -1.0], [0.0, radius + length / 2, 0.0, 1.0]
    return lathe(np.array([low, *profile, high]), sides, repeat)


def build_cylinder(radius: float, length: float, repeat: float, sides: int = 32) -> Mesh:
    """A cylinder along z, with sharp rims."""
    half = length / 2
    profile = [[0, -half, 0, -1], [radius, -half, 0, -1], [radius, -half, 1, 0], [radius, half, 1, 0],
               [radius, half, 0, 1], [0, half, 0, 1]]  # fmt: skip
    return lathe(np.array(profile, dtype=np.float64), sides, repeat)


def lathe(profile: Array, sides: int, repeat: float) -> Mesh:
    """Turn a profile about z; its rows, from below to above, are radius, z, and the normal's radial and z parts."""
    angle = 2 * math.pi * np.arange(sides + 1) / sides  # the seam has two sides, one for each end of the texture
    cosine, sine = np.cos(angle), np.sin(angle)
    cosine[-1], sine[-1] = cosine[0], sine[0]
    radius, z, out, up = (profile[:, k, None] for k in range(4))
    flat = np.ones_like(cosine)
    points = np.stack([radius * cosine, radius * sine, z * flat], axis=2)
    normals = np.stack([out * cosine, out * sine, up * flat], axis=2)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(profile[:, :2], axis=0).T))])
    widest = profile[:, 0].max()
    uvs = np.stack(np.broadcast_arrays(angle * widest / repeat, way[:, None] / repeat), axis=2)
    side = np.arange(sides)
    quads = [
        np.stack([low + side, low + side + 1, low + side + sides + 2, low + side + sides + 1], axis=1)
        for low in range(0, (len(profile) - 1) * (sides + 1), sides + 1)
    ]
    corners = np.concatenate(quads)
    triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    mesh = Mesh(points.reshape(-1, 3), normals.reshape(-1, 3), uvs.reshape(-1, 2), triangles.astype(np.int32))
    a, b, c = (mesh.points[mesh.triangles[:, k]] for k in range(3))
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0  # the poles of a profile make triangles without area
    return Mesh(mesh.points, mesh.normals, mesh.uvs, mesh.triangles[solid])
