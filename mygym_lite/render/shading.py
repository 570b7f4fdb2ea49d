"""Colours of a picture, row by row: sun and sky on the surface, its gloss, what the shade takes, and the distance."""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel
from mygym_lite.render.interpolation import (
    DIRECT,
    FADE,
    GLOSS,
    LIT,
    MIRROR,
    MIRRORED,
    NX,
    NY,
    NZ,
    POWER,
    RED,
    SHEEN,
    SKY,
    SPACING,
    STRIDE,
    SUN_DEPTH,
    SUN_U,
    SUN_V,
    TOP,
    Z,
    interpolate_row,
)
from mygym_lite.render.shadow_map import sample_shadow_map
from mygym_lite.render.texture import apply_textures

SHADOW_BIAS = 0.002  # m; a surface does not shade itself by rounding
_FADE_FROM, _FADE_TO = 4.0, 14.0  # m²; squared distance from the middle of the world where the floor begins to vanish


@kernel
def shade(numbers, points, lens, pose, poses, surfaces, paints, lighting, exposure, encode, room, colors):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Colours of every pixel; ``points`` are in the camera's frame, ``pose`` is the camera's, ``poses`` the parts'."""
    reset_scratch(pose, room)
    for row in range(numbers.shape[0]):
        interpolate_row(numbers, row, lens, points, poses, surfaces, paints.materials, room)
        _illuminate(
            row, numbers.shape[1], lens, pose, room.camera_position, lighting.world_to_map, lighting.lights, room.pixels
        )
        _darken(numbers[row], lighting.shadow_map, lighting.lights[6, 0], lighting.filter_radius, room.pixels)
        apply_textures(numbers.shape[1], paints.texels, paints.textures, room.texture_ids, room.pixels)
        _mix(numbers[row], lighting.lights, room.pixels)
        _write(encode, np.float32(exposure), room.pixels, colors[row])


@kernel
def reset_scratch(pose, room):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Forget the last picture, and note where the eye is."""
    room.planes_ready[:] = False
    for k in range(3):
        room.camera_position[k] = -(pose[0, k] * pose[0, 3] + pose[1, k] * pose[1, 3] + pose[2, k] * pose[2, 3])


@kernel
def compute_normals(numbers, points, lens, pose, poses, surfaces, materials, room, normals):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Unit normals of every pixel, in the world; zero where nothing is seen."""
    reset_scratch(pose, room)
    pixels = room.pixels
    for row in range(numbers.shape[0]):
        interpolate_row(numbers, row, lens, points, poses, surfaces, materials, room)
        for c in range(numbers.shape[1]):
            normals[row, c, 0] = normals[row, c, 1] = normals[row, c, 2] = 0.0
            if numbers[row, c] >= 0:
                x, y, z = pixels[NX + c], pixels[NY + c], pixels[NZ + c]
                length = np.sqrt(x * x + y * y + z * z)
                normals[row, c, 0], normals[row, c, 1], normals[row, c, 2] = x / length, y / length, z / length


@kernel
def _illuminate(row, width, lens, pose, eye, frame, light, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """How much of sun and sky the surface would throw back in the open, and where it lies in the sun's map.

    In single precision and without a branch, so that several pixels are worked on at once.
    """
    f = np.float32
    one, half, none, tiny = f(1.0), f(0.5), f(0.0), f(1e-12)
    y, step = (row + 0.5 - lens[2]) / lens[0], 1.0 / lens[0]
    x0 = (0.5 - lens[1]) * step
    dx0, dxs = f(pose[0, 0] * x0 + pose[1, 0] * y + pose[2, 0]), f(pose[0, 0] * step)
    dy0, dys = f(pose[0, 1] * x0 + pose[1, 1] * y + pose[2, 1]), f(pose[0, 1] * step)
    dz0, dzs = f(pose[0, 2] * x0 + pose[1, 2] * y + pose[2, 2]), f(pose[0, 2] * step)
    sx, sy, sz = f(light[0, 0]), f(light[0, 1]), f(light[0, 2])
    ex, ey, ez = f(eye[0]), f(eye[1]), f(eye[2])
    off, bias = f(light[6, 1]), f(SHADOW_BIAS)
    for c in range(width):
        x = f(np.int32(c))  # processors turn short whole numbers into fractions several at once, long ones not
        dx, dy, dz = dx0 + dxs * x, dy0 + dys * x, dz0 + dzs * x
        z = pixels[Z + c]
        px, py, pz = ex + dx * z, ey + dy * z, ez + dz * z
        unit = one / np.sqrt(dx * dx + dy * dy + dz * dz)
        dx, dy, dz = dx * unit, dy * unit, dz * unit
        nx, ny, nz = pixels[NX + c], pixels[NY + c], pixels[NZ + c]
        unit = one / np.sqrt(nx * nx + ny * ny + nz * nz + tiny)
        nx, ny, nz = nx * unit, ny * unit, nz * unit
        pixels[NX + c], pixels[NY + c], pixels[NZ + c] = nx, ny, nz
        direct = max(none, nx * sx + ny * sy + nz * sz)
        toward = max(none, -(dx * nx + dy * ny + dz * nz))
        # the sun's mirror image against where the eye is
        h = max(none, f(2.0) * toward * (nx * sx + ny * sy + nz * sz) + dx * sx + dy * sy + dz * sz)
        power, mirrored = pixels[POWER + c], pixels[MIRRORED + c]
        edge = one - toward
        edge5 = edge * edge * edge * edge * edge
        pixels[DIRECT + c] = direct
        pixels[GLOSS + c] = mirrored * (power + f(2.0)) * f(0.125) * h / (power - power * h + h + tiny) * direct
        pixels[SHEEN + c] = mirrored * (f(0.08) + f(0.6) * edge5)
        pixels[SKY + c] = half + half * nz
        pixels[MIRROR + c] = max(none, min(one, half + half * (dz + f(2.0) * toward * nz)))
        pixels[SPACING + c] = pixels[SPACING + c] * z * (f(1.7) - f(0.7) * toward)  # a slanted surface lies denser
        pixels[FADE + c] = max(none, min(one, (px * px + py * py - f(_FADE_FROM)) * f(1.0 / (_FADE_TO - _FADE_FROM))))
        pixels[TOP + c] = max(none, min(one, half + f(0.9) * dz))
        px, py, pz = px + nx * off, py + ny * off, pz + nz * off
        pixels[SUN_U + c] = f(frame[0, 0]) * px + f(frame[0, 1]) * py + f(frame[0, 2]) * pz + f(frame[0, 3])
        pixels[SUN_V + c] = f(frame[1, 0]) * px + f(frame[1, 1]) * py + f(frame[1, 2]) * pz + f(frame[1, 3])
        pixels[SUN_DEPTH + c] = f(frame[2, 0]) * px + f(frame[2, 1]) * py + f(frame[2, 2]) * pz + f(frame[2, 3]) + bias


@kernel
def _darken(numbers, sun_map, strength, reach, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    for c in range(len(numbers)):
        lit = np.float32(1.0)
        if numbers[c] >= 0 and pixels[DIRECT + c] > 0.0:
            lit = sample_shadow_map(sun_map, pixels[SUN_U + c], pixels[SUN_V + c], pixels[SUN_DEPTH + c], reach)
            lit = np.float32(1.0 - strength * (1.0 - lit))
        pixels[LIT + c] = lit


@kernel
def _mix(numbers, light, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Put light and material together; the colours replace those of the material."""
    f = np.float32
    for k in range(3):
        sun, below, above = f(light[1, k]), f(light[3, k]), f(light[2, k] - light[3, k])
        under, over = f(light[5, k]), f(light[4, k] - light[5, k])
        for c in range(len(numbers)):
            lit = pixels[LIT + c] * sun
            value = pixels[RED + k * STRIDE + c] * (below + above * pixels[SKY + c] + lit * pixels[DIRECT + c])
            value += lit * pixels[GLOSS + c] + pixels[SHEEN + c] * (below + above * pixels[MIRROR + c])
            back = under + over * pixels[TOP + c]
            pixels[RED + k * STRIDE + c] = back if numbers[c] < 0 else value + pixels[FADE + c] * (back - value)


@kernel
def _write(encode, exposure, pixels, colors):  # type: ignore[no-untyped-def]  # pragma: no cover
    steps = np.float32(len(encode) - 1)
    for c in range(len(colors)):
        for k in range(3):
            colors[c, k] = encode[int(min(np.float32(1.0), exposure * pixels[RED + k * STRIDE + c]) * steps)]


@kernel
def downsample(large, small):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Each pixel the mean of four, in a picture of twice the size."""
    for row in range(small.shape[0]):
        for column in range(small.shape[1]):
            i, j = 2 * row, 2 * column
            for c in range(3):
                total = int(large[i, j, c]) + large[i, j + 1, c] + large[i + 1, j, c] + large[i + 1, j + 1, c]
                small[row, column, c] = (total + 2) >> 2
