"""What the renderer does with scenes whose pictures can be worked out: coverage, depth, textures, shadows, light."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import permutations
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rays import centres, soup, wrong
from scipy.spatial import Delaunay

from mygym_lite.config.scenery import Background, Camera, Light
from mygym_lite.config.state import Pose
from mygym_lite.config.visuals import Material, Visual, VisualBody
from mygym_lite.errors import ConfigError
from mygym_lite.render.camera import View, compute_view
from mygym_lite.render.renderer import Quality, Renderer
from mygym_lite.render.texture import decode_srgb

Array = NDArray[np.float64]
Images = dict[str, NDArray[Any]]
Names = list[tuple[str, str]]
ALL = ("rgb", "depth", "mask", "links", "normals")
GREY = Material((0.5, 0.5, 0.5), specular=0.0)
SKY = Background()
HERE = Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
ELSEWHERE = (0.0, 0.0, -1000.0)  # m; out of every picture
SHADELESS = Light(intensity=0.0, ambient=1.0)
seeds = st.integers(0, 2**32 - 1)


def studio(
    things: Sequence[VisualBody], poses: Any = (), light: Light = SHADELESS, quality: Quality = "fast"
) -> Renderer:
    """A renderer with a scene; things without a pose of their own move, to the rows of ``poses``."""
    renderer = Renderer(quality)
    renderer.load_scene(things, moving(things), light, SKY)
    renderer.set_poses(rows(poses))
    return renderer


def moving(things: Sequence[VisualBody]) -> Names:
    return [(thing.body, thing.link) for thing in things if thing.fixed_pose is None]


def rows(poses: Any) -> Array:
    return np.array([[*position, *turn] for position, turn in poses], dtype=float).reshape(-1, 7)


def box(name: str, size: Any, at: Pose | None = HERE, material: Material = GREY, repeat: float = 1.0) -> VisualBody:
    return VisualBody(name, "", (Visual("box", material, tuple(map(float, size)), texture_size=repeat),), at)


def standing(x: float, y: float, z: float) -> Pose:
    return Pose((x, y, z), HERE.rotation)


def camera(position: Any, look_at: Any = (0.0, 0.0, 0.0), size: Any = (64, 48), **lens: Any) -> View:
    declared = Camera(position=tuple(map(float, position)), **lens)
    return compute_view("test", declared, None, tuple(map(float, look_at)), size)


def from_above(size: int = 64, height: float = 1.0) -> View:
    """A camera that looks straight down, x of the world to the right; at depth 1 m a pixel is 2 / size m wide."""
    return camera((0, 0, height), (0, 0, 0), (size, size), fov=90)


def random_turn(rng: np.random.Generator) -> Array:
    turn = rng.normal(size=4)
    return np.asarray(turn / np.linalg.norm(turn))


def write_obj(path: Path, points: Array, triangles: Any, normals: Any = ((0, 0, 1),), uvs: Any = ()) -> Visual:
    """Write a mesh and show it; normals are one for all, or one each."""
    each = len(normals) > 1
    lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in np.asarray(points, float).tolist()]
    lines += [f"vn {x} {y} {z}" for x, y, z in np.asarray(normals).tolist()]
    lines += [f"vt {u} {v}" for u, v in np.asarray(uvs).tolist()]
    for triangle in np.asarray(triangles).tolist():
        lines.append("f " + " ".join(f"{i + 1}/{i + 1 if len(uvs) else ''}/{i + 1 if each else 1}" for i in triangle))
    path.write_text("\n".join(lines))
    return Visual("mesh", GREY, mesh=str(path))


def write_texture(path: Path, texels: Any) -> str:
    """Write a picture whose first row is the lowest one."""
    image = np.asarray(texels)[::-1, :, None] * np.ones(3)
    assert cv2.imwrite(str(path), np.rint(255 * image).astype(np.uint8))
    return str(path)


def brightness(image: NDArray[np.uint8]) -> Array:
    """Amount of light in the green channel."""
    return decode_srgb(image[..., 1] / 255.0)


# --- coverage


def split_square(rng: np.random.Generator) -> tuple[Array, NDArray[np.int32]]:
    """A square of 2 m in triangles that meet at random points of it, seen from above counter-clockwise."""
    grid = np.array([[x, y] for x in (-0.55, 0.0, 0.55) for y in (-0.55, 0.0, 0.55)])
    inner = rng.permutation(grid + rng.uniform(-0.2, 0.2, grid.shape))[: rng.integers(1, 10)]
    flat = np.vstack([[[-1, -1], [1, -1], [1, 1], [-1, 1]], inner])
    triangles = Delaunay(flat).simplices
    a, b, c = (flat[triangles[:, k]] for k in range(3))
    left = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0] > 0
    triangles[~left] = triangles[~left][:, ::-1]
    return np.hstack([flat, np.zeros((len(flat), 1))]), triangles.astype(np.int32)


def drawn_alone(renderer: Renderer, names: Names, view: View) -> list[NDArray[np.bool_]]:
    """Where each moving thing is seen if all others are elsewhere."""
    seen = []
    for number in range(len(names)):
        poses = rows([(ELSEWHERE, HERE.rotation)] * len(names))
        poses[number, :3] = 0.0
        renderer.set_poses(poses)
        seen.append(renderer.draw(view, ["mask"])["mask"] > 0)
    return seen


def times_covered(view: View, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """How many triangles of a split square cover each pixel, and whether the square in two triangles covers it."""
    points, triangles = split_square(rng)
    with TemporaryDirectory() as folder:
        whole = write_obj(Path(folder, "whole.obj"), points[:4], [[0, 1, 2], [0, 2, 3]])
        parts = [write_obj(Path(folder, f"{n}.obj"), points[t], [[0, 1, 2]]) for n, t in enumerate(triangles)]
        things = [VisualBody(str(number), "", (visual,)) for number, visual in enumerate([whole, *parts])]
        renderer = studio(things, [HERE] * len(things))
    seen = drawn_alone(renderer, moving(things), view)
    return np.sum(seen[1:], axis=0), seen[0]


def depth_of_plane(view: View) -> Array:
    """Depth at which the ray through each pixel meets z = 0, negative where it never does."""
    far_away = view.unproject(np.hstack([centres(view), np.ones((view.width * view.height, 1))]))
    down = view.position[2] - far_away[:, 2]
    return np.asarray((view.position[2] / down).reshape(view.height, view.width))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seeds)
def test_triangles_that_share_edges_leave_no_pixel_out_and_draw_none_twice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    elevation, turn = rng.uniform(0.3, 1.5), rng.uniform(0, 7)
    at = rng.uniform(-0.8, 0.8, 2)
    away = rng.choice([0.1, 0.5, 3.0]) * np.array([np.cos(elevation) * np.cos(turn), np.cos(elevation) * np.sin(turn),
                                                   np.sin(elevation)])  # fmt: skip
    view = camera(
        np.add(away, [*at, 0]), [*at, 0], fov=rng.uniform(20, 110), near=rng.choice([0.01, 0.3]), rpy=(turn, 0, 0)
    )
    times, whole = times_covered(view, rng)
    cut = np.abs(depth_of_plane(view) - view.near) < 1e-3 * view.near  # the near plane ends each triangle for itself
    assert np.array_equal(times[~cut], whole[~cut])


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seeds)
def test_surfaces_seen_at_a_grazing_angle_have_no_cracks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn, height = rng.uniform(0, 7), 10 ** rng.uniform(-3, -1)
    position = np.array([*1.6 * np.array([np.cos(turn), np.sin(turn)]), height])
    view = camera(position, (0, 0, 0), (96, 24), fov=rng.uniform(5, 20), rpy=(turn, 0, 0))
    times, whole = times_covered(view, rng)
    assume(whole.any())
    assert np.array_equal(times > 0, whole)


@given(st.tuples(*[st.integers(-12, 76)] * 4), st.sampled_from([64, 65]))
@settings(max_examples=60, derandomize=True, deadline=None)
@example((10, 20, 30, 40), 64)
def test_an_edge_through_pixel_centres_belongs_to_one_side(edges: tuple[int, int, int, int], size: int) -> None:
    """A rectangle whose edges go through the centres of columns x0 and x1 and rows y0 and y1 has its own from there."""
    (x0, x1), (y0, y1) = sorted(edges[:2]), sorted(edges[2:])
    pixel = 2 / size
    middle = ((x0 + x1 + 1 - size) / 2 * pixel, (size - 1 - y0 - y1) / 2 * pixel)
    assume(x0 < x1 and y0 < y1)
    thing = box("box", ((x1 - x0) * pixel, (y1 - y0) * pixel, 1e-5), standing(*middle, -5e-6))
    seen = studio([thing]).draw(from_above(size), ["mask"])["mask"]
    expected = np.zeros((size, size), int)
    expected[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 1
    assert np.array_equal(seen, expected)


@given(st.integers(0, 6), st.lists(st.floats(-0.6, 0.6), min_size=2, max_size=2), st.floats(0.2, 3.0))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_a_rectangle_covers_the_pixels_whose_centres_it_covers(turn: int, at: list[float], height: float) -> None:
    view, half = from_above(61, height), np.array([0.31, 0.17])
    thing = box("box", (*(2 * half), 1e-5), Pose((*at, -5e-6), tuple(map(float, (0, 0, np.sin(turn), np.cos(turn))))))
    seen = studio([thing]).draw(view, ["mask"])["mask"] > 0
    rays = np.hstack([centres(view), np.full((61 * 61, 1), height)])
    back = [[np.cos(2 * turn), -np.sin(2 * turn)], [np.sin(2 * turn), np.cos(2 * turn)]]
    across = (view.unproject(rays)[:, :2] - at) @ np.array(back)
    inside = (half - np.abs(across)).min(axis=1).reshape(61, 61)  # m; how deep
    grain = 2 * height / 61 / 256
    assert seen[inside > grain].all()
    assert not seen[inside < -grain].any()


def some_things(rng: np.random.Generator) -> tuple[list[VisualBody], list[tuple[Any, Any]]]:
    """Five primitives that stand in and behind one another."""
    kinds = {"box": 3, "sphere": 1, "cylinder": 2, "capsule": 2}
    chosen = rng.choice(list(kinds), 5)
    sizes = [tuple(rng.uniform(0.02, 0.4, kinds[kind]).tolist()) for kind in chosen]
    things = [VisualBody(f"{n} {kind}", "", (Visual(kind, GREY, size),))
              for n, (kind, size) in enumerate(zip(chosen, sizes, strict=True))]  # fmt: skip
    return things, [(rng.uniform(-0.5, 0.5, 3), random_turn(rng)) for _ in things]


@pytest.mark.parametrize("seed", range(12))
def test_every_pixel_shows_what_a_ray_through_it_hits(seed: int) -> None:
    """Also where the camera stands in the midst of things, so that the near plane cuts them."""
    rng = np.random.default_rng(seed)
    things, poses = some_things(rng)
    away = rng.normal(size=3)
    view = camera(away * rng.uniform(0.3, 2.0) / np.linalg.norm(away), rng.uniform(-0.3, 0.3, 3),
                  (53, 41), fov=rng.uniform(30, 100), near=0.05)  # fmt: skip
    images = studio(things, poses).draw(view, ["mask", "depth"])
    corners, part_of, _ = soup(things, moving(things), rows(poses))
    bad = wrong(view, images["mask"].ravel(), images["depth"].ravel(), corners, np.append(part_of + 1, 0))
    assert images["mask"].any()
    assert not len(bad), bad


@given(seeds)
@settings(max_examples=150, derandomize=True, deadline=None)
@example(0)
def test_no_pixel_of_a_thing_is_nearer_or_farther_than_the_thing(seed: int) -> None:
    """Though the camera looks along one of its faces, which is then a line in the picture."""
    rng = np.random.default_rng(seed)
    turn, distance = rng.uniform(0, 7), rng.uniform(0.9, 4.0)
    beside = rng.choice([0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4]) * rng.choice([-1, 1])
    position = (distance * np.cos(turn), distance * np.sin(turn), 0.1 + beside)
    view = camera(position, (0, 0, rng.choice([0.0, 0.1])), (64, 64), fov=60, rpy=(rng.uniform(-3, 3), 0, 0))
    things = [box("box", (1.0, 1.0, 0.2))]
    images = studio(things).draw(view, ["mask", "depth"])
    depths = view.project(soup(things, [], rows([]))[0].reshape(-1, 3))[:, 2]
    seen = images["depth"][images["mask"] > 0]
    assert len(seen)
    assert seen.min() > depths.min() - 1e-4
    assert seen.max() < depths.max() + 1e-4


# --- depth


@given(seeds)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_depth_of_a_plane_is_exact_from_the_near_to_the_far_plane(seed: int) -> None:
    """A floor of 20 m, most of it behind the camera or beside the picture."""
    rng = np.random.default_rng(seed)
    position = [*rng.uniform(-3, 3, 2), 10 ** rng.uniform(-1.0, 0.7)]
    view = camera(position, rng.uniform(-2, 2, 3), fov=rng.uniform(20, 110), near=0.1, far=rng.choice([2.0, 20.0]))
    images = studio([box("floor", (20, 20, 1), standing(0, 0, -0.5))]).draw(view, ["depth", "mask"])
    depth = depth_of_plane(view)
    points = view.unproject(np.hstack([centres(view), depth.reshape(-1, 1)])).reshape(*depth.shape, 3)
    depth[np.abs(points[..., :2]).max(axis=2) > 9.9] = 0.0  # past the floor, or so near its edge that it may be
    seen = (depth > view.near * 1.001) & (depth < view.far * 0.999)
    unseen = ((depth > 0.0) & (depth < view.near * 0.999)) | (depth > view.far * 1.001)
    assert np.allclose(images["depth"][seen], depth[seen], rtol=1e-5, atol=0)
    assert (images["mask"][seen] == 1).all()
    assert not images["depth"][unseen].any()
    assert not images["mask"][unseen].any()


def test_nothing_is_seen_of_what_is_behind_the_camera_or_past_the_far_plane() -> None:
    view = camera((0, 0, 0), (1, 0, 0), near=0.1, far=5)
    for x in (-3.0, -0.5, 5.3, 100.0):
        assert not studio([box("box", (0.4, 0.4, 0.4), standing(x, 0, 0))]).draw(view, ["mask"])["mask"].any()
    assert studio([box("box", (0.4, 0.4, 0.4), standing(4.9, 0, 0))]).draw(view, ["mask"])["mask"].any()
    around = studio([box("box", (0.4, 0.4, 0.4))]).draw(view, ALL)  # whose faces are seen from outside only
    assert not around["mask"].any()
    assert not around["depth"].any()
    assert not around["normals"].any()


# --- textures


def test_a_texture_lies_where_its_coordinates_say(tmp_path: Path) -> None:
    """A pattern of 8 x 8 cells that is like none of its mirror images, seen in perspective."""
    cells = np.random.default_rng(4).integers(0, 2, (8, 8))
    material = Material((1.0, 1.0, 1.0), write_texture(tmp_path / "cells.png", np.kron(cells, np.ones((32, 32)))), 0.0)
    scene = studio([box("plate", (2, 2, 0.1), standing(0, 0, -0.05), material, repeat=1.6)])
    checked = 0
    for position in ((0.2, -1.1, 0.5), (-0.7, 0.3, 1.2), (0.9, 0.9, 0.25)):
        view = camera(position, (0, 0, 0), (160, 120), fov=50)
        corners = []
        for aside in ((-2, -2), (2, -2), (2, 2), (-2, 2)):  # px; farther than any filter reaches
            ray = np.hstack([centres(view) + aside, np.ones((160 * 120, 1))])
            down = view.position[2] - view.unproject(ray)[:, 2]
            ray[:, 2] = np.where(down > 0, view.position[2] / np.maximum(down, 1e-9), np.nan)
            corners.append(view.unproject(ray)[:, :2])
        at = np.array(corners)
        cell = np.floor(np.nan_to_num(at) / 0.2).astype(int)
        clear = (cell == cell[0]).all(axis=(0, 2)) & (np.abs(at) < 1.0).all(axis=(0, 2))
        image = scene.draw(view, ["rgb"])["rgb"].reshape(-1, 3)
        expected = cells[cell[0, :, 1] % 8, cell[0, :, 0] % 8][clear] > 0
        assert np.array_equal(image[clear].min(axis=1) > 200, expected)
        assert np.array_equal(image[clear].max(axis=1) < 20, ~expected)
        checked += clear.sum()
    assert checked > 9000


@pytest.mark.parametrize("distance", [1.5, 3.0, 6.0, 13.0])
def test_a_fine_checker_is_grey_from_afar_and_no_moire(distance: float, tmp_path: Path) -> None:
    """Texels are black and white in turn; a picture of them has as much light as a grey of half of white."""
    fine = write_texture(tmp_path / "fine.png", np.indices((256, 256)).sum(axis=0) % 2)
    half = float(1.055 * 0.5 ** (1 / 2.4) - 0.055)
    pictures = []
    for material in (Material((1.0, 1.0, 1.0), fine, 0.0), Material((half, half, half), "", 0.0)):
        scene = studio([box("plate", (0.9, 0.9, 0.9), standing(0, 0, -0.45), material, repeat=0.5)])
        view = camera((0.3 * distance, 0.1, distance), (0, 0, 0), (96, 96), fov=40 / distance)
        pictures.append(scene.draw(view, ["rgb"])["rgb"].astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
    assert np.ptp(pictures[0][30:60, 30:60], axis=(0, 1)).max() <= 2


def test_a_texture_from_afar_is_as_calm_as_the_mean_over_a_pixel(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (256, 256))
    material = Material((1.0, 1.0, 1.0), write_texture(tmp_path / "noise.png", noise), 0.0)
    scene = studio([box("plate", (4, 4, 1), standing(0, 0, -0.5), material, repeat=1.0)])
    light = {}
    for texels in (1, 2, 4, 8, 16):  # that lie beside one another in a pixel
        size = 64 if texels < 8 else 16  # of a picture that lies within the plate
        view = from_above(size, size * texels / 512)
        light[texels] = brightness(scene.draw(view, ["rgb"])["rgb"])
    full = light[1].max()
    for texels, image in light.items():
        assert abs(image.mean() / full - noise.mean()) < 0.03
        assert image.std() / full < 0.75 / texels


# --- shadows


PLATE = box("plate", (1.0, 1.0, 0.1), standing(0, 0, -0.05))
SUN = (0.5, -0.3, 1.0)


def in_box(points: Array, middle: Any, size: Any, towards: Any = SUN, margin: float = 0.0) -> NDArray[np.bool_]:
    """Which points lie in the shade of a box that is larger by a margin, m."""
    half = np.array(size) / 2 + margin
    low, high = (((middle + side * half) - points) / towards for side in (-1, 1))
    enters, leaves = np.minimum(low, high).max(axis=1), np.maximum(low, high).min(axis=1)
    return np.asarray((enters < leaves) & (leaves > 0) & (half > 0).all())


@pytest.mark.parametrize("quality", ["fast", "fine"])
@pytest.mark.parametrize("fixed", [True, False], ids=["standing", "moving"])
def test_a_box_above_a_plate_shades_what_lies_behind_it(quality: Quality, fixed: bool) -> None:
    """Past a soft edge of a few map pixels the shade is whole, and past it on the other side there is none."""
    middle, size = (0.05, 0.1, 0.2), (0.3, 0.2, 0.08)
    pose = standing(*middle)
    things = [PLATE, box("box", size, pose if fixed else None)]
    light, view = Light(SUN), camera((-0.9, -0.6, 1.2), (0, 0, 0), (120, 100), fov=50)
    images = studio(things, [] if fixed else [pose], light, quality).draw(view, ["rgb", "mask", "depth"])
    lit = studio([PLATE], (), light, quality).draw(view, ["rgb"])["rgb"]
    dark = studio([PLATE], (), Light(SUN, intensity=0.0), quality).draw(view, ["rgb"])["rgb"]
    points = view.unproject(np.hstack([centres(view), images["depth"].reshape(-1, 1)]))
    plate = cv2.erode((images["mask"] == 1).astype(np.uint8), np.ones((5, 5))).ravel() > 0
    inner, outer = (in_box(points, middle, size, margin=margin) for margin in (-0.015, 0.015))
    rgb = images["rgb"].reshape(-1, 3)
    assert (plate & inner).sum() > 100
    assert (plate & ~outer).sum() > 2000
    assert np.array_equal(rgb[plate & inner], dark.reshape(-1, 3)[plate & inner])
    assert np.array_equal(rgb[plate & ~outer], lit.reshape(-1, 3)[plate & ~outer])


def test_a_shadow_takes_as_much_light_as_it_is_told() -> None:
    pose, view = standing(0.05, 0.1, 0.25), from_above()
    point = view.project(np.array([[0.05, 0.1, 0.25]]) - 0.25 * np.array(SUN))[0]
    column, row = int(point[0]), int(point[1])
    found = []
    for intensity, shadow in ((1, 0), (1, 0.5), (1, 1), (0, 1)):
        light = Light(SUN, ambient=0.1, intensity=intensity, shadow=shadow)
        images = studio([PLATE, box("box", (0.2, 0.2, 0.05), pose)], (), light).draw(view, ["rgb"])
        found.append(brightness(images["rgb"])[row, column])
    lit, half, shade, night = found
    assert shade == night
    assert half == pytest.approx((lit + shade) / 2, rel=0.02)
    assert lit > 3 * shade


def test_a_moved_thing_takes_its_shadow_along_and_leaves_none() -> None:
    """However it got there, and in whatever order the light came."""
    things = [PLATE, box("post", (0.05, 0.05, 0.4), standing(-0.3, -0.2, 0.2)), box("box", (0.2, 0.1, 0.1), None)]
    view, light = camera((-0.9, -0.6, 1.2), (0, 0, 0), (80, 60)), Light(SUN)
    end = standing(0.2, 0.1, 0.15)
    fresh = studio(things, [end], light).draw(view, ALL)["rgb"].copy()
    gone = studio(things, [(ELSEWHERE, HERE.rotation)], light).draw(view, ALL)["rgb"].copy()
    renderer = studio(things, [standing(-0.2, 0.3, 0.3)], light)
    for x in np.linspace(-0.2, 0.2, 9):
        renderer.set_poses(rows([standing(x, 0.1, 0.15)]))
        moved = renderer.draw(view, ALL)["rgb"].copy()
    assert np.array_equal(moved, fresh)
    renderer.load_scene(things, moving(things), Light((-0.5, 0.5, 0.8)), SKY)
    renderer.set_poses(rows([end]))
    other = renderer.draw(view, ALL)["rgb"].copy()
    assert np.array_equal(other, studio(things, [end], Light((-0.5, 0.5, 0.8))).draw(view, ALL)["rgb"])
    assert (other != fresh).any(axis=2).mean() > 0.05
    renderer.load_scene(things, moving(things), light, SKY)
    renderer.set_poses(rows([end]))
    assert np.array_equal(renderer.draw(view, ALL)["rgb"], fresh)
    renderer.set_poses(rows([(ELSEWHERE, HERE.rotation)]))
    assert np.array_equal(renderer.draw(view, ALL)["rgb"], gone)


def test_no_surface_shades_itself() -> None:
    """Faces that look to the sun are as bright with shadows as without, at their rims too; round ones are smooth."""
    turn = (0.2, -0.1, 0.3, float(np.sqrt(1 - 0.14)))
    ball = VisualBody("ball", "", (Visual("sphere", GREY, (0.2,)),), standing(0.6, 0.1, 0.4))
    things = [box("box", (0.4, 0.3, 0.2), Pose((0.0, 0.0, 0.5), turn)), ball]
    view = camera((0.9, -1.2, 1.5), (0.3, 0, 0.5))
    for quality in ("fast", "fine"):
        with_shadow, without = (
            studio(things, (), Light(SUN, shadow=shadow), quality).draw(view, ["rgb"]) for shadow in (1.0, 0.0)
        )
        assert np.abs(with_shadow["rgb"].astype(int) - without["rgb"]).max() <= 4


# --- light on surfaces


def test_normals_are_those_of_the_surface() -> None:
    turn = random_turn(np.random.default_rng(1))
    ball = VisualBody("ball", "", (Visual("sphere", GREY, (0.3,)),), Pose((0.1, 0.0, 0.2), tuple(turn.tolist())))
    view = camera((1.2, 0.5, 0.9), (0.1, 0, 0.2), (81, 81), fov=30)
    images = studio([ball]).draw(view, ALL)
    seen = images["mask"] > 0
    points = view.unproject(np.hstack([centres(view), images["depth"].reshape(-1, 1)]))[seen.ravel()]
    outward = (points - (0.1, 0, 0.2)) / np.linalg.norm(points - (0.1, 0, 0.2), axis=1, keepdims=True)
    assert np.allclose(np.linalg.norm(images["normals"][seen], axis=1), 1.0, atol=1e-5)
    assert not images["normals"][~seen].any()
    assert np.sum(images["normals"][seen] * outward, axis=1).min() > np.cos(np.radians(0.6))


@given(seeds)
@settings(max_examples=20, derandomize=True, deadline=None)
def test_faces_of_a_box_are_flat(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pose = Pose(tuple(rng.uniform(-0.1, 0.1, 3)), tuple(random_turn(rng)))
    images = studio([box("box", (0.4, 0.5, 0.3), pose)]).draw(camera((0.7, 0.8, 0.9)), ("normals", "mask"))
    x, y, z, w = pose.rotation
    axes = np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])  # fmt: skip
    along = np.abs(images["normals"][images["mask"] > 0] @ axes)
    assert np.allclose(np.sort(along, axis=1), (0, 0, 1), atol=1e-5)


def test_normals_of_a_squeezed_mesh_stay_upright_on_it(tmp_path: Path) -> None:
    """Half a ball, squeezed to a lens: its normals are those of an ellipsoid, not squeezed ones."""
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 65)[:-1], np.linspace(0, np.pi / 2, 33)[:-1])
    points = np.stack([np.cos(angle) * np.cos(height), np.sin(angle) * np.cos(height), np.sin(height)], axis=-1)
    ring, side = np.arange(31)[:, None] * 64, np.arange(64)
    a, b, c, d = (np.ravel(ring + step + (side + turn) % 64) for step, turn in ((0, 0), (0, 1), (64, 1), (64, 0)))
    triangles = np.vstack([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    flat = points.reshape(-1, 3)
    visual = write_obj(tmp_path / "ball.obj", flat, triangles, flat)
    scale = (0.4, 0.3, 0.1)
    thing = VisualBody("lens", "", (Visual("mesh", GREY, mesh=visual.mesh, scale=scale),), HERE)
    view = camera((0.4, -0.6, 0.9), (0, 0, 0.05), (81, 61), fov=40)
    images = studio([thing]).draw(view, ("normals", "mask", "depth"))
    seen = images["mask"] > 0
    at = view.unproject(np.hstack([centres(view), images["depth"].reshape(-1, 1)]))[seen.ravel()] / np.square(scale)
    upright = at / np.linalg.norm(at, axis=1, keepdims=True)
    assert seen.sum() > 500
    assert np.sum(images["normals"][seen] * upright, axis=1).min() > np.cos(np.radians(1.5))


@pytest.mark.parametrize("sun", [(0.3, -0.6, 0.9), (-0.2, 0.1, 1.0)])
def test_the_gloss_is_where_the_sun_is_mirrored(sun: Any) -> None:
    ball = VisualBody("ball", "", (Visual("sphere", Material((0, 0, 0), "", 1.0, 0.2), (0.3,)),), HERE)
    view = camera((0.2, -0.9, 1.3), (0, 0, 0), (160, 160), fov=30)
    images = studio([ball], (), Light(sun, ambient=0.0, intensity=0.1)).draw(view, ("rgb", "mask"))
    light = np.where(images["mask"] > 0, brightness(images["rgb"]), 0.0)
    middle = (light / light.max()) ** 8
    v, u = (np.sum(middle * (grid + 0.5)) / middle.sum() for grid in np.indices(light.shape))
    point = np.zeros(3)
    for _ in range(30):  # where the normal halves the angle between sun and eye
        eye = (view.position - point) / np.linalg.norm(view.position - point)
        between = eye + np.array(sun) / np.linalg.norm(sun)
        point = 0.3 * between / np.linalg.norm(between)
    assert light.max() > 0.3
    off = np.hypot(*(view.project(point[None])[0, :2] - (u, v)))
    assert off < 0.2


def test_what_faces_away_from_the_sun_gets_the_light_of_the_sky_only() -> None:
    view = camera((-0.3, -1.0, -1.0), (0, 0, 0))
    things = [box("box", (0.5, 0.5, 0.5))]
    night, day = (studio(things, (), Light((0.1, 0.2, 1.0), intensity=i)).draw(view, ["rgb"])["rgb"] for i in (0, 1))
    assert np.array_equal(night, day)


# --- one scene, many pictures


@pytest.fixture(scope="module")
def scene() -> tuple[list[VisualBody], Array]:
    rng = np.random.default_rng(3)
    things, poses = some_things(rng)
    above = [((0.8 * at[0], 0.8 * at[1], 0.2 + 0.1 * number), turn) for number, (at, turn) in enumerate(poses)]
    return [PLATE, *things], rows(above)


@pytest.fixture
def views() -> list[View]:
    places = {(1, 1, 1): (84, 84), (-1, 0.2, 0.6): (84, 84), (0.1, -1, 1.2): (64, 40)}
    return [camera(at, (0, 0, 0.2), size) for at, size in places.items()]


def loaded(scene: tuple[list[VisualBody], Array], quality: Quality = "fast") -> Renderer:
    renderer = Renderer(quality)
    renderer.load_scene(scene[0], moving(scene[0]), Light(), SKY)
    renderer.set_poses(scene[1])
    return renderer


def shots(renderer: Renderer, views: Sequence[View]) -> Iterator[Images]:
    for view in views:
        yield {kind: image.copy() for kind, image in renderer.draw(view, ALL).items()}


def test_fine_pictures_differ_in_colour_only(scene: Any, views: list[View]) -> None:
    for fast, fine in zip(shots(loaded(scene), views), shots(loaded(scene, "fine"), views), strict=True):
        for kind in ("depth", "mask", "links", "normals"):
            assert fast[kind].tobytes() == fine[kind].tobytes()
        apart = np.abs(fast["rgb"].astype(int) - fine["rgb"])
        assert 0.2 < apart.mean() < 8.0


@pytest.mark.parametrize("quality", ["fast", "fine"])
def test_each_camera_sees_the_same_in_any_order_and_with_any_other_kinds(
    quality: Quality, scene: Any, views: list[View]
) -> None:
    alone = [next(shots(loaded(scene, quality), [view])) for view in views]
    renderer = loaded(scene, quality)
    for order in permutations(range(3)):
        for number, seen in zip(order, shots(renderer, [views[n] for n in order]), strict=True):
            assert all(seen[kind].tobytes() == alone[number][kind].tobytes() for kind in ALL)
    for kind in ALL:
        assert renderer.draw(views[0], [kind])[kind].tobytes() == alone[0][kind].tobytes()


@pytest.mark.parametrize("quality", ["fast", "fine"])
def test_nothing_is_allocated_after_the_first_picture(quality: Quality, scene: Any, views: list[View]) -> None:
    """In a process of its own: whatever other threads of this one allocate meanwhile would be counted too."""
    with get_context("spawn").Pool(1) as pool:
        held, most = pool.apply(allocated, (quality, scene, views))
    assert held < 200
    assert most < 2000  # the smallest picture has more pixels


def allocated(quality: Quality, scene: tuple[list[VisualBody], Array], views: list[View]) -> tuple[int, int]:
    """How many more bytes a process holds after 200 moments were drawn, and at most meanwhile."""
    renderer = loaded(scene, quality)

    def draw_on(frames: int) -> tuple[int, int]:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(frames):
            renderer.set_poses(scene[1])
            for view in views:
                renderer.draw(view, ALL)
        after, peak = tracemalloc.get_traced_memory()
        return after - before, peak - before

    tracemalloc.start()
    draw_on(60)
    return draw_on(200)


# --- what is wrong with a scene


def test_a_pose_that_is_no_number_is_refused() -> None:
    renderer = studio([PLATE, box("box", (0.1, 0.1, 0.1), None)], [HERE])
    bad = rows([HERE])
    bad[0, 2] = np.nan
    with pytest.raises(ConfigError, match=r"^a pose to draw is not finite; [^\n]+$"):
        renderer.set_poses(bad)


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (-1, 5), (4097, 10), (10, 100000)])
def test_a_picture_without_pixels_or_with_too_many_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match=rf"^size: {size[0]} x {size[1]} px; use 1 to 4096 px for width and height$"):
        camera((1, 1, 1), size=size)


@pytest.mark.parametrize("size", [(1, 1), (1, 4096), (4096, 1)])
def test_the_smallest_and_the_widest_pictures_are_drawn(size: tuple[int, int]) -> None:
    images = studio([box("floor", (100, 100, 1), standing(0, 0, -0.5))], quality="fine").draw(
        camera((0, 0, 1), (0.01, 0, 0), size, fov=20), ALL
    )
    assert images["rgb"].shape == (size[1], size[0], 3)
    assert images["rgb"].any(axis=2).all()
    middle = images["depth"][(size[1] - 1) // 2, (size[0] - 1) // 2]
    assert middle == pytest.approx(1.0, rel=1e-3)


def test_a_camera_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^cameras.eye: its pose is not finite; [^\n]+$"):
        compute_view("eye", Camera((np.nan, 0.0, 0.0)), None, (0.0, 0.0, 0.0))
    with pytest.raises(ConfigError, match=r"^cameras.eye: its pose is not finite; [^\n]+$"):
        compute_view("eye", Camera(mount="palm"), Pose((0.0, np.nan, 0.0), HERE.rotation), None)


FACE = "vn 0 0 1\nf 1//1 2//1 3//1\n"
EMPTY = "holds no triangles, or vertices that are not finite; export it again"
MESHES = {
    "no-normals": (
        "a.obj",
        "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
        "has faces without normals (vn); export it with normals",
    ),
    "nothing": ("a.obj", "", "holds no triangles; export it again"),
    "not-finite": ("a.obj", "v nan 0 0\nv 1 0 0\nv 0 1 0\n" + FACE, EMPTY),
    "missing-vertex": ("a.obj", "v 0 0 0\nv 1 0 0\n" + FACE, "not a readable mesh, the face corner 3//1"),
    "words": ("a.obj", "v zero 0 0\n", "not a readable mesh, could not convert string to float: 'zero'"),
    "not-text": ("a.obj", "\udcff\udcfe", "not a readable mesh"),
    "short": ("a.obj", "v 0 0\nv 1 0 0\nv 0 1 0\n" + FACE, "not a readable mesh"),
    "kind": ("a.glb", "", "meshes are read from .obj, .stl and .dae; convert it"),
    "stl": (
        "a.stl",
        "solid nothing\nendsolid\n",
        "holds no triangles, or vertices that are not finite; export it again",
    ),
}


@pytest.mark.parametrize(("file", "text", "message"), MESHES.values(), ids=list(MESHES))
def test_a_mesh_that_cannot_be_drawn_is_named_in_one_line(file: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        studio([VisualBody("thing", "", (Visual("mesh", GREY, mesh=str(path)),), HERE)])
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_a_missing_mesh_or_texture_is_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/cup.obj: no such mesh; [^\n]+$"):
        studio([VisualBody("cup", "", (Visual("mesh", GREY, mesh="/nowhere/cup.obj"),), HERE)])
    with pytest.raises(ConfigError, match=r"^[^\n]*/nowhere/oak.png[^\n]+$"):
        studio([box("box", (1, 1, 1), material=Material((1, 1, 1), "/nowhere/oak.png"))])
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    with pytest.raises(ConfigError, match=r"broken.png: not a readable image; [^\n]+$"):
        studio([box("box", (1, 1, 1), material=Material((1, 1, 1), str(broken)))])
    odd = Material((1, 1, 1), write_texture(tmp_path / "odd.png", np.ones((2, 3))))
    with pytest.raises(ConfigError, match=r"odd.png: 3 x 2 px; textures are square, [^\n]+$"):
        studio([box("box", (1, 1, 1), material=odd)])


def test_a_texture_on_a_mesh_without_coordinates_is_refused_whatever_was_drawn_before(tmp_path: Path) -> None:
    texture = write_texture(tmp_path / "white.png", np.ones((2, 2)))
    bare = write_obj(tmp_path / "bare.obj", np.eye(3), [[0, 1, 2]])
    material = Material((1.0, 1.0, 1.0), texture)
    thing = VisualBody("thing", "", (Visual("mesh", material, mesh=bare.mesh),), HERE)
    before = studio([box("thing", (1, 1, 1), material=material)])
    for renderer in (Renderer(), before):
        with pytest.raises(ConfigError, match=r"bare.obj: has no texture coordinates \(vt\), [^\n]+ texture = \"\"$"):
            renderer.load_scene([thing], [], Light(), SKY)


def test_an_unknown_quality_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^quality: 'best' is not a quality; use 'fast' or 'fine'$"):
        Renderer("best")  # type: ignore[arg-type]
