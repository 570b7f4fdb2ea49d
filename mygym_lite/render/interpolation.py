"""Perspective-correct interpolation of surface attributes along a row: normal, uv, depth, material."""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel
from mygym_lite.render.depth_and_masks import find_run_end

# The attributes of all pixels of a row lie in one array, attribute after attribute. Their constant distance proves to
# the compiler that they do not overlap, so that it vectorizes the loops.
STRIDE = 8208  # px; twice the widest image; not a power of two, to avoid cache conflicts
NX, NY, NZ, U, V, Z, SPACING, RED, GREEN, BLUE, MIRRORED, POWER = range(0, 12 * STRIDE, STRIDE)
DIRECT, GLOSS, SHEEN, SKY, MIRROR, SUN_U, SUN_V, SUN_DEPTH, LIT, FADE, TOP = range(12 * STRIDE, 23 * STRIDE, STRIDE)
METAL, HORIZON, EXTRA_RED, EXTRA_GREEN, EXTRA_BLUE = range(23 * STRIDE, 28 * STRIDE, STRIDE)
LENGTH = 28 * STRIDE


@kernel
def interpolate_row(triangle_ids, row, intrinsics, points, poses, surfaces, materials, scratch):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill the first twelve attributes of ``scratch.pixels`` and ``scratch.texture_ids`` for one image row.

    Attributes of background pixels are undefined.
    """
    focal = intrinsics[0]
    y, first = np.float32((row + 0.5 - intrinsics[2]) / focal), np.float32((0.5 - intrinsics[1]) / focal)
    step = np.float32(1.0 / focal)
    column, width = np.int64(0), triangle_ids.shape[1]
    while column < width:
        t, end = triangle_ids[row, column], find_run_end(triangle_ids, row, column)
        if t < 0:
            for c in range(max(0, int(column)), end):
                scratch.texture_ids[c] = -1
        else:
            if not scratch.planes_ready[t]:
                scratch.planes_ready[t] = True
                pose = poses[surfaces.part_of[t]]
                _compute_planes(points, surfaces.normals, surfaces.uvs, surfaces.triangles[t], pose, scratch.planes[t])
            _interpolate(scratch.planes[t], y, first, step, column, end, scratch.pixels)
            material = materials[surfaces.material_of[t]]
            _write_material(material, surfaces.density[t] * step, column, end, scratch.pixels, scratch.texture_ids)
        column = end


@kernel
def _interpolate(plane, y, first, step, start, end, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Interpolate normal, texture coordinates and depth along a run: planes over the image, times depth."""
    x0 = plane[0, 2] + plane[0, 1] * y + plane[0, 0] * first
    y0 = plane[1, 2] + plane[1, 1] * y + plane[1, 0] * first
    z0 = plane[2, 2] + plane[2, 1] * y + plane[2, 0] * first
    u0 = plane[3, 2] + plane[3, 1] * y + plane[3, 0] * first
    v0 = plane[4, 2] + plane[4, 1] * y + plane[4, 0] * first
    w0 = plane[5, 2] + plane[5, 1] * y + plane[5, 0] * first
    xs, ys, zs = plane[0, 0] * step, plane[1, 0] * step, plane[2, 0] * step
    us, vs, ws = plane[3, 0] * step, plane[4, 0] * step, plane[5, 0] * step
    for c in range(max(0, start), end):  # proves to the compiler that no index is negative
        column = np.float32(np.int32(c))
        depth = np.float32(1.0) / (w0 + ws * column)
        pixels[NX + c], pixels[NY + c] = (x0 + xs * column) * depth, (y0 + ys * column) * depth
        pixels[NZ + c], pixels[Z + c] = (z0 + zs * column) * depth, depth
        pixels[U + c], pixels[V + c] = (u0 + us * column) * depth, (v0 + vs * column) * depth


@kernel
def _write_material(material, spacing, start, end, pixels, texture_ids):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write the material parameters along a run."""
    red, green, blue, mirrored, power = material[0], material[1], material[2], material[4], material[5]
    texture = int(material[3])
    for c in range(max(0, start), end):
        texture_ids[c] = texture
        pixels[RED + c], pixels[GREEN + c], pixels[BLUE + c] = red, green, blue
        pixels[SPACING + c], pixels[MIRRORED + c], pixels[POWER + c] = spacing, mirrored, power


@kernel
def _compute_planes(points, normals, uvs, corner, pose, plane):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Compute world normal, uv and 1, each divided by depth, as planes over image coordinates (x, y, 1)."""
    a, b, c = corner[0], corner[1], corner[2]
    ax, ay, az = float(points[a, 0]), float(points[a, 1]), float(points[a, 2])
    bx, by, bz = float(points[b, 0]), float(points[b, 1]), float(points[b, 2])
    cx, cy, cz = float(points[c, 0]), float(points[c, 1]), float(points[c, 2])
    px, py, pz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    qx, qy, qz = cy * az - cz * ay, cz * ax - cx * az, cx * ay - cy * ax
    rx, ry, rz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    scale = 1.0 / (ax * px + ay * py + az * pz)  # barycentric weights, over depth, sum to inverse depth
    px, py, pz, qx, qy, qz = px * scale, py * scale, pz * scale, qx * scale, qy * scale, qz * scale
    rx, ry, rz = rx * scale, ry * scale, rz * scale
    for k in range(3):
        i = pose[k, 0] * normals[a, 0] + pose[k, 1] * normals[a, 1] + pose[k, 2] * normals[a, 2]
        j = pose[k, 0] * normals[b, 0] + pose[k, 1] * normals[b, 1] + pose[k, 2] * normals[b, 2]
        m = pose[k, 0] * normals[c, 0] + pose[k, 1] * normals[c, 1] + pose[k, 2] * normals[c, 2]
        plane[k, 0], plane[k, 1], plane[k, 2] = (
            i * px + j * qx + m * rx,
            i * py + j * qy + m * ry,
            i * pz + j * qz + m * rz,
        )
    for k in range(2):
        i, j, m = float(uvs[a, k]), float(uvs[b, k]), float(uvs[c, k])
        plane[3 + k, 0] = i * px + j * qx + m * rx
        plane[3 + k, 1] = i * py + j * qy + m * ry
        plane[3 + k, 2] = i * pz + j * qz + m * rz
    plane[5, 0], plane[5, 1], plane[5, 2] = px + qx + rx, py + qy + ry, pz + qz + rz
