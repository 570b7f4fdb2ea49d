"""Compiled passes over a scene: move its parts, update the shadow map, rasterize a camera view."""

from __future__ import annotations

from mygym_lite.jit import kernel
from mygym_lite.render.raster import is_in_frustum, project, rasterize_parts, transform


@kernel
def move_parts(moving, poses, points, spans, spheres, part_poses, world_spheres, world_points):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Move parts (first column of ``moving``) to rows of ``poses`` (second column): position and quaternion."""
    for m in range(len(moving)):
        part, row = moving[m, 0], moving[m, 1]
        x, y, z, w = poses[row, 3], poses[row, 4], poses[row, 5], poses[row, 6]
        pose = part_poses[part]
        pose[0, 0], pose[0, 1], pose[0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)
        pose[1, 0], pose[1, 1], pose[1, 2] = 2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)
        pose[2, 0], pose[2, 1], pose[2, 2] = 2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)
        pose[0, 3], pose[1, 3], pose[2, 3] = poses[row, 0], poses[row, 1], poses[row, 2]
        transform(points, pose, spans[part, 0], spans[part, 1], world_points)
        transform(spheres, pose, part, part + 1, world_spheres)
        world_spheres[part, 3] = spheres[part, 3]


@kernel
def restore_static_shadows(rect, static, shadow_map):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Restore the region of the shadow map that the moving parts covered in the last frame."""
    for row in range(rect[2], rect[3]):
        for column in range(max(0, rect[0]), rect[1]):
            shadow_map[row, column] = static[row, column]


@kernel
def bound_moving_shadows(parts, spheres, world_to_map, rect, shadow_map):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Bound the region of the shadow map that the moving parts may cover: half-open columns and rows."""
    edge = shadow_map.shape[0]
    across = (world_to_map[0, 0] ** 2 + world_to_map[0, 1] ** 2 + world_to_map[0, 2] ** 2) ** 0.5
    down = (world_to_map[1, 0] ** 2 + world_to_map[1, 1] ** 2 + world_to_map[1, 2] ** 2) ** 0.5
    rect[0], rect[1], rect[2], rect[3] = edge, 0, edge, 0
    for part in parts:
        x, y, z, radius = spheres[part, 0], spheres[part, 1], spheres[part, 2], spheres[part, 3]
        u = world_to_map[0, 0] * x + world_to_map[0, 1] * y + world_to_map[0, 2] * z + world_to_map[0, 3]
        v = world_to_map[1, 0] * x + world_to_map[1, 1] * y + world_to_map[1, 2] * z + world_to_map[1, 3]
        rect[0] = min(rect[0], max(0, int(u - radius * across) - 1))
        rect[1] = max(rect[1], min(edge, int(u + radius * across) + 2))
        rect[2] = min(rect[2], max(0, int(v - radius * down) - 1))
        rect[3] = max(rect[3], min(edge, int(v + radius * down) + 2))


@kernel
def rasterize_scene(geometry, pose, intrinsics, scratch, outputs):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Find the triangle at every pixel; fill the scratch ``points`` with the points in the camera frame."""
    spans, spheres, triangles, world_points = geometry
    visible, points, corners, slopes, polygon = scratch
    triangle_ids, inverse_depth = outputs
    triangle_ids[:] = -1
    inverse_depth[:] = 1.0 / intrinsics[4]  # rejects everything beyond the far plane
    count = 0
    for part in range(len(spans) - 1, -1, -1):  # foreground parts are mostly declared last
        if is_in_frustum(spheres[part], spheres[part, 3], pose, intrinsics):
            transform(world_points, pose, spans[part, 0], spans[part, 1], points)
            project(points, intrinsics, spans[part, 0], spans[part, 1], corners)
            visible[count] = part
            count += 1
    parts = visible[:count]
    rasterize_parts(parts, spans, triangles, points, corners, intrinsics, slopes, triangle_ids, inverse_depth, polygon)
