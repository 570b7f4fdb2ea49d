"""Visual meshes of the humanoid in its link frames."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np

from mygym_lite.authoring.frame import Frame
from mygym_lite.authoring.hand import DIGITS, RADIUS
from mygym_lite.authoring.limb_mesh import Mesh, Section, make_ellipsoid, make_loft, make_skin, make_tube, merge_meshes


def make_body() -> dict[str, Mesh]:
    """Make chest, pelvis, neck and the light on the chest."""
    chest = [
        Section(0.125, 0.070, 0.095, 0.000, square=2.6),
        Section(0.190, 0.088, 0.122, 0.004, square=2.8),
        Section(0.320, 0.104, 0.148, 0.010, square=2.8),
        Section(0.430, 0.106, 0.158, 0.010, square=2.8),
        Section(0.505, 0.082, 0.138, 0.004, square=2.4),
        Section(0.545, 0.052, 0.068, 0.004),
    ]
    pelvis = [
        Section(-0.155, 0.060, 0.100, square=2.5),
        Section(-0.100, 0.090, 0.150, square=2.8),
        Section(-0.010, 0.090, 0.148, square=2.8),
        Section(0.070, 0.074, 0.108, square=2.4),
        Section(0.140, 0.066, 0.090, square=2.4),
    ]
    return {
        "chest": make_loft(chest, 16, 0.004),
        "pelvis": make_loft(pelvis, 12, 0.01),
        "neck": make_tube([(0.53, 0.042), (0.625, 0.038)], 8),
        "emblem": make_ellipsoid(0.008, 0.020, 0.020, 8, 1),
    }


SKULL = (
    Section(0.012, 0.050, 0.040, 0.022),
    Section(0.045, 0.078, 0.062, 0.020),
    Section(0.100, 0.096, 0.076, 0.010),
    Section(0.150, 0.098, 0.078, 0.004),
    Section(0.190, 0.080, 0.066, 0.000),
    Section(0.212, 0.045, 0.038, 0.000),
)
SKULL_SIDES = 12


def _make_visor() -> Mesh:
    """Make the visor: the front of the skull, raised by a few millimetres and sunk at its border.

    It follows the facets of the skull, so that the two do not intersect.
    """
    heights = [section.z for section in SKULL]
    rings = []
    for z, lift in ((0.058, -0.006), (0.068, 0.004), (0.100, 0.004), (0.150, 0.004), (0.166, 0.004), (0.176, -0.006)):
        half_x, half_y, x = (
            float(np.interp(z, heights, [getattr(section, name) for section in SKULL]))
            for name in ("half_x", "half_y", "x")
        )
        ring = Section(z, half_x + lift, half_y + lift, x).make_ring(SKULL_SIDES)
        inner = Section(z, half_x - 0.006, half_y - 0.006, x).make_ring(SKULL_SIDES)
        rings.append(np.concatenate([inner[-3:-2], ring[-2:], ring[:2], inner[2:3]]))
    return make_skin(rings, rings[0].mean(axis=0), rings[-1].mean(axis=0))


def make_head() -> dict[str, Mesh]:
    """Make head, visor and eyes, above the tilt axis."""
    eye = make_ellipsoid(0.005, 0.011, 0.011, 6, 1)
    eyes = merge_meshes(*(eye.transform(Frame.at(0.0955, y, 0.130, rpy=(0.0, 0.0, 19.0 * y))) for y in (0.034, -0.034)))
    return {"head": make_loft(SKULL, SKULL_SIDES, 0.008), "visor": _make_visor(), "eyes": eyes}


def make_leg() -> dict[str, Mesh]:
    """Make thigh, knee, shin and foot."""
    foot = [
        Section(-0.085, 0.030, 0.036, square=2.6),
        Section(-0.050, 0.042, 0.042, square=2.6),
        Section(0.050, 0.034, 0.046, square=2.6),
        Section(0.168, 0.016, 0.038, square=2.6),
    ]
    flat = [replace(s, x=-s.half_x, y=0.0) for s in foot]
    sole = make_loft(flat, 8).transform(Frame.at(rpy=(0.0, pi / 2.0, 0.0)))
    ankle = make_tube([(0.03, 0.042), (0.10, 0.036)], 6)
    return {
        "thigh": make_tube([(-0.36, 0.058), (-0.20, 0.074), (-0.04, 0.084), (0.03, 0.070)], 8, 0.012),
        "knee": make_ellipsoid(0.061, 0.059, 0.064, 8, 2),
        "shin": make_tube([(-0.40, 0.038), (-0.22, 0.058), (-0.06, 0.060), (-0.02, 0.050)], 8, 0.008),
        "foot": merge_meshes(sole, ankle),
    }


def make_arm() -> dict[str, Mesh]:
    """Make the arm from shoulder to wrist."""
    drum = make_tube([(-0.018, 0.046), (0.055, 0.046)], 8, 0.004)
    upper_arm = [(-0.272, 0.036), (-0.160, 0.045), (-0.055, 0.053), (0.005, 0.057), (0.038, 0.046), (0.054, 0.024)]
    return {
        "right_shoulder": drum.transform(Frame.at(rpy=(-pi / 2.0, 0.0, 0.0))),
        "upper_arm": make_tube(upper_arm, 8, 0.004),
        "elbow": make_ellipsoid(0.039, 0.039, 0.042, 8, 3),
        "forearm": make_tube([(-0.140, 0.038), (-0.070, 0.043), (-0.020, 0.036)], 8, 0.006),
        "lower_forearm": make_tube([(-0.112, 0.028), (0.0, 0.0375)], 8, 0.006),
        "cuff": make_tube([(-0.118, 0.0305), (-0.096, 0.0320)], 8),
        "wrist": make_ellipsoid(0.028, 0.028, 0.030, 8, 2),
    }


def make_hand() -> dict[str, Mesh]:
    """Make palm, thumb mount and phalanges."""
    palm = [
        Section(-0.086, 0.014, 0.037, 0.029, square=3.0),
        Section(-0.060, 0.017, 0.040, 0.027, square=3.0),
        Section(-0.030, 0.018, 0.035, 0.018, square=3.0),
        Section(-0.012, 0.016, 0.022, 0.004, square=2.5),
    ]
    mount = [
        Section(-0.090, 0.013, 0.014, -0.0315),
        Section(-0.066, 0.018, 0.020, -0.022),
        Section(-0.028, 0.016, 0.020, 0.004),
    ]
    meshes = {"right_palm": make_loft(palm, 10, 0.003), "right_thumb_mount": make_loft(mount, 8, 0.004)}
    for kind, spec in (("thumb", DIGITS[0]), ("finger", DIGITS[1])):
        joint, tip = spec.proximal, spec.distal
        meshes[f"{kind}_proximal"] = make_tube([(-joint, RADIUS * 0.92), (0.0, RADIUS)], 6, 0.006)
        profile = [(-tip + 0.003, RADIUS * 0.62), (-tip + 0.012, RADIUS * 0.97), (0.002, RADIUS * 0.97)]
        meshes[f"{kind}_distal"] = make_tube(profile, 6, 0.004)
    return meshes


def make_meshes() -> dict[str, Mesh]:
    """Make all meshes by name, with mirrored meshes for the left side."""
    right = {**make_body(), **make_head(), **make_leg(), **make_arm(), **make_hand()}
    twins = {f"left_{name[6:]}": mesh.mirror() for name, mesh in right.items() if name.startswith("right_")}
    return {**right, **twins}
