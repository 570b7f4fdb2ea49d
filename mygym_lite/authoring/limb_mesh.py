"""Low-poly limb meshes: lofted cross-sections with shared vertices, smooth normals and a wrapped texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.authoring.frame import MIRROR, Frame
from mygym_lite.config.rotation import Array

TEXTURE_SIZE = 0.10
"""Length of a texture repeat on authored meshes, m."""


@dataclass(frozen=True)
class Mesh:
    """Vertices (n, 3), m, counter-clockwise triangles (m, 3), and texture coordinates (n, 2)."""

    vertices: Array
    triangles: NDArray[np.int64]
    uvs: Array

    def transform(self, frame: Frame) -> Mesh:
        """Return the mesh in the parent of a frame."""
        return Mesh(self.vertices @ frame.rotation.T + frame.position, self.triangles, self.uvs)

    def mirror(self) -> Mesh:
        """Return the mesh on the other side of the body, its triangles still facing outwards."""
        return Mesh(self.vertices @ MIRROR, self.triangles[:, ::-1], self.uvs)

    def compute_normals(self) -> Array:
        """Compute unit vertex normals, weighted by triangle area."""
        a, b, c = (self.vertices[self.triangles[:, k]] for k in range(3))
        faces = np.cross(b - a, c - a)
        normals = np.zeros_like(self.vertices)
        for k in range(3):
            np.add.at(normals, self.triangles[:, k], faces)
        return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))

    def format_obj(self) -> str:
        """Format the mesh as Wavefront OBJ."""
        lines = ["v " + _format_decimals(vertex, 5) for vertex in self.vertices]
        lines += ["vt " + _format_decimals(uv, 4) for uv in self.uvs]
        lines += ["vn " + _format_decimals(normal, 4) for normal in self.compute_normals()]
        lines += ["f " + " ".join(f"{i}/{i}/{i}" for i in face) for face in self.triangles + 1]
        return "\n".join(lines) + "\n"


def _format_decimals(values: Array, digits: int) -> str:
    """Format fixed decimals without negative zero, so that files are byte-reproducible."""
    return " ".join(f"{value:.{digits}f}" for value in np.round(values, digits) + 0.0)


def merge_meshes(*meshes: Mesh) -> Mesh:
    """Join several meshes into one."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    triangles = [mesh.triangles + offset for mesh, offset in zip(meshes, offsets, strict=True)]
    vertices, uvs = (np.concatenate([getattr(mesh, name) for mesh in meshes]) for name in ("vertices", "uvs"))
    return Mesh(vertices, np.concatenate(triangles), uvs)


@dataclass(frozen=True)
class Section:
    """One cross-section of a loft: a superellipse at constant z; exponent `square` 2 is an ellipse, 4 nearly a box."""

    z: float
    half_x: float
    half_y: float
    x: float = 0.0
    y: float = 0.0
    square: float = 2.0

    def make_ring(self, sides: int) -> Array:
        """Return the points of the section, counter-clockwise seen from above."""
        angle = 2.0 * np.pi * (np.arange(sides) + 0.5) / sides
        cosine, sine = np.cos(angle), np.sin(angle)
        power = 2.0 / self.square
        across = self.x + self.half_x * np.sign(cosine) * np.abs(cosine) ** power
        along = self.y + self.half_y * np.sign(sine) * np.abs(sine) ** power
        return np.stack([across, along, np.full(sides, self.z)], axis=1)


def make_skin(rings: Sequence[Array], bottom: Array, top: Array) -> Mesh:
    """Make a closed surface over rings of equal point count, with a pole at the bottom and the top."""
    sides, count = len(rings[0]), len(rings)
    side = np.arange(sides)
    after = (side + 1) % sides
    faces = []
    for low in range(0, (count - 1) * sides, sides):
        high = low + sides
        faces.append(np.stack([low + side, low + after, high + after], axis=1))
        faces.append(np.stack([low + side, high + after, high + side], axis=1))
    last, pole = (count - 1) * sides, count * sides
    faces.append(np.stack([after, side, np.full(sides, pole)], axis=1))
    faces.append(np.stack([last + side, last + after, np.full(sides, pole + 1)], axis=1))
    rows = [np.broadcast_to(bottom, rings[0].shape), *rings, np.broadcast_to(top, rings[-1].shape)]
    return Mesh(np.concatenate([*rings, bottom[None], top[None]]), np.concatenate(faces), _wrap_texture(np.array(rows)))


def _wrap_texture(rows: Array) -> Array:
    """Wrap a texture around rows of points, the first and last of which are poles.

    It runs from the front (+x) around both sides and meets its mirror image at the back, which needs no duplicate
    vertices along a seam and keeps the robot symmetric.
    """
    sides = rows.shape[1]
    turn = 2.0 * (np.arange(sides) + 0.5) / sides
    around = np.linalg.norm(np.roll(rows, -1, axis=1) - rows, axis=2).sum(axis=1)[1:-1].mean() / 2.0
    up = np.cumsum(np.linalg.norm(np.diff(rows, axis=0), axis=2).mean(axis=1))
    u, v = np.meshgrid(np.minimum(turn, 2.0 - turn) * around, np.concatenate([[0.0], up]))
    ring = np.stack([u, v], axis=-1)
    poles = [(around / 2.0, v[0, 0]), (around / 2.0, v[-1, 0])]
    return np.concatenate([ring[1:-1].reshape(-1, 2), poles]) / TEXTURE_SIZE


def make_loft(sections: Sequence[Section], sides: int, dome: float = 0.0) -> Mesh:
    """Make a closed loft over sections of rising z; the end caps rise by `dome`, m, at their centre."""
    first, last = sections[0], sections[-1]
    bottom, top = np.array([first.x, first.y, first.z - dome]), np.array([last.x, last.y, last.z + dome])
    return make_skin([section.make_ring(sides) for section in sections], bottom, top)


def make_tube(profile: Sequence[tuple[float, float]], sides: int, dome: float = 0.0) -> Mesh:
    """Make a round limb along z from (z, radius) pairs of rising z."""
    return make_loft([Section(z, radius, radius) for z, radius in profile], sides, dome)


def make_ellipsoid(half_x: float, half_y: float, half_z: float, sides: int, bands: int) -> Mesh:
    """Make an ellipsoid with `bands` rings between its poles."""
    latitude = np.pi * (np.arange(1, bands + 1) / (bands + 1) - 0.5)
    sections = [
        Section(float(half_z * np.sin(a)), float(half_x * np.cos(a)), float(half_y * np.cos(a))) for a in latitude
    ]
    return make_loft(sections, sides, half_z - sections[-1].z)
