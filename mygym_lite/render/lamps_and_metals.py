"""Lamps without shadows, and metals: they reflect sun, lamps, sky and ground in their own colour.

These passes run only in scenes that have a lamp or a metal.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel
from mygym_lite.render.interpolation import (
    BLUE,
    EXTRA_BLUE,
    EXTRA_GREEN,
    EXTRA_RED,
    FADE,
    GLOSS,
    GREEN,
    HORIZON,
    LIT,
    METAL,
    MIRROR,
    MIRRORED,
    NX,
    NY,
    NZ,
    POWER,
    RED,
    STRIDE,
)


@kernel
def compute_extra_light(triangle_ids, row, intrinsics, pose, material_of, metals, lighting, scratch):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Compute what lamps and metals add to a row, and remove the share of metal from its other light."""
    pixels, width, lights = scratch.pixels, triangle_ids.shape[0], lighting.lights
    f = np.float32
    for c in range(width):
        pixels[EXTRA_RED + c] = pixels[EXTRA_GREEN + c] = pixels[EXTRA_BLUE + c] = f(0.0)
        pixels[METAL + c] = f(0.0)
    if len(metals) > 0:
        _write_metals(triangle_ids, material_of, metals, pixels)
        _add_light(row, width, intrinsics, pose, lights[0], lights[1], True, pixels)
        _add_reflections(width, lights, pixels)
    for lamp in range(len(lighting.lamps)):
        _add_light(row, width, intrinsics, pose, lighting.lamps[lamp, 0], lighting.lamps[lamp, 1], False, pixels)
    if len(metals) > 0:
        _remove_metals(width, pixels)


@kernel
def add_extra_light(triangle_ids, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Add the extra light of a row to its colours, less where the floor fades out."""
    for k in range(3):
        for c in range(len(triangle_ids)):
            if triangle_ids[c] >= 0:
                share = np.float32(1.0) - pixels[FADE + c]
                pixels[RED + k * STRIDE + c] += share * pixels[EXTRA_RED + k * STRIDE + c]


@kernel
def _write_metals(triangle_ids, material_of, metals, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write the metallic parameters of a row."""
    for c in range(len(triangle_ids)):
        if triangle_ids[c] >= 0:
            metal = metals[material_of[triangle_ids[c]]]
            pixels[METAL + c], pixels[HORIZON + c] = metal[0], metal[1]


@kernel
def _add_light(row, width, intrinsics, pose, direction, color, is_sun, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Add the light of a lamp, or the reflection of the sun by metals, in single precision without branches."""
    f = np.float32
    one, none, tiny = f(1.0), f(0.0), f(1e-12)
    y, step = (row + 0.5 - intrinsics[2]) / intrinsics[0], 1.0 / intrinsics[0]
    x0 = (0.5 - intrinsics[1]) * step
    dx0, dxs = f(pose[0, 0] * x0 + pose[1, 0] * y + pose[2, 0]), f(pose[0, 0] * step)
    dy0, dys = f(pose[0, 1] * x0 + pose[1, 1] * y + pose[2, 1]), f(pose[0, 1] * step)
    dz0, dzs = f(pose[0, 2] * x0 + pose[1, 2] * y + pose[2, 2]), f(pose[0, 2] * step)
    sx, sy, sz = f(direction[0]), f(direction[1]), f(direction[2])
    red, green, blue = f(color[0]), f(color[1]), f(color[2])
    lamp = none if is_sun else one
    for c in range(width):
        x = f(np.int32(c))
        dx, dy, dz = dx0 + dxs * x, dy0 + dys * x, dz0 + dzs * x
        inverse_length = one / np.sqrt(dx * dx + dy * dy + dz * dz)
        dx, dy, dz = dx * inverse_length, dy * inverse_length, dz * inverse_length
        nx, ny, nz = pixels[NX + c], pixels[NY + c], pixels[NZ + c]
        facing = nx * sx + ny * sy + nz * sz
        direct = max(none, facing)
        toward = max(none, -(dx * nx + dy * ny + dz * nz))
        h = max(none, f(2.0) * toward * facing + dx * sx + dy * sy + dz * sz)
        power, metal = pixels[POWER + c], pixels[METAL + c]
        lobe = (power + f(2.0)) * f(0.125) * h / (power - power * h + h + tiny) * direct
        lit = lamp + (one - lamp) * pixels[LIT + c]
        tinted = lit * (metal * lobe + lamp * (one - metal) * direct)  # light in the colour of the surface
        white = lamp * (one - metal) * pixels[MIRRORED + c] * lobe
        pixels[EXTRA_RED + c] += red * (pixels[RED + c] * tinted + white)
        pixels[EXTRA_GREEN + c] += green * (pixels[GREEN + c] * tinted + white)
        pixels[EXTRA_BLUE + c] += blue * (pixels[BLUE + c] * tinted + white)


@kernel
def _add_reflections(width, lights, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Add the reflection of sky and ground by metals; the smoother, the sharper its horizon."""
    f = np.float32
    one, half, none = f(1.0), f(0.5), f(0.0)
    for k in range(3):
        below, above = f(lights[3, k]), f(lights[2, k] - lights[3, k])
        for c in range(width):
            sky = max(none, min(one, half + (pixels[MIRROR + c] - half) * pixels[HORIZON + c]))
            pixels[EXTRA_RED + k * STRIDE + c] += (
                pixels[METAL + c] * pixels[RED + k * STRIDE + c] * (below + above * sky)
            )


@kernel
def _remove_metals(width, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Remove the share of metal from diffuse light and highlights; edges keep their colourless sheen."""
    for c in range(width):
        share = np.float32(1.0) - pixels[METAL + c]
        pixels[RED + c], pixels[GREEN + c], pixels[BLUE + c] = (
            share * pixels[RED + c],
            share * pixels[GREEN + c],
            share * pixels[BLUE + c],
        )
        pixels[GLOSS + c] = share * pixels[GLOSS + c]
