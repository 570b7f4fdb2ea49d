"""Scenes that the renderer refuses: bad poses, sizes, meshes, textures and options."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from render_scenes import (
    GREY,
    ORIGIN,
    PLATE,
    SKY,
    make_box,
    make_renderer,
    make_view,
    stack_poses,
    write_obj,
    write_texture,
)

from mygym_lite.config.scenery import Camera, Light
from mygym_lite.config.state import Pose
from mygym_lite.config.visuals import Material, Visual, VisualBody
from mygym_lite.errors import ConfigError
from mygym_lite.render.camera import compute_view
from mygym_lite.render.renderer import Renderer


def test_a_pose_that_is_not_finite_is_refused() -> None:
    renderer = make_renderer([PLATE, make_box("box", (0.1, 0.1, 0.1), None)], [ORIGIN])
    bad = stack_poses([ORIGIN])
    bad[0, 2] = np.nan
    with pytest.raises(ConfigError, match=r"^a pose to draw is not finite; [^\n]+$"):
        renderer.set_poses(bad)


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (-1, 5), (4097, 10), (10, 100000)])
def test_an_image_size_out_of_range_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match=rf"^size: {size[0]} x {size[1]} px; use 1 to 4096 px for width and height$"):
        make_view((1, 1, 1), size=size)


def test_a_camera_pose_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^cameras.eye: its pose is not finite; [^\n]+$"):
        compute_view("eye", Camera((np.nan, 0.0, 0.0)), None, (0.0, 0.0, 0.0))
    with pytest.raises(ConfigError, match=r"^cameras.eye: its pose is not finite; [^\n]+$"):
        compute_view("eye", Camera(mount="palm"), Pose((0.0, np.nan, 0.0), ORIGIN.rotation), None)


FACE = "vn 0 0 1\nf 1//1 2//1 3//1\n"
EMPTY = "holds no triangles, or vertices that are not finite; export it again"
BAD_MESHES = {
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


@pytest.mark.parametrize(("file", "text", "message"), BAD_MESHES.values(), ids=list(BAD_MESHES))
def test_an_unusable_mesh_is_refused_in_one_line(file: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        make_renderer([VisualBody("thing", "", (Visual("mesh", GREY, mesh=str(path)),), ORIGIN)])
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_a_missing_mesh_or_texture_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/cup.obj: no such mesh; [^\n]+$"):
        make_renderer([VisualBody("cup", "", (Visual("mesh", GREY, mesh="/nowhere/cup.obj"),), ORIGIN)])
    with pytest.raises(ConfigError, match=r"^[^\n]*/nowhere/oak.png[^\n]+$"):
        make_renderer([make_box("box", (1, 1, 1), material=Material((1, 1, 1), "/nowhere/oak.png"))])
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    with pytest.raises(ConfigError, match=r"broken.png: not a readable image; [^\n]+$"):
        make_renderer([make_box("box", (1, 1, 1), material=Material((1, 1, 1), str(broken)))])
    odd = Material((1, 1, 1), write_texture(tmp_path / "odd.png", np.ones((2, 3))))
    with pytest.raises(ConfigError, match=r"odd.png: 3 x 2 px; textures are square, [^\n]+$"):
        make_renderer([make_box("box", (1, 1, 1), material=odd)])


def test_a_texture_on_a_mesh_without_uv_coordinates_is_refused(tmp_path: Path) -> None:
    texture = write_texture(tmp_path / "white.png", np.ones((2, 2)))
    bare = write_obj(tmp_path / "bare.obj", np.eye(3), [[0, 1, 2]])
    material = Material((1.0, 1.0, 1.0), texture)
    thing = VisualBody("thing", "", (Visual("mesh", material, mesh=bare.mesh),), ORIGIN)
    before = make_renderer([make_box("thing", (1, 1, 1), material=material)])
    for renderer in (Renderer(), before):
        with pytest.raises(ConfigError, match=r"bare.obj: has no texture coordinates \(vt\), [^\n]+ texture = \"\"$"):
            renderer.load_scene([thing], [], Light(), SKY)


def test_an_unknown_quality_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^quality: 'best' is not a quality; use 'fast' or 'fine'$"):
        Renderer("best")  # type: ignore[arg-type]
