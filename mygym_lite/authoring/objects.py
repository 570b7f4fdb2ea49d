"""Object meshes: visual meshes, and convex hulls of the parts that are not primitives.

The TOML files of `assets/objects` are written by hand with the same sizes; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from mygym_lite.authoring.die import make_die
from mygym_lite.authoring.objects_containers import WIDE_BOWL, make_open_box, make_ring_piece, make_shelf
from mygym_lite.authoring.objects_mesh import Mesh, format_obj, join_meshes
from mygym_lite.authoring.objects_shapes import (
    lift,
    make_block,
    make_loft,
    make_polygon,
    make_polygon_across_flats,
    make_prism,
    make_rectangle,
    make_revolution,
    sweep,
)

Maker = Callable[[], Mesh]


def write_objects(assets: Path) -> None:
    """Write the visual and hull meshes to `assets/objects/meshes`, byte-reproducibly."""
    folder = assets / "objects" / "meshes"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {**VISUALS, **HULLS}.items():
        (folder / f"{name}.obj").write_text(format_obj(make()), encoding="utf-8", newline="\n")


def make_sphere(radius: float) -> Mesh:
    """Make a sphere of rings with small polar discs."""
    return make_revolution(_make_cap_profile(radius, 0.0), sides=14)


def make_capsule(radius: float, length: float) -> Mesh:
    """Return a capsule along x."""
    return make_revolution(_make_cap_profile(radius, length), sides=14).rotate("y")


def make_brick() -> Mesh:
    """Return a brick with two rows of three studs."""
    stud = make_prism(make_polygon_across_flats(8, 0.0115), 0.006)
    studs = [stud.translate(x, y, 0.014) for x in (-0.02, 0.0, 0.02) for y in (-0.01, 0.01)]
    return join_meshes(make_block(0.06, 0.04, 0.028, 0.001).translate(z=-0.003), *studs)


def make_domino() -> Mesh:
    """Return a domino with a groove around its waist."""
    outline, small = make_rectangle(0.03, 0.06, 0.004), make_rectangle(0.027, 0.057, 0.0035)
    half = [(small, 0.0375), (outline, 0.036), (outline, 0.0015), (small, 0.0)]
    return make_loft([lift(ring, -z) for ring, z in half] + [lift(ring, z) for ring, z in half[-2::-1]])


def make_arch() -> Mesh:
    """Return a bridge block with a round opening."""
    turn = np.linspace(math.pi, 0, 9)
    opening = np.column_stack([0.023 * np.cos(turn), -0.03 + 0.032 * np.sin(turn)])
    outline = np.vstack([opening, [(0.045, -0.03), (0.045, 0.03), (-0.045, 0.03), (-0.045, -0.03)]])
    return make_prism(outline, 0.036, 0.0015).rotate("x")


def make_l_block() -> Mesh:
    """Return an L of two blocks."""
    outline = [(-0.05, -0.04), (0.05, -0.04), (0.05, -0.005), (-0.015, -0.005), (-0.015, 0.04), (-0.05, 0.04)]
    return make_prism(outline, 0.04, 0.002)


def make_tee() -> Mesh:
    """Return a T of two blocks, its bar at +y."""
    outline = [(-0.02, -0.08), (0.02, -0.08), (0.02, 0.04), (0.08, 0.04), (0.08, 0.08), (-0.08, 0.08), (-0.08, 0.04)]
    return make_prism([*outline, (-0.02, 0.04)], 0.03, 0.0015)


def make_egg() -> Mesh:
    """Return an egg along x, its blunt end at -x."""
    turns = np.linspace(0.05, 0.95, 9) * math.pi
    return make_revolution(
        [(0.0225 * math.sin(t) * (1 + 0.05 * math.cos(t)), -0.0301 * math.cos(t)) for t in turns], sides=14
    ).rotate("y")


def make_mug() -> Mesh:
    """Return a hollow mug with a handle towards +x."""
    cup = make_revolution(
        [(0.031, -0.04), (0.034, -0.036), (0.034, 0.04), (0.0295, 0.04), (0.0295, -0.032), (0.026, -0.034)], sides=16
    )
    turn = np.linspace(-0.5, 0.5, 5) * math.pi
    path = np.column_stack([0.0325 + 0.0257 * np.cos(turn), 0.002 + 0.021 * np.sin(turn)])
    handle = sweep(path, make_polygon(6, 0.005), crease=70).rotate("x")
    return join_meshes(cup, handle).translate(x=-0.0146)


def make_hammer() -> Mesh:
    """Return a hammer along x: a head with a round face and a tapered peen, a handle and a pommel."""
    octagon, wide = make_polygon_across_flats(8, 0.028), make_rectangle(0.028, 0.028, 0.005)
    rows = [(-0.04, 0.85), (-0.037, 0.95), (-0.022, 0.95), (-0.018, 0.72), (-0.0145, 0.72)]
    face = make_loft([lift(octagon, y, scale) for y, scale in rows])
    peen = make_loft([lift(wide, -0.0145), lift(wide, 0.0145), lift(wide, 0.04, (0.95, 0.3))])
    head = join_meshes(face, peen).rotate("x", -1)
    grip = [(0.008, 0.012), (0.009, 0.05), (0.0125, 0.1), (0.0105, 0.135), (0.0135, 0.158), (0.0105, 0.17)]
    handle = make_revolution(grip, sides=10).rotate("y")
    return join_meshes(head, handle).translate(x=-0.078)


def make_screwdriver() -> Mesh:
    """Return a flat-blade screwdriver along x with an octagonal handle."""
    octagon = make_polygon_across_flats(8, 0.028)
    rows = [(-0.0825, 0.72), (-0.078, 1.0), (-0.03, 1.0), (-0.018, 0.72), (-0.006, 0.9), (0.0025, 0.72)]
    handle = make_loft([lift(octagon, z, scale) for z, scale in rows])
    shaft = [(0.0, 1.0, 1.0), (0.065, 1.0, 1.0), (0.075, 0.45, 1.5), (0.0825, 0.2, 1.25)]
    blade = make_loft(
        [lift(make_polygon_across_flats(8, 0.008), z, (thin, wide)) for z, thin, wide in shaft], crease=50
    )
    return join_meshes(handle, blade).rotate("y")


def make_torus_segment() -> Mesh:
    """Return half a ring that opens towards -x."""
    turn = np.linspace(-0.5, 0.5, 13) * math.pi
    path = 0.042 * np.column_stack([np.cos(turn), np.sin(turn)])
    return sweep(path, make_polygon_across_flats(8, 0.027)).translate(x=-0.02775)


def make_dumbbell() -> Mesh:
    """Return a dumbbell along x with six-sided heads and a swollen bar."""
    head = make_prism(make_polygon_across_flats(6, 0.044), 0.028, 0.004).rotate("y")
    bar = make_revolution([(0.0105, -0.04), (0.0105, -0.03), (0.0125, 0.0), (0.0105, 0.03), (0.0105, 0.04)], sides=12)
    return join_meshes(head.translate(x=-0.052), bar.rotate("y"), head.translate(x=0.052))


def make_torus_piece() -> Mesh:
    """Return a 30 degree sector of an octagonal ring around z, centred on +x."""
    section = make_polygon_across_flats(8, 0.027)
    radius, height = 0.042 - section[:, 0], section[:, 1]
    ends = (-math.pi / 12, math.pi / 12)
    return make_loft([np.column_stack([radius * math.cos(turn), radius * math.sin(turn), height]) for turn in ends])


def _make_cap_profile(radius: float, length: float) -> list[tuple[float, float]]:
    """Return the profile of a capsule along z; length 0 gives a sphere."""
    turns = np.linspace(0.5, 3.5, 4) * math.pi / 8
    upper = [(radius * math.cos(turn), length / 2 + radius * math.sin(turn)) for turn in turns]
    return [(r, -z) for r, z in reversed(upper)] + upper


_WEDGE: Final = [(-0.04, -0.0175), (0.04, -0.0175), (0.04, -0.0135), (-0.04, 0.0175)]
_CAN: Final = [(0.0255, -0.05), (0.033, -0.043), (0.033, 0.041), (0.027, 0.05), (0.0255, 0.05), (0.025, 0.0465)]
_TIN: Final = [
    *((0.0315, -0.016), (0.033, -0.0145), (0.033, 0.003), (0.0315, 0.004)),
    *((0.0315, 0.006), (0.033, 0.007), (0.033, 0.0145), (0.0315, 0.016)),
]
_BOTTLE: Final = [
    *((0.028, -0.075), (0.03, -0.071), (0.03, 0.006), (0.026, 0.02), (0.0125, 0.036)),
    *((0.0125, 0.05), (0.015, 0.05), (0.015, 0.074), (0.0135, 0.075)),
]
_BOWL: Final = [
    *((0.022, -0.0225), (0.0265, -0.009), (0.037, 0.0225)),
    *((0.0335, 0.0225), (0.0235, -0.007), (0.016, -0.0165)),
]
_PUCK: Final = [
    *((0.0285, -0.0125), (0.03, -0.011), (0.03, 0.011)),
    *((0.0285, 0.0125), (0.0225, 0.0125), (0.0215, 0.0115)),
]
_SPOOL: Final = [
    *((0.0275, -0.027), (0.029, -0.0255), (0.029, -0.019), (0.019, -0.0165)),
    *((0.019, 0.0165), (0.029, 0.019), (0.029, 0.0255), (0.0275, 0.027)),
]

VISUALS: Final[Mapping[str, Maker]] = {
    "arch": make_arch,
    "ball": lambda: make_sphere(0.03),
    "ball_small": lambda: make_sphere(0.0215),
    "belt": lambda: make_block(0.6, 0.14, 0.02, 0.004),
    "bin": lambda: make_open_box(0.16, 0.16, 0.06, wall=0.005),
    "bottle": lambda: make_revolution(_BOTTLE, sides=14),
    "bowl": lambda: make_revolution(_BOWL, sides=18),
    "bowl_wide": lambda: make_revolution(WIDE_BOWL, sides=20),
    "box": lambda: make_block(0.065, 0.045, 0.09, 0.001),
    "brick": make_brick,
    "can": lambda: make_revolution(_CAN, sides=20),
    "capsule": lambda: make_capsule(0.018, 0.05),
    "crate": lambda: make_open_box(0.12, 0.2, 0.03, wall=0.008),
    "cube": lambda: make_block(0.045, 0.045, 0.045, 0.003),
    "cube_small": lambda: make_block(0.032, 0.032, 0.032, 0.002),
    "cuboid": lambda: make_block(0.1, 0.04, 0.04, 0.002),
    "cylinder": lambda: make_revolution([(0.0205, -0.04), (0.022, -0.0385), (0.022, 0.0385), (0.0205, 0.04)], sides=20),
    "cylinder_flat": lambda: make_revolution(_TIN, sides=16),
    "die": make_die,
    "domino": make_domino,
    "dumbbell": make_dumbbell,
    "egg": make_egg,
    "hammer": make_hammer,
    "l_block": make_l_block,
    "mug": make_mug,
    "prism": lambda: make_prism(make_polygon_across_flats(6, 0.044), 0.05, 0.002),
    "puck": lambda: make_revolution(_PUCK, sides=20),
    "screwdriver": make_screwdriver,
    "shelf": make_shelf,
    "slab": lambda: make_block(0.08, 0.055, 0.03, 0.003),
    "spool": lambda: make_revolution(_SPOOL, sides=16),
    "tee": make_tee,
    "torus_segment": make_torus_segment,
    "tray": lambda: make_open_box(0.24, 0.18, 0.025, wall=0.004),
    "wedge": lambda: make_prism(_WEDGE, 0.04, 0.0015).rotate("x"),
}
HULLS: Final[Mapping[str, Maker]] = {
    "bottle_shoulder": lambda: make_revolution([(0.03, -0.0125), (0.015, 0.0125)], sides=16),
    "bowl_wall": lambda: make_ring_piece((0.0185, 0.0235, -0.0195), (0.0325, 0.0375, 0.0195)),
    "bowl_wide_wall": lambda: make_ring_piece((0.052, 0.058, -0.022), (0.066, 0.072, 0.022)),
    "dumbbell_head": lambda: make_prism(make_polygon_across_flats(6, 0.044), 0.028).rotate("y"),
    "mug_wall": lambda: make_ring_piece((0.029, 0.0346, -0.037), (0.029, 0.0346, 0.037)),
    "prism_hull": lambda: make_prism(make_polygon_across_flats(6, 0.044), 0.05),
    "screwdriver_handle": lambda: make_prism(make_polygon_across_flats(8, 0.028), 0.085).rotate("y"),
    "torus_piece": make_torus_piece,
    "wedge_hull": lambda: make_prism(_WEDGE, 0.04).rotate("x"),
}
