"""Visual meshes of containers and furniture, and the wall pieces of a round one."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from mygym_lite.authoring.objects_mesh import Array, Mesh, join_meshes
from mygym_lite.authoring.objects_shapes import lift, make_loft, make_prism, make_rectangle

_CORNER: Final = 0.006  # m, chamfer of the outer upright edges of an open box

WIDE_BOWL: Final = [
    *((0.046, -0.025), (0.056, -0.022), (0.0705, 0.025)),
    *((0.0645, 0.025), (0.051, -0.016), (0.046, -0.019)),
]


def make_open_box(x: float, y: float, height: float, wall: float) -> Mesh:
    """Return a box without a lid from its inner edges, the height of its rim above its floor, and its wall, m."""
    top, bottom, inner = (height + wall) / 2, -(height + wall) / 2, _CORNER - wall / 2
    outer, hollow = make_rectangle(x + 2 * wall, y + 2 * wall, _CORNER), make_rectangle(x, y, inner)
    bevel = wall / 4
    foot = make_rectangle(x + 2 * wall - 2 * bevel, y + 2 * wall - 2 * bevel, _CORNER)
    edge = make_rectangle(x + 2 * bevel, y + 2 * bevel, inner)
    rings = [(foot, bottom), (outer, bottom + bevel), (outer, top - bevel), (foot, top), (edge, top)]
    rings += [(hollow, top - bevel), (hollow, bottom + wall)]
    return make_loft([lift(ring, z) for ring, z in rings])


def make_shelf() -> Mesh:
    """Return a shelf of two compartments side by side, open towards -x, whose upper half is set back."""
    uprights = [_make_board((0.09, 0.012, 0.15), (0.045, y, 0.0)) for y in (-0.192, 0.0, 0.192)]
    dividers = [_make_board((0.09, 0.012, 0.03), (-0.045, y, -0.06), bevel=0.0) for y in (-0.192, 0.0, 0.192)]
    backs = [_make_board((0.008, 0.18, 0.15), (0.086, y, 0.0)) for y in (-0.096, 0.096)]
    bottom, top = (
        _make_board((0.18, 0.396, 0.012), (0.0, 0.0, -0.081)),
        _make_board((0.09, 0.396, 0.012), (0.045, 0.0, 0.081)),
    )
    return join_meshes(bottom, top, *uprights, *dividers, *backs)


def _make_board(size: tuple[float, float, float], centre: tuple[float, float, float], bevel: float = 0.001) -> Mesh:
    x, y, z = size
    return make_prism(make_rectangle(x, y), z, bevel).translate(*centre)


def make_ring_piece(low: tuple[float, float, float], high: tuple[float, float, float]) -> Mesh:
    """Return a 30 degree sector of a wall around z, centred on +x, from two (inner radius, outer radius, z)."""
    return make_loft([_make_sector(*low), _make_sector(*high)])


def _make_sector(inner: float, outer: float, z: float) -> Array:
    cosine, sine = math.cos(math.pi / 12), math.sin(math.pi / 12)
    corners = [(inner, -1), (outer, -1), (outer, 1), (inner, 1)]
    return np.array([(radius * cosine, side * radius * sine, z) for radius, side in corners])
