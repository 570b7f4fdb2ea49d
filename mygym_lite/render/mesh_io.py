"""Mesh files: Wavefront OBJ, STL and COLLADA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.collada import ColladaPart, read_collada
from mygym_lite.errors import ConfigError
from mygym_lite.render.mesh import Array, Mesh


@lru_cache(maxsize=256)
def read_mesh(path: str, part: int | None = None) -> Mesh:
    """Read and cache a mesh; ``part`` selects one material of a COLLADA file, None reads all."""
    file = Path(path)
    if not file.is_file():
        raise ConfigError(f"{path}: no such mesh; write the file, or correct 'mesh'")
    readers: dict[str, Callable[[Path], Mesh]] = {
        ".obj": _read_obj,
        ".stl": _read_stl,
        ".dae": partial(_read_dae, part=part),
    }
    if file.suffix.lower() not in readers:
        raise ConfigError(f"{path}: meshes are read from .obj, .stl and .dae; convert it")
    try:
        mesh = readers[file.suffix.lower()](file)
    except ConfigError:
        raise
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a readable mesh, {error}; export it again") from None
    if not len(mesh.triangles) or not np.isfinite(mesh.points).all():
        raise ConfigError(f"{path}: holds no triangles, or vertices that are not finite; export it again")
    return mesh


def _read_obj(file: Path) -> Mesh:
    columns: dict[str, list[list[float]]] = {"v": [], "vn": [], "vt": []}
    corners: list[tuple[int, int, int]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        word, *rest = line.split() or [""]
        if word in columns:
            columns[word].append([float(x) for x in rest[: 2 if word == "vt" else 3]])
        elif word == "f":
            polygon = [_parse_corner(text, columns) for text in rest]
            for k in range(1, len(polygon) - 1):
                corners += [polygon[0], polygon[k], polygon[k + 1]]
    index = np.array(corners, dtype=np.int64).reshape(-1, 3)
    if not len(index):
        raise ConfigError(f"{file}: holds no triangles; export it again")
    if (index[:, 1] < 0).any():
        raise ConfigError(f"{file}: has faces without normals (vn); export it with normals")
    unique, inverse = np.unique(index, axis=0, return_inverse=True)
    normals = _normalize(np.array(columns["vn"])[unique[:, 1]])
    uvs = np.array(columns["vt"])[unique[:, 2]] if len(unique) and (unique[:, 2] >= 0).all() else None
    return Mesh(np.array(columns["v"])[unique[:, 0]], normals, uvs, inverse.reshape(-1, 3).astype(np.int32))


def _parse_corner(text: str, columns: dict[str, list[list[float]]]) -> tuple[int, int, int]:
    """Return the indices of vertex, normal and texture coordinates from 0, or -1 if absent."""
    words = (*text.split("/"), "", "")[:3]
    vertex, uv, normal = (
        -1 if not word else int(word) - 1 if int(word) > 0 else len(columns[name]) + int(word)
        for word, name in zip(words, ("v", "vt", "vn"), strict=True)
    )
    for name, position in (("v", vertex), ("vn", normal), ("vt", uv)):
        if position >= len(columns[name]) or (name == "v" and position < 0):
            raise ValueError(f"the face corner {text} refers to a missing {name}")
    return vertex, normal, uv


def _read_stl(file: Path) -> Mesh:
    data = file.read_bytes()
    count = int(np.frombuffer(data, "<u4", 1, 80)[0]) if len(data) >= 84 else 0
    if len(data) == 84 + 50 * count:
        rows = np.frombuffer(data, np.dtype([("floats", "<f4", 12), ("flags", "<u2")]), count, 84)["floats"]
        points = rows[:, 3:].astype(np.float64).reshape(-1, 3)
    else:
        words = [line.split() for line in data.decode().splitlines()]
        points = np.array([[float(x) for x in row[1:4]] for row in words if row[:1] == ["vertex"]]).reshape(-1, 3)
    return _build_faceted_mesh(points)


def _read_dae(file: Path, part: int | None) -> Mesh:
    parts = read_collada(file)
    selected = parts if part is None else parts[part : part + 1]
    corners = np.concatenate([part.points for part in selected])
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    own = np.concatenate([np.zeros_like(part.points) if part.normals is None else part.normals for part in selected])
    missing = np.linalg.norm(own, axis=2, keepdims=True) == 0
    normals = _normalize(np.where(missing, face_normals[:, None], own).reshape(-1, 3)).reshape(-1, 3, 3)
    valid = np.linalg.norm(face_normals, axis=1) > 0
    columns = [corners, normals, *_collect_uvs(selected)]
    vertices = np.concatenate(columns, axis=2)[valid].reshape(3 * valid.sum(), -1)
    rows, index = np.unique(vertices, axis=0, return_inverse=True)
    uvs = rows[:, 6:] if len(columns) == 3 else None
    return Mesh(rows[:, :3], rows[:, 3:6], uvs, index.reshape(-1, 3).astype(np.int32))


def _collect_uvs(parts: Sequence[ColladaPart]) -> list[Array]:
    """Return the texture coordinates of all parts, or an empty list if any part has none."""
    uvs = [part.uvs for part in parts if part.uvs is not None]
    return [np.concatenate(uvs)] if len(uvs) == len(parts) else []


def _build_faceted_mesh(points: Array) -> Mesh:
    """Build a flat-shaded mesh without degenerate triangles."""
    corners = points.reshape(-1, 3, 3)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    valid = np.linalg.norm(cross, axis=1) > 0
    normals = np.repeat(_normalize(cross[valid]), 3, axis=0)
    triangles: NDArray[np.int32] = np.arange(len(normals), dtype=np.int32).reshape(-1, 3)
    return Mesh(corners[valid].reshape(-1, 3), normals, None, triangles)


def _normalize(vectors: Array) -> Array:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1.0)
