"""Small scenes for tests of the renderer, with views and files to draw them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from rays import centres

from mygym_lite.config.scenery import Background, Camera, Light
from mygym_lite.config.state import Pose
from mygym_lite.config.visuals import Material, Visual, VisualBody
from mygym_lite.render.camera import View, compute_view
from mygym_lite.render.renderer import Quality, Renderer
from mygym_lite.render.texture import decode_srgb

Array = NDArray[np.float64]
Images = dict[str, NDArray[Any]]
Names = list[tuple[str, str]]
ALL_KINDS = ("rgb", "depth", "mask", "links", "normals")
SEEDS = st.integers(0, 2**32 - 1)
GREY = Material((0.5, 0.5, 0.5), specular=0.0)
SKY = Background()
ORIGIN = Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
FAR_AWAY = (0.0, 0.0, -1000.0)  # m; out of every view
AMBIENT_LIGHT = Light(intensity=0.0, ambient=1.0)
SUN = (0.5, -0.3, 1.0)


def make_renderer(
    things: Sequence[VisualBody], poses: Any = (), light: Light = AMBIENT_LIGHT, quality: Quality = "fast"
) -> Renderer:
    """Make a renderer with a scene; bodies without a fixed pose have those of ``poses``, in order."""
    renderer = Renderer(quality)
    renderer.load_scene(things, list_moving_parts(things), light, SKY)
    renderer.set_poses(stack_poses(poses))
    return renderer


def list_moving_parts(things: Sequence[VisualBody]) -> Names:
    return [(thing.body, thing.link) for thing in things if thing.fixed_pose is None]


def stack_poses(poses: Any) -> Array:
    return np.array([[*position, *turn] for position, turn in poses], dtype=float).reshape(-1, 7)


def make_box(
    name: str, size: Any, at: Pose | None = ORIGIN, material: Material = GREY, repeat: float = 1.0
) -> VisualBody:
    return VisualBody(name, "", (Visual("box", material, tuple(map(float, size)), texture_size=repeat),), at)


def make_pose(x: float, y: float, z: float) -> Pose:
    return Pose((x, y, z), ORIGIN.rotation)


def make_view(position: Any, look_at: Any = (0.0, 0.0, 0.0), size: Any = (64, 48), **lens: Any) -> View:
    declared = Camera(position=tuple(map(float, position)), **lens)
    return compute_view("test", declared, None, tuple(map(float, look_at)), size)


def make_top_view(size: int = 64, height: float = 1.0) -> View:
    """Make a view straight down, x of the world to the right; at depth 1 m a pixel is 2 / size m wide."""
    return make_view((0, 0, height), (0, 0, 0), (size, size), fov=90)


def sample_rotation(rng: np.random.Generator) -> Array:
    turn = rng.normal(size=4)
    return np.asarray(turn / np.linalg.norm(turn))


def make_primitives(rng: np.random.Generator) -> tuple[list[VisualBody], list[tuple[Any, Any]]]:
    """Make five primitives that overlap and occlude each other, and their poses."""
    kinds = {"box": 3, "sphere": 1, "cylinder": 2, "capsule": 2}
    chosen = rng.choice(list(kinds), 5)
    sizes = [tuple(rng.uniform(0.02, 0.4, kinds[kind]).tolist()) for kind in chosen]
    things = [VisualBody(f"{n} {kind}", "", (Visual(kind, GREY, size),))
              for n, (kind, size) in enumerate(zip(chosen, sizes, strict=True))]  # fmt: skip
    return things, [(rng.uniform(-0.5, 0.5, 3), sample_rotation(rng)) for _ in things]


def write_obj(path: Path, points: Array, triangles: Any, normals: Any = ((0, 0, 1),), uvs: Any = ()) -> Visual:
    """Write a mesh and return its visual; normals are one for all vertices, or one each."""
    each = len(normals) > 1
    lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in np.asarray(points, float).tolist()]
    lines += [f"vn {x} {y} {z}" for x, y, z in np.asarray(normals).tolist()]
    lines += [f"vt {u} {v}" for u, v in np.asarray(uvs).tolist()]
    for triangle in np.asarray(triangles).tolist():
        lines.append("f " + " ".join(f"{i + 1}/{i + 1 if len(uvs) else ''}/{i + 1 if each else 1}" for i in triangle))
    path.write_text("\n".join(lines))
    return Visual("mesh", GREY, mesh=str(path))


def write_texture(path: Path, texels: Any) -> str:
    """Write a texture whose first row of texels is the lowest, and return its path."""
    image = np.asarray(texels)[::-1, :, None] * np.ones(3)
    assert cv2.imwrite(str(path), np.rint(255 * image).astype(np.uint8))
    return str(path)


def compute_brightness(image: NDArray[np.uint8]) -> Array:
    """Return the linear light in the green channel."""
    return decode_srgb(image[..., 1] / 255.0)


def compute_plane_depth(view: View) -> Array:
    """Compute the depth at which the ray through each pixel meets z = 0, negative where it never does."""
    far_away = view.unproject(np.hstack([centres(view), np.ones((view.width * view.height, 1))]))
    down = view.position[2] - far_away[:, 2]
    return np.asarray((view.position[2] / down).reshape(view.height, view.width))


PLATE = make_box("plate", (1.0, 1.0, 0.1), make_pose(0, 0, -0.05))
