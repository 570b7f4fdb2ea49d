"""Object models as PLY files: millimetres, in the frame of the poses, with normals and a colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.objects import load_object
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.visuals import build_object_visuals
from mygym_lite.errors import ConfigError
from mygym_lite.render.geometry import build_solid
from mygym_lite.render.mesh import Array, Mesh

_MM_PER_M = 1000.0
_HEADER = """ply
format ascii 1.0
comment unit: mm
element vertex {vertices}
property float x
property float y
property float z
property float nx
property float ny
property float nz
property uchar red
property uchar green
property uchar blue
element face {faces}
property list uchar int vertex_indices
end_header
"""


def load_model_mesh(model: str) -> Mesh:
    """Load the visual mesh of an object in its own frame, m; its collision shapes if it has no mesh."""
    solids = [build_solid(visual) for visual in build_object_visuals(ObjectConfig(model, (0.0, 0.0, 0.0)))]
    first = np.cumsum([0, *(len(solid.points) for solid in solids)])
    return Mesh(
        np.concatenate([solid.points for solid in solids]).astype(float),
        np.concatenate([solid.normals for solid in solids]).astype(float),
        None,
        np.concatenate([solid.triangles + start for solid, start in zip(solids, first, strict=False)]).astype(np.int32),
    )


def format_ply(model: str, scale: float = 1.0) -> str:
    """Format the PLY file of an object, with its lengths scaled."""
    mesh = load_model_mesh(model)
    color = " ".join(str(round(255 * part)) for part in load_object(model).color)
    rows = np.hstack([_MM_PER_M * scale * mesh.points, mesh.normals]).tolist()
    header = _HEADER.format(vertices=len(mesh.points), faces=len(mesh.triangles))
    vertices = (" ".join(f"{value:.5f}" for value in row) + f" {color}\n" for row in rows)
    return header + "".join(vertices) + "".join(f"3 {a} {b} {c}\n" for a, b, c in mesh.triangles.tolist())


def read_ply(path: Path) -> tuple[Array, NDArray[np.int64]]:
    """Read the points (n, 3), mm, and the triangles (m, 3) of an ASCII PLY file.

    Raises:
        ConfigError: The file is missing or invalid.
    """
    try:
        head, body = path.read_text(encoding="ascii").split("end_header\n")
        words = [line.split() for line in head.splitlines()]
        count = {row[1]: int(row[2]) for row in words if row[:1] == ["element"]}
        rows = body.splitlines()
        points = np.array([row.split()[:3] for row in rows[: count["vertex"]]], dtype=float)
        faces = np.array([row.split() for row in rows[count["vertex"] :]], dtype=np.int64)
        if faces.shape != (count["face"], 4) or faces[:, 1:].max() >= len(points) or faces.min() < 0:
            raise ValueError("holds faces that are not triangles of its points")
    except (OSError, ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a readable PLY file in text, {error}; write the dataset again") from None
    return points, faces[:, 1:]
