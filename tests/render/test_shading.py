"""Shadows, normals and light, in scenes whose brightness can be calculated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from rays import centres
from render_scenes import (
    ALL_KINDS,
    FAR_AWAY,
    GREY,
    ORIGIN,
    PLATE,
    SEEDS,
    SKY,
    SUN,
    Array,
    compute_brightness,
    list_moving_parts,
    make_box,
    make_pose,
    make_renderer,
    make_top_view,
    make_view,
    sample_rotation,
    stack_poses,
    write_obj,
)

from mygym_lite.config.scenery import Light
from mygym_lite.config.state import Pose
from mygym_lite.config.visuals import Material, Visual, VisualBody
from mygym_lite.render.renderer import Quality

# --- shadows


def find_shaded_points(
    points: Array, middle: Any, size: Any, towards: Any = SUN, margin: float = 0.0
) -> NDArray[np.bool_]:
    """Return the points in the shadow of a box enlarged by a margin, m."""
    half = np.array(size) / 2 + margin
    low, high = (((middle + side * half) - points) / towards for side in (-1, 1))
    enters, leaves = np.minimum(low, high).max(axis=1), np.maximum(low, high).min(axis=1)
    return np.asarray((enters < leaves) & (leaves > 0) & (half > 0).all())


@pytest.mark.parametrize("quality", ["fast", "fine"])
@pytest.mark.parametrize("fixed", [True, False], ids=["standing", "moving"])
def test_a_box_casts_its_shadow_on_the_plate_below(quality: Quality, fixed: bool) -> None:
    """Beyond a soft edge of a few shadow-map pixels, points are fully in shadow or fully lit."""
    middle, size = (0.05, 0.1, 0.2), (0.3, 0.2, 0.08)
    pose = make_pose(*middle)
    things = [PLATE, make_box("box", size, pose if fixed else None)]
    light, view = Light(SUN), make_view((-0.9, -0.6, 1.2), (0, 0, 0), (120, 100), fov=50)
    images = make_renderer(things, [] if fixed else [pose], light, quality).draw(view, ["rgb", "mask", "depth"])
    lit = make_renderer([PLATE], (), light, quality).draw(view, ["rgb"])["rgb"]
    dark = make_renderer([PLATE], (), Light(SUN, intensity=0.0), quality).draw(view, ["rgb"])["rgb"]
    points = view.unproject(np.hstack([centres(view), images["depth"].reshape(-1, 1)]))
    plate = cv2.erode((images["mask"] == 1).astype(np.uint8), np.ones((5, 5))).ravel() > 0
    inner, outer = (find_shaded_points(points, middle, size, margin=margin) for margin in (-0.015, 0.015))
    rgb = images["rgb"].reshape(-1, 3)
    assert (plate & inner).sum() > 100
    assert (plate & ~outer).sum() > 2000
    assert np.array_equal(rgb[plate & inner], dark.reshape(-1, 3)[plate & inner])
    assert np.array_equal(rgb[plate & ~outer], lit.reshape(-1, 3)[plate & ~outer])


def test_shadow_strength_scales_the_light_that_is_blocked() -> None:
    pose, view = make_pose(0.05, 0.1, 0.25), make_top_view()
    point = view.project(np.array([[0.05, 0.1, 0.25]]) - 0.25 * np.array(SUN))[0]
    column, row = int(point[0]), int(point[1])
    found = []
    for intensity, shadow in ((1, 0), (1, 0.5), (1, 1), (0, 1)):
        light = Light(SUN, ambient=0.1, intensity=intensity, shadow=shadow)
        images = make_renderer([PLATE, make_box("box", (0.2, 0.2, 0.05), pose)], (), light).draw(view, ["rgb"])
        found.append(compute_brightness(images["rgb"])[row, column])
    lit, half, shade, night = found
    assert shade == night
    assert half == pytest.approx((lit + shade) / 2, rel=0.02)
    assert lit > 3 * shade


def test_a_shadow_follows_its_moved_object() -> None:
    """The path of the object and earlier lights leave no trace."""
    things = [
        PLATE,
        make_box("post", (0.05, 0.05, 0.4), make_pose(-0.3, -0.2, 0.2)),
        make_box("box", (0.2, 0.1, 0.1), None),
    ]
    view, light = make_view((-0.9, -0.6, 1.2), (0, 0, 0), (80, 60)), Light(SUN)
    end = make_pose(0.2, 0.1, 0.15)
    fresh = make_renderer(things, [end], light).draw(view, ALL_KINDS)["rgb"].copy()
    gone = make_renderer(things, [(FAR_AWAY, ORIGIN.rotation)], light).draw(view, ALL_KINDS)["rgb"].copy()
    renderer = make_renderer(things, [make_pose(-0.2, 0.3, 0.3)], light)
    for x in np.linspace(-0.2, 0.2, 9):
        renderer.set_poses(stack_poses([make_pose(x, 0.1, 0.15)]))
        moved = renderer.draw(view, ALL_KINDS)["rgb"].copy()
    assert np.array_equal(moved, fresh)
    renderer.load_scene(things, list_moving_parts(things), Light((-0.5, 0.5, 0.8)), SKY)
    renderer.set_poses(stack_poses([end]))
    other = renderer.draw(view, ALL_KINDS)["rgb"].copy()
    assert np.array_equal(other, make_renderer(things, [end], Light((-0.5, 0.5, 0.8))).draw(view, ALL_KINDS)["rgb"])
    assert (other != fresh).any(axis=2).mean() > 0.05
    renderer.load_scene(things, list_moving_parts(things), light, SKY)
    renderer.set_poses(stack_poses([end]))
    assert np.array_equal(renderer.draw(view, ALL_KINDS)["rgb"], fresh)
    renderer.set_poses(stack_poses([(FAR_AWAY, ORIGIN.rotation)]))
    assert np.array_equal(renderer.draw(view, ALL_KINDS)["rgb"], gone)


def test_surfaces_cast_no_shadow_on_themselves() -> None:
    """Faces toward the sun are equally bright with and without shadows, at their edges too."""
    turn = (0.2, -0.1, 0.3, float(np.sqrt(1 - 0.14)))
    ball = VisualBody("ball", "", (Visual("sphere", GREY, (0.2,)),), make_pose(0.6, 0.1, 0.4))
    things = [make_box("box", (0.4, 0.3, 0.2), Pose((0.0, 0.0, 0.5), turn)), ball]
    view = make_view((0.9, -1.2, 1.5), (0.3, 0, 0.5))
    for quality in ("fast", "fine"):
        with_shadow, without = (
            make_renderer(things, (), Light(SUN, shadow=shadow), quality).draw(view, ["rgb"]) for shadow in (1.0, 0.0)
        )
        assert np.abs(with_shadow["rgb"].astype(int) - without["rgb"]).max() <= 4


# --- normals


def test_normals_of_a_sphere_point_outward() -> None:
    turn = sample_rotation(np.random.default_rng(1))
    ball = VisualBody("ball", "", (Visual("sphere", GREY, (0.3,)),), Pose((0.1, 0.0, 0.2), tuple(turn.tolist())))
    view = make_view((1.2, 0.5, 0.9), (0.1, 0, 0.2), (81, 81), fov=30)
    images = make_renderer([ball]).draw(view, ALL_KINDS)
    seen = images["mask"] > 0
    points = view.unproject(np.hstack([centres(view), images["depth"].reshape(-1, 1)]))[seen.ravel()]
    outward = (points - (0.1, 0, 0.2)) / np.linalg.norm(points - (0.1, 0, 0.2), axis=1, keepdims=True)
    assert np.allclose(np.linalg.norm(images["normals"][seen], axis=1), 1.0, atol=1e-5)
    assert not images["normals"][~seen].any()
    assert np.sum(images["normals"][seen] * outward, axis=1).min() > np.cos(np.radians(0.6))


@given(SEEDS)
@settings(max_examples=20, derandomize=True, deadline=None)
def test_normals_of_a_box_are_those_of_its_faces(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose = Pose(tuple(rng.uniform(-0.1, 0.1, 3)), tuple(sample_rotation(rng)))
    images = make_renderer([make_box("box", (0.4, 0.5, 0.3), pose)]).draw(
        make_view((0.7, 0.8, 0.9)), ("normals", "mask")
    )
    x, y, z, w = pose.rotation
    axes = np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])  # fmt: skip
    along = np.abs(images["normals"][images["mask"] > 0] @ axes)
    assert np.allclose(np.sort(along, axis=1), (0, 0, 1), atol=1e-5)


def test_normals_of_a_scaled_mesh_are_perpendicular_to_its_surface(tmp_path: Path) -> None:
    """Half a sphere scaled to an ellipsoid has the normals of the ellipsoid, not scaled normals."""
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 65)[:-1], np.linspace(0, np.pi / 2, 33)[:-1])
    points = np.stack([np.cos(angle) * np.cos(height), np.sin(angle) * np.cos(height), np.sin(height)], axis=-1)
    ring, side = np.arange(31)[:, None] * 64, np.arange(64)
    a, b, c, d = (np.ravel(ring + step + (side + turn) % 64) for step, turn in ((0, 0), (0, 1), (64, 1), (64, 0)))
    triangles = np.vstack([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    flat = points.reshape(-1, 3)
    visual = write_obj(tmp_path / "ball.obj", flat, triangles, flat)
    scale = (0.4, 0.3, 0.1)
    thing = VisualBody("lens", "", (Visual("mesh", GREY, mesh=visual.mesh, scale=scale),), ORIGIN)
    view = make_view((0.4, -0.6, 0.9), (0, 0, 0.05), (81, 61), fov=40)
    images = make_renderer([thing]).draw(view, ("normals", "mask", "depth"))
    seen = images["mask"] > 0
    at = view.unproject(np.hstack([centres(view), images["depth"].reshape(-1, 1)]))[seen.ravel()] / np.square(scale)
    upright = at / np.linalg.norm(at, axis=1, keepdims=True)
    assert seen.sum() > 500
    assert np.sum(images["normals"][seen] * upright, axis=1).min() > np.cos(np.radians(1.5))


# --- light


@pytest.mark.parametrize("sun", [(0.3, -0.6, 0.9), (-0.2, 0.1, 1.0)])
def test_the_specular_highlight_is_at_the_mirror_direction_of_the_sun(sun: Any) -> None:
    ball = VisualBody("ball", "", (Visual("sphere", Material((0, 0, 0), "", 1.0, 0.2), (0.3,)),), ORIGIN)
    view = make_view((0.2, -0.9, 1.3), (0, 0, 0), (160, 160), fov=30)
    images = make_renderer([ball], (), Light(sun, ambient=0.0, intensity=0.1)).draw(view, ("rgb", "mask"))
    light = np.where(images["mask"] > 0, compute_brightness(images["rgb"]), 0.0)
    middle = (light / light.max()) ** 8
    v, u = (np.sum(middle * (grid + 0.5)) / middle.sum() for grid in np.indices(light.shape))
    point = np.zeros(3)
    for _ in range(30):  # the normal bisects the angle between sun and camera
        eye = (view.position - point) / np.linalg.norm(view.position - point)
        between = eye + np.array(sun) / np.linalg.norm(sun)
        point = 0.3 * between / np.linalg.norm(between)
    assert light.max() > 0.3
    off = np.hypot(*(view.project(point[None])[0, :2] - (u, v)))
    assert off < 0.2


def test_faces_away_from_the_sun_receive_ambient_light_only() -> None:
    view = make_view((-0.3, -1.0, -1.0), (0, 0, 0))
    things = [make_box("box", (0.5, 0.5, 0.5))]
    night, day = (
        make_renderer(things, (), Light((0.1, 0.2, 1.0), intensity=i)).draw(view, ["rgb"])["rgb"] for i in (0, 1)
    )
    assert np.array_equal(night, day)
