"""What the surface is like at every pixel of a row: facing, texture coordinates, depth, material."""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel
from mygym_lite.render.depth_and_masks import find_run_end

# Everything known about the pixels of one row of a picture lies in one array, property after property. Their distance
# is a constant, from which the compiler sees that they do not overlap, so it works on several pixels at once.
STRIDE = 8208  # px; twice the widest picture, and no power of two, which would crowd a few lines of the cache
NX, NY, NZ, U, V, Z, SPACING, RED, GREEN, BLUE, MIRRORED, POWER = range(0, 12 * STRIDE, STRIDE)
DIRECT, GLOSS, SHEEN, SKY, MIRROR, SUN_U, SUN_V, SUN_DEPTH, LIT, FADE, TOP = range(12 * STRIDE, 23 * STRIDE, STRIDE)
LENGTH = 23 * STRIDE


@kernel
def interpolate_row(numbers, row, lens, points, poses, surfaces, materials, room):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill the first twelve properties of ``room.pixels`` for one row of the picture, and ``room.texture_ids``.

    Where nothing is seen, the properties mean nothing.
    """
    focal = lens[0]
    y, first = np.float32((row + 0.5 - lens[2]) / focal), np.float32((0.5 - lens[1]) / focal)
    step = np.float32(1.0 / focal)
    column, width = np.int64(0), numbers.shape[1]
    while column < width:
        t, end = numbers[row, column], find_run_end(numbers, row, column)
        if t < 0:
            for c in range(max(0, int(column)), end):
                room.texture_ids[c] = -1
        else:
            if not room.planes_ready[t]:
                room.planes_ready[t] = True
                pose = poses[surfaces.part_of[t]]
                _plane(points, surfaces.normals, surfaces.uvs, surfaces.triangles[t], pose, room.planes[t])
            _interpolate(room.planes[t], y, first, step, column, end, room.pixels)
            paint = materials[surfaces.material_of[t]]
            _paint(paint, surfaces.density[t] * step, column, end, room.pixels, room.texture_ids)
        column = end


@kernel
def _interpolate(plane, y, first, step, start, end, pixels):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Normal, texture coordinates and depth along a run: planes over the image, times depth."""
    x0, y0, z0 = (
        plane[0, 2] + plane[0, 1] * y + plane[0, 0] * first, plane[1, 2] + plane[1, 1] * y + plane[1, 0] * first,
        plane[2, 2] + plane[2, 1] * y + plane[2, 0] * first,
    )  # fmt: skip
    u0, v0, w0 = (
        plane[3, 2] + plane[3, 1] * y + plane[3, 0] * first, plane[4, 2] + plane[4, 1] * y + plane[4, 0] * first,
        plane[5, 2] + plane[5, 1] * y + plane[5, 0] * first,
    )  # fmt: skip
    xs, ys, zs = plane[0, 0] * step, plane[1, 0] * step, plane[2, 0] * step
    us, vs, ws = plane[3, 0] * step, plane[4, 0] * step, plane[5, 0] * step
    for c in range(max(0, start), end):  # which tells the compiler that no index counts from the end
        column = np.float32(np.int32(c))
        depth = np.float32(1.0) / (w0 + ws * column)
        pixels[NX + c], pixels[NY + c] = (x0 + xs * column) * depth, (y0 + ys * column) * depth
        pixels[NZ + c], pixels[Z + c] = (z0 + zs * column) * depth, depth
        pixels[U + c], pixels[V + c] = (u0 + us * column) * depth, (v0 + vs * column) * depth


@kernel
def _paint(paint, spacing, start, end, pixels, images):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Spread the numbers of a material over a run."""
    red, green, blue, mirrored, power = paint[0], paint[1], paint[2], paint[4], paint[5]
    image = int(paint[3])
    for c in range(max(0, start), end):
        images[c] = image
        pixels[RED + c], pixels[GREEN + c], pixels[BLUE + c] = red, green, blue
        pixels[SPACING + c], pixels[MIRRORED + c], pixels[POWER + c] = spacing, mirrored, power


@kernel
def _plane(points, normals, uvs, corner, pose, plane):  # type: ignore[no-untyped-def]  # pragma: no cover
    """World normal, texture coordinates and 1, each over depth, as planes over image coordinates (x, y, 1)."""
    a, b, c = corner[0], corner[1], corner[2]
    ax, ay, az = float(points[a, 0]), float(points[a, 1]), float(points[a, 2])
    bx, by, bz = float(points[b, 0]), float(points[b, 1]), float(points[b, 2])
    cx, cy, cz = float(points[c, 0]), float(points[c, 1]), float(points[c, 2])
    px, py, pz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    qx, qy, qz = cy * az - cz * ay, cz * ax - cx * az, cx * ay - cy * ax
    rx, ry, rz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    scale = 1.0 / (ax * px + ay * py + az * pz)  # the shares of the corners, over depth, add up to one over depth
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
