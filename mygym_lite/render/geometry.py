"""All triangles of a scene in a few arrays, part after part; a part is what moves as one."""

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
    """The shape of one visual, in the frame of its link."""

    points: Floats
    normals: Floats
    uvs: Floats
    triangles: Integers
    density: Floats  # repeats of a texture per metre, for each triangle
    has_uvs: bool


@dataclass(frozen=True, eq=False)
class Geometry:
    """What does not change while things move and take on colours."""

    points: Floats  # (n, 3), m, in the frame of the part
    normals: Floats
    uvs: Floats
    triangles: Integers  # (m, 3)
    density: Floats  # (m,)
    material_of: Integers  # (m,), in the order of the visuals
    part_of: Integers  # (m,)
    spans: NDArray[np.int64]  # (parts, 4): first and last vertex, first and last triangle, the last ones excluded
    bounding_spheres: NDArray[np.float64]  # (parts, 4): centre and radius of a ball around each part, in its frame


def extract_shapes(bodies: Sequence[VisualBody]) -> tuple[tuple[Visual, ...], ...]:
    """The part of the looks that decides the geometry."""
    return tuple(tuple(replace(visual, material=_NO_MATERIAL) for visual in thing.visuals) for thing in bodies)


def assemble(shapes: tuple[tuple[Visual, ...], ...]) -> Geometry:
    """Put the shapes of all parts into one."""
    solids = [[build_solid(visual) for visual in visuals] for visuals in shapes]
    flat = [one for several in solids for one in several]
    vertices = np.cumsum([0, *(len(one.points) for one in flat)])
    counts = [len(one.triangles) for one in flat]
    parts = [len(several) for several in solids]
    part_of = np.repeat(np.arange(len(solids)), parts)
    return Geometry(
        points=np.concatenate([one.points for one in flat]),
        normals=np.concatenate([one.normals for one in flat]),
        uvs=np.concatenate([one.uvs for one in flat]),
        triangles=np.concatenate([one.triangles + v for one, v in zip(flat, vertices, strict=False)]).astype(np.int32),
        density=np.concatenate([one.density for one in flat]),
        material_of=np.repeat(np.arange(len(flat)), counts).astype(np.int32),
        part_of=np.repeat(part_of, counts).astype(np.int32),
        spans=_spans(parts, vertices, np.cumsum([0, *counts])),
        bounding_spheres=np.array([_ball(np.concatenate([one.points for one in several])) for several in solids]),
    )


def _spans(parts: list[int], vertices: NDArray[np.int64], triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    ends = np.cumsum([0, *parts])
    first, last = ends[:-1], ends[1:]
    return np.stack([vertices[first], vertices[last], triangles[first], triangles[last]], axis=1).astype(np.int64)


def _ball(points: Floats) -> list[float]:
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    return [*map(float, centre), float(np.linalg.norm(points - centre, axis=1).max())]


@lru_cache(maxsize=1024)
def build_solid(visual: Visual) -> Solid:
    """The triangles of a visual; read, or made from its sizes."""
    mesh = _mesh(visual).transform(
        np.array(visual.scale), rotation_from_quaternion(visual.rotation), np.array(visual.position)
    )
    uvs = np.zeros((len(mesh.points), 2)) if mesh.uvs is None else mesh.uvs
    return Solid(
        mesh.points.astype(np.float32), mesh.normals.astype(np.float32), uvs.astype(np.float32), mesh.triangles,
        _density(mesh.points, uvs, mesh.triangles).astype(np.float32), mesh.uvs is not None,
    )  # fmt: skip


def _mesh(visual: Visual) -> Mesh:
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


def _density(points: NDArray[np.float64], uvs: NDArray[np.float64], triangles: Integers) -> NDArray[np.float64]:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    p, q, r = (uvs[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    across = np.abs((q - p)[:, 0] * (r - p)[:, 1] - (q - p)[:, 1] * (r - p)[:, 0])
    density: NDArray[np.float64] = np.sqrt(across / np.maximum(area, 1e-12))
    return density


def require_uvs(bodies: Sequence[VisualBody]) -> None:
    """Refuse a texture on a mesh that does not say where it lies."""
    for thing in bodies:
        for visual in thing.visuals:
            if visual.material.texture and not build_solid(replace(visual, material=_NO_MATERIAL)).has_uvs:
                raise ConfigError(
                    f"{visual.mesh}: has no texture coordinates (vt), which texture '{visual.material.texture}' needs; "
                    'export it with them, or give it texture = ""'
                )
