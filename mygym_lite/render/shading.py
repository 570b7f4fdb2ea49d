"""Deferred shading, row by row: diffuse and specular light, shadows, textures, fog, sRGB output."""

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
from mygym_lite.render.lamps_and_metals import add_extra_light, compute_extra_light
from mygym_lite.render.shadow_map import sample_shadow_map
from mygym_lite.render.texture import apply_textures

SHADOW_BIAS = 0.002  # m; prevents self-shadowing by rounding
_FADE_FROM, _FADE_TO = 4.0, 14.0  # m²; squared distance from the world origin over which the floor fades out


@kernel
def shade(  # type: ignore[no-untyped-def]  # pragma: no cover
    triangle_ids, points, intrinsics, pose, poses, surfaces, materials, lighting, exposure, srgb_table, scratch, colors
):
    """Shade every pixel; ``points`` are in the camera frame, ``pose`` is world to camera, ``poses`` part to world."""
    reset_scratch(pose, scratch)
    has_extra_light = len(lighting.lamps) > 0 or len(materials.metals) > 0
    for row in range(triangle_ids.shape[0]):
        interpolate_row(triangle_ids, row, intrinsics, points, poses, surfaces, materials.materials, scratch)
        _illuminate(row, triangle_ids.shape[1], intrinsics, pose, lighting, scratch)
        _apply_shadows(
            triangle_ids[row], lighting.shadow_map, lighting.lights[6, 0], lighting.filter_radius, scratch.pixels
        )
        apply_textures(triangle_ids.shape[1], materials.texels, materials.textures, scratch.texture_ids, scratch.pixels)
        if has_extra_light:
            compute_extra_light(
                triangle_ids[row], row, intrinsics, pose, surfaces.material_of, materials.metals, lighting, scratch
            )
        _combine(triangle_ids[row], lighting.lights, scratch.pixels)
        if has_extra_light:
            add_extra_light(triangle_ids[row], scratch.pixels)
        _write_colors(srgb_table, np.float32(exposure), scratch.pixels, colors[row])


@kernel
def reset_scratch(pose, scratch):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Reset the scratch arrays for an image, and compute the camera position."""
    scratch.planes_ready[:] = False
    for k in range(3):
        scratch.camera_position[k] = -(pose[0, k] * pose[0, 3] + pose[1, k] * pose[1, 3] + pose[2, k] * pose[2, 3])


@kernel
def compute_normals(triangle_ids, points, intrinsics, pose, poses, surfaces, materials, scratch, normals):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Compute the world unit normal of every pixel; zero in the background."""
    reset_scratch(pose, scratch)
    pixels = scratch.pixels
    for row in range(triangle_ids.shape[0]):
        interpolate_row(triangle_ids, row, intrinsics, points, poses, surfaces, materials, scratch)
        for c in range(triangle_ids.shape[1]):
            normals[row, c, 0] = normals[row, c, 1] = normals[row, c, 2] = 0.0
            if triangle_ids[row, c] >= 0:
                x, y, z = pixels[NX + c], pixels[NY + c], pixels[NZ + c]
                length = np.sqrt(x * x + y * y + z * z)
                normals[row, c, 0], normals[row, c, 1], normals[row, c, 2] = x / length, y / length, z / length


@kernel
def _illuminate(row, width, intrinsics, pose, lighting, scratch):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Compute diffuse and specular factors without shadows, and the position in the shadow map.

    Single precision without branches, so that the compiler vectorizes the loop.
    """
    lights, frame, eye, pixels = lighting.lights, lighting.world_to_map, scratch.camera_position, scratch.pixels
    f = np.float32
    one, half, none, tiny = f(1.0), f(0.5), f(0.0), f(1e-12)
    y, step = (row + 0.5 - intrinsics[2]) / intrinsics[0], 1.0 / intrinsics[0]
    x0 = (0.5 - intrinsics[1]) * step
    dx0, dxs = f(pose[0, 0] * x0 + pose[1, 0] * y + pose[2, 0]), f(pose[0, 0] * step)
    dy0, dys = f(pose[0, 1] * x0 + pose[1, 1] * y + pose[2, 1]), f(pose[0, 1] * step)
    dz0, dzs = f(pose[0, 2] * x0 + pose[1, 2] * y + pose[2, 2]), f(pose[0, 2] * step)
    sx, sy, sz = f(lights[0, 0]), f(lights[0, 1]), f(lights[0, 2])
    ex, ey, ez = f(eye[0]), f(eye[1]), f(eye[2])
    off, bias = f(lights[6, 1]), f(SHADOW_BIAS)
    for c in range(width):
        x = f(np.int32(c))  # SIMD converts 32-bit integers to floats, but not 64-bit ones
        dx, dy, dz = dx0 + dxs * x, dy0 + dys * x, dz0 + dzs * x
        z = pixels[Z + c]
        px, py, pz = ex + dx * z, ey + dy * z, ez + dz * z
        inverse_length = one / np.sqrt(dx * dx + dy * dy + dz * dz)
        dx, dy, dz = dx * inverse_length, dy * inverse_length, dz * inverse_length
        nx, ny, nz = pixels[NX + c], pixels[NY + c], pixels[NZ + c]
        inverse_length = one / np.sqrt(nx * nx + ny * ny + nz * nz + tiny)
        nx, ny, nz = nx * inverse_length, ny * inverse_length, nz * inverse_length
        pixels[NX + c], pixels[NY + c], pixels[NZ + c] = nx, ny, nz
        direct = max(none, nx * sx + ny * sy + nz * sz)
        toward = max(none, -(dx * nx + dy * ny + dz * nz))
        # specular reflection of the sun towards the camera
        h = max(none, f(2.0) * toward * (nx * sx + ny * sy + nz * sz) + dx * sx + dy * sy + dz * sz)
        power, mirrored = pixels[POWER + c], pixels[MIRRORED + c]
        edge = one - toward
        edge5 = edge * edge * edge * edge * edge
        pixels[DIRECT + c] = direct
        pixels[GLOSS + c] = mirrored * (power + f(2.0)) * f(0.125) * h / (power - power * h + h + tiny) * direct
        pixels[SHEEN + c] = mirrored * (f(0.08) + f(0.6) * edge5)
        pixels[SKY + c] = half + half * nz
        pixels[MIRROR + c] = max(none, min(one, half + half * (dz + f(2.0) * toward * nz)))
        # more texels per pixel at grazing angles
        pixels[SPACING + c] = pixels[SPACING + c] * z * (f(1.7) - f(0.7) * toward)
        pixels[FADE + c] = max(none, min(one, (px * px + py * py - f(_FADE_FROM)) * f(1.0 / (_FADE_TO - _FADE_FROM))))
        pixels[TOP + c] = max(none, min(one, half + f(0.9) * dz))
        px, py, pz = px + nx * off, py + ny * off, pz + nz * off
        pixels[SUN_U + c] = f(frame[0, 0]) * px + f(frame[0, 1]) * py + f(frame[0, 2]) * pz + f(frame[0, 3])
        pixels[SUN_V + c] = f(frame[1, 0]) * px + f(frame[1, 1]) * py + f(frame[1, 2]) * pz + f(frame[1, 3])
        pixels[SUN_DEPTH + c] = f(frame[2, 0]) * px + f(frame[2, 1]) * py + f(frame[2, 2]) * pz + f(frame[2, 3]) + bias


@kernel
def _apply_shadows(triangle_ids, shadow_map, strength, filter_radius, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    for c in range(len(triangle_ids)):
        visibility = np.float32(1.0)
        if triangle_ids[c] >= 0 and pixels[DIRECT + c] > 0.0:
            visibility = sample_shadow_map(
                shadow_map, pixels[SUN_U + c], pixels[SUN_V + c], pixels[SUN_DEPTH + c], filter_radius
            )
            visibility = np.float32(1.0 - strength * (1.0 - visibility))
        pixels[LIT + c] = visibility


@kernel
def _combine(triangle_ids, lights, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Combine light and material; the resulting colours replace those of the material."""
    f = np.float32
    for k in range(3):
        sun, below, above = f(lights[1, k]), f(lights[3, k]), f(lights[2, k] - lights[3, k])
        under, over = f(lights[5, k]), f(lights[4, k] - lights[5, k])
        for c in range(len(triangle_ids)):
            sunlight = pixels[LIT + c] * sun
            value = pixels[RED + k * STRIDE + c] * (below + above * pixels[SKY + c] + sunlight * pixels[DIRECT + c])
            value += sunlight * pixels[GLOSS + c] + pixels[SHEEN + c] * (below + above * pixels[MIRROR + c])
            background = under + over * pixels[TOP + c]
            pixels[RED + k * STRIDE + c] = (
                background if triangle_ids[c] < 0 else value + pixels[FADE + c] * (background - value)
            )


@kernel
def _write_colors(srgb_table, exposure, pixels, colors):  # type: ignore[no-untyped-def]  # pragma: no cover
    steps = np.float32(len(srgb_table) - 1)
    for c in range(len(colors)):
        for k in range(3):
            colors[c, k] = srgb_table[int(min(np.float32(1.0), exposure * pixels[RED + k * STRIDE + c]) * steps)]


@kernel
def downsample(large, small):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Downsample a supersampled image: each pixel is the mean of four."""
    for row in range(small.shape[0]):
        for column in range(small.shape[1]):
            i, j = 2 * row, 2 * column
            for c in range(3):
                total = int(large[i, j, c]) + large[i, j + 1, c] + large[i + 1, j, c] + large[i + 1, j + 1, c]
                small[row, column, c] = (total + 2) >> 2
