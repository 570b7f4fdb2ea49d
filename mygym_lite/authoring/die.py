"""Die: a cube whose six faces differ in colour and in pips, so that every orientation of it can be seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from mygym_lite.authoring.objects_mesh import Mesh
from mygym_lite.authoring.objects_shapes import make_block
from mygym_lite.authoring.texture_tools import SIZE, Array, Rng, parse_color

EDGE = 0.06
"""Edge of the die, m."""
_COLUMNS, _ROWS = 3, 2  # of faces in the texture
_MARGIN = 0.02  # share of a cell that is left out along its rim, against blending with the next face
_PIP_RADIUS, _PIP_SPACING = 0.085, 0.25  # in edges
_PIP_COLOR = "22252b"
_FACES: Final = ("3568c4", "d8382f", "4fae55", "f2cf3f", "ef8a2c", "f4f2ea")
"""Colours of the faces with one to six pips, which are +z, +x, +y, -y, -x, -z: opposite pips sum up to seven.

Those of +x, +y and +z have the colours of the axes of a goal.
"""
_CELLS: Final = {(2, 1): 0, (0, 1): 1, (1, 1): 2, (1, -1): 3, (0, -1): 4, (2, -1): 5}
_PIPS: Final = (
    ((0, 0),),
    ((-1, -1), (1, 1)),
    ((-1, -1), (0, 0), (1, 1)),
    ((-1, -1), (-1, 1), (1, -1), (1, 1)),
    ((-1, -1), (-1, 1), (0, 0), (1, -1), (1, 1)),
    ((-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)),
)


def make_die() -> Mesh:
    """Make a cube with one cell of the texture on each face."""
    block = make_block(EDGE, EDGE, EDGE, 0.004)
    corners = block.points[block.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    places = [_place_triangle(triangle, normal) for triangle, normal in zip(corners, normals, strict=True)]
    return replace(block, uvs=np.array(places))


def _place_triangle(corners: Array, normal: Array) -> Array:
    """Compute the texture coordinates of a triangle on the face that it belongs to."""
    axis = int(np.argmax(np.abs(np.round(normal, 12))))
    row, column = divmod(_CELLS[axis, 1 if normal[axis] > 0.0 else -1], _COLUMNS)
    across = 0.5 + (1.0 - _MARGIN) * np.delete(corners, axis, axis=1) / EDGE
    places: Array = (across + np.array([column, row])) / np.array([_COLUMNS, _ROWS])
    return places


def make_faces(_rng: Rng) -> Array:
    """Make the texture: six faces in two rows, the first row at the bottom."""
    centres = (np.arange(SIZE) + 0.5) / SIZE
    across, up = np.meshgrid(centres * _COLUMNS, centres[::-1] * _ROWS)
    faces = _COLUMNS * up.astype(int) + across.astype(int)
    image: Array = np.array([parse_color(color) for color in _FACES])[faces]
    x, y = across % 1.0 - 0.5, up % 1.0 - 0.5
    for face, pips in enumerate(_PIPS):
        for column, row in pips:
            is_pip = np.hypot(x - _PIP_SPACING * column, y - _PIP_SPACING * row) < _PIP_RADIUS
            image[(faces == face) & is_pip] = parse_color(_PIP_COLOR)
    return image
