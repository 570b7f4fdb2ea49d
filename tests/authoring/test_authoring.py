"""What code made is checked in as it makes it, and what ships is as light as it claims."""

from pathlib import Path

import numpy as np
import pytest

from mygym_lite.authoring.__main__ import write_humanoid
from mygym_lite.authoring.objects import write_objects
from mygym_lite.paths import get_assets_folder


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_humanoid_is_what_its_generator_writes(tmp_path: Path) -> None:
    write_humanoid(tmp_path)
    shipped = _bytes(get_assets_folder() / "robots" / "humanoid")
    shipped.pop("README.md")
    assert _bytes(tmp_path) == shipped


def test_object_meshes_are_what_their_generator_writes(tmp_path: Path) -> None:
    write_objects(tmp_path)
    assert _bytes(tmp_path / "objects" / "meshes") == _bytes(get_assets_folder() / "objects" / "meshes")


@pytest.mark.parametrize("file", sorted(get_assets_folder().glob("*/**/meshes/*.obj")), ids=lambda file: file.stem)
def test_every_corner_of_a_mesh_has_its_place_in_a_texture(file: Path) -> None:
    """A repeat is 0.10 m: along no edge does the texture run more than a little faster or slower than that."""
    rows = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    points, uvs = (np.array([row[1:] for row in rows if row[0] == word], dtype=float) for word in ("v", "vt"))
    corners = np.array([[corner.split("/")[:2] for corner in row[1:]] for row in rows if row[0] == "f"], dtype=int) - 1
    assert sorted(np.unique(corners[..., 1])) == list(range(len(uvs)))
    triangles, places = points[corners[..., 0]], 0.10 * uvs[corners[..., 1]]
    length = np.linalg.norm(np.roll(triangles, 1, axis=1) - triangles, axis=2).sum()
    drawn = np.linalg.norm(np.roll(places, 1, axis=1) - places, axis=2).sum()
    assert 0.6 < drawn / length < 1.7


def test_a_limb_has_one_place_in_the_texture_for_each_vertex() -> None:
    forearm = (get_assets_folder() / "robots/humanoid/meshes/forearm.obj").read_text(encoding="utf-8").splitlines()
    corners = {corner for line in forearm if line.startswith("f ") for corner in line.split()[1:]}
    assert len(corners) == sum(line.startswith("v ") for line in forearm)


def test_the_two_hands_wear_the_same_texture() -> None:
    right, left = (
        (get_assets_folder() / f"robots/humanoid/meshes/{side}_palm.obj").read_text() for side in ("right", "left")
    )
    uvs = [[line for line in text.splitlines() if line.startswith("vt ")] for text in (right, left)]
    assert uvs[0] == uvs[1]


def test_a_scene_with_the_humanoid_and_five_objects_is_light() -> None:
    def triangles(file: Path) -> int:
        return sum(line.startswith("f ") for line in file.read_text(encoding="utf-8").splitlines())

    robot = (get_assets_folder() / "robots" / "humanoid" / "humanoid_right.urdf").read_text(encoding="utf-8")
    body = sum(
        robot.count(f'filename="meshes/{mesh.name}"') * triangles(mesh)
        for mesh in (get_assets_folder() / "robots" / "humanoid" / "meshes").glob("*.obj")
    )
    objects = sorted(
        (triangles(mesh) for mesh in (get_assets_folder() / "objects" / "meshes").glob("*.obj")), reverse=True
    )
    assert body > 0
    assert body + sum(objects[:5]) <= 4000
