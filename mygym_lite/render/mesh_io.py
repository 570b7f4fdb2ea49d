"""Meshes from files: Wavefront OBJ, STL and COLLADA, one clear line about what is wrong with one."""

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
    """Read a mesh once for all scenes; of a file with several materials one part, or all of them."""
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
            polygon = [_corner(text, columns) for text in rest]
            for k in range(1, len(polygon) - 1):
                corners += [polygon[0], polygon[k], polygon[k + 1]]
    index = np.array(corners, dtype=np.int64).reshape(-1, 3)
    if not len(index):
        raise ConfigError(f"{file}: holds no triangles; export it again")
    if (index[:, 1] < 0).any():
        raise ConfigError(f"{file}: has faces without normals (vn); export it with normals")
    kept, number = np.unique(index, axis=0, return_inverse=True)
    normals = _unit(np.array(columns["vn"])[kept[:, 1]])
    uvs = np.array(columns["vt"])[kept[:, 2]] if len(kept) and (kept[:, 2] >= 0).all() else None
    return Mesh(np.array(columns["v"])[kept[:, 0]], normals, uvs, number.reshape(-1, 3).astype(np.int32))


def _corner(text: str, columns: dict[str, list[list[float]]]) -> tuple[int, int, int]:
    """Indices of vertex, normal and texture coordinates from 0, -1 for what is not given."""
    words = (*text.split("/"), "", "")[:3]
    vertex, uv, normal = (
        -1 if not word else int(word) - 1 if int(word) > 0 else len(columns[name]) + int(word)
        for word, name in zip(words, ("v", "vt", "vn"), strict=True)
    )
    for name, position in (("v", vertex), ("vn", normal), ("vt", uv)):
        if position >= len(columns[name]) or (name == "v" and position < 0):
            raise ValueError(f"the face corner {text} names a {name} that is not there")
    return vertex, normal, uv


def _read_stl(file: Path) -> Mesh:
    data = file.read_bytes()
    count = int(np.frombuffer(data, "<u4", 1, 80)[0]) if len(data) >= 84 else 0
    if len(data) == 84 + 50 * count:
        rows = np.frombuffer(data, np.dtype([("numbers", "<f4", 12), ("flags", "<u2")]), count, 84)["numbers"]
        points = rows[:, 3:].astype(np.float64).reshape(-1, 3)
    else:
        words = [line.split() for line in data.decode().splitlines()]
        points = np.array([[float(x) for x in row[1:4]] for row in words if row[:1] == ["vertex"]]).reshape(-1, 3)
    return _faceted(points)


def _read_dae(file: Path, part: int | None) -> Mesh:
    parts = read_collada(file)
    chosen = parts if part is None else parts[part : part + 1]
    corners = np.concatenate([one.points for one in chosen])
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    own = np.concatenate([np.zeros_like(one.points) if one.normals is None else one.normals for one in chosen])
    missing = np.linalg.norm(own, axis=2, keepdims=True) == 0
    normals = _unit(np.where(missing, flat[:, None], own).reshape(-1, 3)).reshape(-1, 3, 3)
    solid = np.linalg.norm(flat, axis=1) > 0
    columns = [corners, normals, *_uvs(chosen)]
    rows, index = np.unique(np.concatenate(columns, axis=2)[solid].reshape(3 * solid.sum(), -1), axis=0,
                            return_inverse=True)  # fmt: skip
    uvs = rows[:, 6:] if len(columns) == 3 else None
    return Mesh(rows[:, :3], rows[:, 3:6], uvs, index.reshape(-1, 3).astype(np.int32))


def _uvs(parts: Sequence[ColladaPart]) -> list[Array]:
    """Texture coordinates, where all parts have them."""
    known = [one.uvs for one in parts if one.uvs is not None]
    return [np.concatenate(known)] if len(known) == len(parts) else []


def _faceted(points: Array) -> Mesh:
    """Each triangle with the normal of its own plane; those without area are left out."""
    corners = points.reshape(-1, 3, 3)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    solid = np.linalg.norm(across, axis=1) > 0
    normals = np.repeat(_unit(across[solid]), 3, axis=0)
    triangles: NDArray[np.int32] = np.arange(len(normals), dtype=np.int32).reshape(-1, 3)
    return Mesh(corners[solid].reshape(-1, 3), normals, None, triangles)


def _unit(vectors: Array) -> Array:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1.0)
