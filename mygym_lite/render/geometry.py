"""Triangles of a scene in flat arrays, part by part; a part is a rigid body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.visuals import Material, Visual, VisualBody
from mygym_lite.errors import ConfigError
from mygym_lite.render import mesh as primitives
from mygym_lite.render.mesh import Mesh
from mygym_lite.render.mesh_io import read_mesh

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]
_NO_MATERIAL = Material((0.0, 0.0, 0.0))


@dataclass(frozen=True, eq=False)
class Solid:
    """Triangles of one visual in its link frame."""

    points: Floats
    normals: Floats
    uvs: Floats
    triangles: Integers
    density: Floats  # texture repeats per metre, for each triangle
    has_uvs: bool


@dataclass(frozen=True, eq=False)
class Geometry:
    """Triangles of all parts, independent of poses and materials."""

    points: Floats  # (n, 3), m, in the part frame
    normals: Floats
    uvs: Floats
    triangles: Integers  # (m, 3)
    density: Floats  # (m,)
    material_of: Integers  # (m,), index of the visual
    part_of: Integers  # (m,)
    spans: NDArray[np.int64]  # (parts, 4): half-open ranges of vertices and of triangles
    bounding_spheres: NDArray[np.float64]  # (parts, 4): centre and radius in the part frame, m


def extract_shapes(bodies: Sequence[VisualBody]) -> tuple[tuple[Visual, ...], ...]:
    """Return the visuals without their materials: the part that determines the geometry."""
    return tuple(tuple(replace(visual, material=_NO_MATERIAL) for visual in body.visuals) for body in bodies)


def assemble(shapes: tuple[tuple[Visual, ...], ...]) -> Geometry:
    """Concatenate the shapes of all parts."""
    parts = [[build_solid(visual) for visual in visuals] for visuals in shapes]
    solids = [solid for part in parts for solid in part]
    vertices = np.cumsum([0, *(len(solid.points) for solid in solids)])
    counts = [len(solid.triangles) for solid in solids]
    part_of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    triangles = [solid.triangles + first for solid, first in zip(solids, vertices, strict=False)]
    return Geometry(
        points=np.concatenate([solid.points for solid in solids]),
        normals=np.concatenate([solid.normals for solid in solids]),
        uvs=np.concatenate([solid.uvs for solid in solids]),
        triangles=np.concatenate(triangles).astype(np.int32),
        density=np.concatenate([solid.density for solid in solids]),
        material_of=np.repeat(np.arange(len(solids)), counts).astype(np.int32),
        part_of=np.repeat(part_of, counts).astype(np.int32),
        spans=_compute_spans([len(part) for part in parts], vertices, np.cumsum([0, *counts])),
        bounding_spheres=np.array(
            [_compute_bounding_sphere(np.concatenate([solid.points for solid in part])) for part in parts]
        ),
    )


def _compute_spans(parts: list[int], vertices: NDArray[np.int64], triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    ends = np.cumsum([0, *parts])
    first, last = ends[:-1], ends[1:]
    return np.stack([vertices[first], vertices[last], triangles[first], triangles[last]], axis=1).astype(np.int64)


def _compute_bounding_sphere(points: Floats) -> list[float]:
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    return [*map(float, centre), float(np.linalg.norm(points - centre, axis=1).max())]


@lru_cache(maxsize=1024)
def build_solid(visual: Visual) -> Solid:
    """Build the triangles of a visual from its mesh file or its sizes."""
    mesh = _build_mesh(visual).transform(
        np.array(visual.scale), rotation_from_quaternion(visual.rotation), np.array(visual.position)
    )
    uvs = np.zeros((len(mesh.points), 2)) if mesh.uvs is None else mesh.uvs
    return Solid(
        points=mesh.points.astype(np.float32),
        normals=mesh.normals.astype(np.float32),
        uvs=uvs.astype(np.float32),
        triangles=mesh.triangles,
        density=_compute_density(mesh.points, uvs, mesh.triangles).astype(np.float32),
        has_uvs=mesh.uvs is not None,
    )


def _build_mesh(visual: Visual) -> Mesh:
    if visual.kind == "mesh":
        return read_mesh(visual.mesh, visual.part)
    size, repeat = visual.size, visual.texture_size
    if visual.kind == "box":
        return primitives.build_box(size[0], size[1], size[2], repeat)
    if visual.kind == "sphere":
        return primitives.build_sphere(size[0], repeat)
    if visual.kind == "cylinder":
        return primitives.build_cylinder(size[0], size[1], repeat)
    return primitives.build_capsule(size[0], size[1], repeat)


def _compute_density(points: NDArray[np.float64], uvs: NDArray[np.float64], triangles: Integers) -> NDArray[np.float64]:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    p, q, r = (uvs[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    across = np.abs((q - p)[:, 0] * (r - p)[:, 1] - (q - p)[:, 1] * (r - p)[:, 0])
    density: NDArray[np.float64] = np.sqrt(across / np.maximum(area, 1e-12))
    return density


def require_uvs(bodies: Sequence[VisualBody]) -> None:
    """Raise ConfigError for a texture on a mesh without texture coordinates."""
    for body in bodies:
        for visual in body.visuals:
            if visual.material.texture and not build_solid(replace(visual, material=_NO_MATERIAL)).has_uvs:
                raise ConfigError(
                    f"{visual.mesh}: has no texture coordinates (vt), which texture '{visual.material.texture}' needs; "
                    'export it with them, or give it texture = ""'
                )
