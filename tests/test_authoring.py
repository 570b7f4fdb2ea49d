"""What code made is checked in as it makes it, and what ships is as light as it claims."""

from pathlib import Path

from mygym_lite.authoring.__main__ import humanoid
from mygym_lite.authoring.objects import write_objects
from mygym_lite.paths import assets


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_humanoid_is_what_its_generator_writes(tmp_path: Path) -> None:
    humanoid(tmp_path)
    shipped = _bytes(assets() / "robots" / "humanoid")
    shipped.pop("README.md")
    assert _bytes(tmp_path) == shipped


def test_object_meshes_are_what_their_generator_writes(tmp_path: Path) -> None:
    write_objects(tmp_path)
    assert _bytes(tmp_path / "objects" / "meshes") == _bytes(assets() / "objects" / "meshes")


def test_a_scene_with_the_humanoid_and_five_objects_is_light() -> None:
    def triangles(file: Path) -> int:
        return sum(line.startswith("f ") for line in file.read_text(encoding="utf-8").splitlines())

    robot = (assets() / "robots" / "humanoid" / "humanoid_right.urdf").read_text(encoding="utf-8")
    body = sum(
        robot.count(f'filename="meshes/{mesh.name}"') * triangles(mesh)
        for mesh in (assets() / "robots" / "humanoid" / "meshes").glob("*.obj")
    )
    objects = sorted((triangles(mesh) for mesh in (assets() / "objects" / "meshes").glob("*.obj")), reverse=True)
    assert body > 0 and body + sum(objects[:5]) <= 4000
