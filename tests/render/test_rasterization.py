"""Coverage and depth of the rasterizer, compared with analytic scenes and ray casting."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rays import centres, soup, wrong
from render_scenes import (
    ALL_KINDS,
    FAR_AWAY,
    ORIGIN,
    SEEDS,
    Array,
    Names,
    compute_plane_depth,
    list_moving_parts,
    make_box,
    make_pose,
    make_primitives,
    make_renderer,
    make_top_view,
    make_view,
    stack_poses,
    write_obj,
)
from scipy.spatial import Delaunay

from mygym_lite.config.state import Pose
from mygym_lite.config.visuals import VisualBody
from mygym_lite.render.camera import View
from mygym_lite.render.renderer import Renderer

# --- coverage


def split_square(rng: np.random.Generator) -> tuple[Array, NDArray[np.int32]]:
    """Split a square of 2 m into triangles at random points, counter-clockwise from above."""
    grid = np.array([[x, y] for x in (-0.55, 0.0, 0.55) for y in (-0.55, 0.0, 0.55)])
    inner = rng.permutation(grid + rng.uniform(-0.2, 0.2, grid.shape))[: rng.integers(1, 10)]
    flat = np.vstack([[[-1, -1], [1, -1], [1, 1], [-1, 1]], inner])
    triangles = Delaunay(flat).simplices
    a, b, c = (flat[triangles[:, k]] for k in range(3))
    left = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] > 0
    triangles[~left] = triangles[~left][:, ::-1]
    return np.hstack([flat, np.zeros((len(flat), 1))]), triangles.astype(np.int32)


def draw_each_alone(renderer: Renderer, names: Names, view: View) -> list[NDArray[np.bool_]]:
    """Return the mask of each moving body with all others out of view."""
    seen = []
    for number in range(len(names)):
        poses = stack_poses([(FAR_AWAY, ORIGIN.rotation)] * len(names))
        poses[number, :3] = 0.0
        renderer.set_poses(poses)
        seen.append(renderer.draw(view, ["mask"])["mask"] > 0)
    return seen


def count_coverage(view: View, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count the triangles of a split square that cover each pixel; return the mask of the whole square too."""
    points, triangles = split_square(rng)
    with TemporaryDirectory() as folder:
        whole = write_obj(Path(folder, "whole.obj"), points[:4], [[0, 1, 2], [0, 2, 3]])
        parts = [write_obj(Path(folder, f"{n}.obj"), points[t], [[0, 1, 2]]) for n, t in enumerate(triangles)]
        things = [VisualBody(str(number), "", (visual,)) for number, visual in enumerate([whole, *parts])]
        renderer = make_renderer(things, [ORIGIN] * len(things))
    seen = draw_each_alone(renderer, list_moving_parts(things), view)
    return np.sum(seen[1:], axis=0), seen[0]


@settings(max_examples=40, derandomize=True, deadline=None)
@given(SEEDS)
def test_triangles_with_shared_edges_cover_each_pixel_exactly_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    elevation, turn = rng.uniform(0.3, 1.5), rng.uniform(0, 7)
    at = rng.uniform(-0.8, 0.8, 2)
    away = rng.choice([0.1, 0.5, 3.0]) * np.array([np.cos(elevation) * np.cos(turn), np.cos(elevation) * np.sin(turn),
                                                   np.sin(elevation)])  # fmt: skip
    view = make_view(
        np.add(away, [*at, 0]), [*at, 0], fov=rng.uniform(20, 110), near=rng.choice([0.01, 0.3]), rpy=(turn, 0, 0)
    )
    times, whole = count_coverage(view, rng)
    # the near plane clips each triangle separately
    clipped = np.abs(compute_plane_depth(view) - view.near) < 1e-3 * view.near
    assert np.array_equal(times[~clipped], whole[~clipped])


@settings(max_examples=40, derandomize=True, deadline=None)
@given(SEEDS)
def test_surfaces_seen_at_a_grazing_angle_have_no_cracks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn, height = rng.uniform(0, 7), 10 ** rng.uniform(-3, -1)
    position = np.array([*1.6 * np.array([np.cos(turn), np.sin(turn)]), height])
    view = make_view(position, (0, 0, 0), (96, 24), fov=rng.uniform(5, 20), rpy=(turn, 0, 0))
    times, whole = count_coverage(view, rng)
    assume(whole.any())
    assert np.array_equal(times > 0, whole)


@given(st.tuples(*[st.integers(-12, 76)] * 4), st.sampled_from([64, 65]))
@settings(max_examples=60, derandomize=True, deadline=None)
@example((10, 20, 30, 40), 64)
def test_an_edge_through_pixel_centres_belongs_to_one_side(edges: tuple[int, int, int, int], size: int) -> None:
    """Edges through the centres of columns x0, x1 and rows y0, y1 include the first and exclude the second."""
    (x0, x1), (y0, y1) = sorted(edges[:2]), sorted(edges[2:])
    pixel = 2 / size
    middle = ((x0 + x1 + 1 - size) / 2 * pixel, (size - 1 - y0 - y1) / 2 * pixel)
    assume(x0 < x1 and y0 < y1)
    thing = make_box("box", ((x1 - x0) * pixel, (y1 - y0) * pixel, 1e-5), make_pose(*middle, -5e-6))
    seen = make_renderer([thing]).draw(make_top_view(size), ["mask"])["mask"]
    expected = np.zeros((size, size), int)
    expected[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 1
    assert np.array_equal(seen, expected)


@given(st.integers(0, 6), st.lists(st.floats(-0.6, 0.6), min_size=2, max_size=2), st.floats(0.2, 3.0))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_a_rectangle_covers_exactly_the_pixels_with_their_centre_inside(
    turn: int, at: list[float], height: float
) -> None:
    view, half = make_top_view(61, height), np.array([0.31, 0.17])
    thing = make_box(
        "box", (*(2 * half), 1e-5), Pose((*at, -5e-6), tuple(map(float, (0, 0, np.sin(turn), np.cos(turn)))))
    )
    seen = make_renderer([thing]).draw(view, ["mask"])["mask"] > 0
    rays = np.hstack([centres(view), np.full((61 * 61, 1), height)])
    back = [[np.cos(2 * turn), -np.sin(2 * turn)], [np.sin(2 * turn), np.cos(2 * turn)]]
    across = (view.unproject(rays)[:, :2] - at) @ np.array(back)
    inside = (half - np.abs(across)).min(axis=1).reshape(61, 61)  # m; depth inside the rectangle
    grain = 2 * height / 61 / 256
    assert seen[inside > grain].all()
    assert not seen[inside < -grain].any()


@pytest.mark.parametrize("seed", range(12))
def test_every_pixel_agrees_with_ray_casting(seed: int) -> None:
    """Cameras among the objects included, where the near plane cuts them."""
    rng = np.random.default_rng(seed)
    things, poses = make_primitives(rng)
    away = rng.normal(size=3)
    view = make_view(away * rng.uniform(0.3, 2.0) / np.linalg.norm(away), rng.uniform(-0.3, 0.3, 3),
                  (53, 41), fov=rng.uniform(30, 100), near=0.05)  # fmt: skip
    images = make_renderer(things, poses).draw(view, ["mask", "depth"])
    corners, part_of, _ = soup(things, list_moving_parts(things), stack_poses(poses))
    bad = wrong(view, images["mask"].ravel(), images["depth"].ravel(), corners, np.append(part_of + 1, 0))
    assert images["mask"].any()
    assert not len(bad), bad


# --- depth


@given(SEEDS)
@settings(max_examples=150, derandomize=True, deadline=None)
@example(0)
def test_depths_stay_within_the_depth_range_of_the_object(seed: int) -> None:
    """The camera looks along one face of the box, which projects to a line."""
    rng = np.random.default_rng(seed)
    turn, distance = rng.uniform(0, 7), rng.uniform(0.9, 4.0)
    beside = rng.choice([0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4]) * rng.choice([-1, 1])
    position = (distance * np.cos(turn), distance * np.sin(turn), 0.1 + beside)
    view = make_view(position, (0, 0, rng.choice([0.0, 0.1])), (64, 64), fov=60, rpy=(rng.uniform(-3, 3), 0, 0))
    things = [make_box("box", (1.0, 1.0, 0.2))]
    images = make_renderer(things).draw(view, ["mask", "depth"])
    depths = view.project(soup(things, [], stack_poses([]))[0].reshape(-1, 3))[:, 2]
    seen = images["depth"][images["mask"] > 0]
    assert len(seen)
    assert seen.min() > depths.min() - 1e-4
    assert seen.max() < depths.max() + 1e-4


@given(SEEDS)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_depth_of_a_plane_is_exact_from_the_near_to_the_far_plane(seed: int) -> None:
    """A floor of 20 m, most of it behind the camera or outside of the image."""
    rng = np.random.default_rng(seed)
    position = [*rng.uniform(-3, 3, 2), 10 ** rng.uniform(-1.0, 0.7)]
    view = make_view(position, rng.uniform(-2, 2, 3), fov=rng.uniform(20, 110), near=0.1, far=rng.choice([2.0, 20.0]))
    images = make_renderer([make_box("floor", (20, 20, 1), make_pose(0, 0, -0.5))]).draw(view, ["depth", "mask"])
    depth = compute_plane_depth(view)
    points = view.unproject(np.hstack([centres(view), depth.reshape(-1, 1)])).reshape(*depth.shape, 3)
    depth[np.abs(points[..., :2]).max(axis=2) > 9.9] = 0.0  # beyond the floor or close to its edge
    seen = (depth > view.near * 1.001) & (depth < view.far * 0.999)
    unseen = ((depth > 0.0) & (depth < view.near * 0.999)) | (depth > view.far * 1.001)
    assert np.allclose(images["depth"][seen], depth[seen], rtol=1e-5, atol=0)
    assert (images["mask"][seen] == 1).all()
    assert not images["depth"][unseen].any()
    assert not images["mask"][unseen].any()


def test_objects_behind_the_camera_or_beyond_the_far_plane_are_not_drawn() -> None:
    view, size = make_view((0, 0, 0), (1, 0, 0), near=0.1, far=5), (0.4, 0.4, 0.4)
    for x in (-3.0, -0.5, 5.3, 100.0):
        hidden = make_renderer([make_box("box", size, make_pose(x, 0, 0))])
        assert not hidden.draw(view, ["mask"])["mask"].any()
    visible = make_renderer([make_box("box", size, make_pose(4.9, 0, 0))])
    assert visible.draw(view, ["mask"])["mask"].any()
    around = make_renderer([make_box("box", size)]).draw(view, ALL_KINDS)  # faces are visible from outside only
    assert not around["mask"].any()
    assert not around["depth"].any()
    assert not around["normals"].any()
