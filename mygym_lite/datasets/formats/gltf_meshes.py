"""Meshes and textures of glTF: binary files named by their content, which all scenes share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.config.visuals import Material, Visual
from mygym_lite.files import write_bytes
from mygym_lite.render.geometry import build_solid

_NO_MATERIAL = Material((0.0, 0.0, 0.0))
_FLOAT, _UNSIGNED_INT = 5126, 5125  # component types
_VERTICES, _TRIANGLES = 34962, 34963  # targets of buffer views
_DIGEST_LENGTH = 16  # hexadecimal digits
_ATTRIBUTES = ("POSITION", "NORMAL", "TEXCOORD_0")
Record = dict[str, Any]


@dataclass(frozen=True)
class PackedMesh:
    """Triangles of one visual: points, normals, texture coordinates and indices, one after the other."""

    uri: str
    data: bytes
    vertices: int
    triangles: int
    low: tuple[float, ...]
    """Lowest corner of the bounding box, m."""
    high: tuple[float, ...]


@lru_cache(maxsize=1024)
def _pack_shape(visual: Visual) -> PackedMesh:
    solid = build_solid(visual)
    uvs = solid.uvs * np.array([1, -1], np.float32) + np.array(
        [0, 1], np.float32
    )  # glTF counts v from the top of the texture
    arrays = [solid.points.astype("<f4"), solid.normals.astype("<f4"), uvs.astype("<f4"), solid.triangles.astype("<u4")]
    data = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    return PackedMesh(
        uri=f"meshes/{_compute_digest(data)}.bin",
        data=data,
        vertices=len(solid.points),
        triangles=len(solid.triangles),
        low=tuple(solid.points.min(axis=0).tolist()),
        high=tuple(solid.points.max(axis=0).tolist()),
    )


def pack_mesh(visual: Visual) -> PackedMesh:
    """Pack the triangles of a visual in the frame of its body."""
    return _pack_shape(replace(visual, material=_NO_MATERIAL))


@lru_cache(maxsize=256)
def read_texture(path: str) -> tuple[str, bytes]:
    """Return the URI and the content of a texture."""
    data = Path(path).read_bytes()
    return f"textures/{Path(path).stem}-{_compute_digest(data)}.png", data


def _compute_digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGEST_LENGTH]


def write_shared_file(folder: Path, uri: str, data: bytes) -> None:
    """Write a file that is named by its content, unless it exists in full."""
    file = folder / uri
    if not file.is_file() or file.stat().st_size != len(data):
        write_bytes(file, data)


def add_mesh(document: Record, mesh: PackedMesh) -> Record:
    """Add the buffer of a mesh to a document, and return a primitive without its material."""
    buffer, first_view, first = (len(document[key]) for key in ("buffers", "bufferViews", "accessors"))
    document["buffers"].append({"uri": mesh.uri, "byteLength": len(mesh.data)})
    offset = 0
    for columns, count, target in (
        (3, mesh.vertices, _VERTICES),
        (3, mesh.vertices, _VERTICES),
        (2, mesh.vertices, _VERTICES),
        (3, mesh.triangles, _TRIANGLES),
    ):
        length = 4 * columns * count
        document["bufferViews"].append({"buffer": buffer, "byteOffset": offset, "byteLength": length, "target": target})
        offset += length
    for view, (kind, count) in enumerate([("VEC3", mesh.vertices)] * 2 + [("VEC2", mesh.vertices)], start=first_view):
        document["accessors"].append({"bufferView": view, "componentType": _FLOAT, "count": count, "type": kind})
    document["accessors"][first] |= {"min": list(mesh.low), "max": list(mesh.high)}
    document["accessors"].append(
        {
            "bufferView": first_view + len(_ATTRIBUTES),
            "componentType": _UNSIGNED_INT,
            "count": 3 * mesh.triangles,
            "type": "SCALAR",
        }
    )
    attributes = {name: first + index for index, name in enumerate(_ATTRIBUTES)}
    return {"attributes": attributes, "indices": first + len(_ATTRIBUTES)}
