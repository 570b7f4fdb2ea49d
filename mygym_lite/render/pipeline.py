"""The passes over a scene, each in one call: move its parts, cast their shadows, look through a camera."""

from __future__ import annotations

from mygym_lite.jit import kernel
from mygym_lite.render.raster import is_in_frustum, project, rasterize_parts, transform


@kernel
def move_parts(moving, poses, points, spans, balls, turned, placed, world):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Bring parts (first column of ``moving``) to the poses in rows (second column), a position and a quaternion."""
    for m in range(len(moving)):
        part, row = moving[m, 0], moving[m, 1]
        x, y, z, w = poses[row, 3], poses[row, 4], poses[row, 5], poses[row, 6]
        pose = turned[part]
        pose[0, 0], pose[0, 1], pose[0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)
        pose[1, 0], pose[1, 1], pose[1, 2] = 2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)
        pose[2, 0], pose[2, 1], pose[2, 2] = 2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)
        pose[0, 3], pose[1, 3], pose[2, 3] = poses[row, 0], poses[row, 1], poses[row, 2]
        transform(points, pose, spans[part, 0], spans[part, 1], world)
        transform(balls, pose, part, part + 1, placed)
        placed[part, 3] = balls[part, 3]


@kernel
def restore_static_shadows(rect, static, sun_map):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Take the moving shadows of the last frame away."""
    for row in range(rect[2], rect[3]):
        for column in range(max(0, rect[0]), rect[1]):
            sun_map[row, column] = static[row, column]


@kernel
def bound_moving_shadows(parts, balls, frame, rect, sun_map):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Which part of the sun's map the moving parts may touch: columns and rows, the last ones excluded."""
    edge = sun_map.shape[0]
    across = (frame[0, 0] ** 2 + frame[0, 1] ** 2 + frame[0, 2] ** 2) ** 0.5
    down = (frame[1, 0] ** 2 + frame[1, 1] ** 2 + frame[1, 2] ** 2) ** 0.5
    rect[0], rect[1], rect[2], rect[3] = edge, 0, edge, 0
    for part in parts:
        x, y, z, radius = balls[part, 0], balls[part, 1], balls[part, 2], balls[part, 3]
        u = frame[0, 0] * x + frame[0, 1] * y + frame[0, 2] * z + frame[0, 3]
        v = frame[1, 0] * x + frame[1, 1] * y + frame[1, 2] * z + frame[1, 3]
        rect[0] = min(rect[0], max(0, int(u - radius * across) - 1))
        rect[1] = max(rect[1], min(edge, int(u + radius * across) + 2))
        rect[2] = min(rect[2], max(0, int(v - radius * down) - 1))
        rect[3] = max(rect[3], min(edge, int(v + radius * down) + 2))


@kernel
def rasterize_scene(  # type: ignore[no-untyped-def]  # pragma: no cover
    spans, balls, triangles, world, pose, lens, visible, seen, corners, slopes, numbers, nearness, polygon
):
    """Find the triangle at every pixel; ``seen`` becomes the points in the frame of the camera."""
    numbers[:] = -1
    nearness[:] = 1.0 / lens[4]  # so nothing beyond the far plane is ever nearer
    count = 0
    for part in range(len(spans) - 1, -1, -1):  # what stands in front is mostly declared last
        if is_in_frustum(balls[part], balls[part, 3], pose, lens):
            transform(world, pose, spans[part, 0], spans[part, 1], seen)
            project(seen, lens, spans[part, 0], spans[part, 1], corners)
            visible[count] = part
            count += 1
    rasterize_parts(visible[:count], spans, triangles, seen, corners, lens, slopes, numbers, nearness, polygon)
