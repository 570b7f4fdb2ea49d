"""Writes every authored asset: `python -m mygym_lite.authoring`. Running it again changes no byte."""

from __future__ import annotations

from pathlib import Path

from mygym_lite.authoring.humanoid import MATERIALS, one_armed, two_armed
from mygym_lite.authoring.looks import meshes
from mygym_lite.authoring.objects import write_objects
from mygym_lite.authoring.robot_toml import robot_toml
from mygym_lite.authoring.textures import write_textures
from mygym_lite.authoring.urdf import write
from mygym_lite.paths import assets


def humanoid(folder: Path) -> None:
    """The three humanoids, their meshes and their robot.toml files."""
    right = one_armed()
    variants = {
        "humanoid_right": (right, "Humanoid torso, right arm driven, left arm resting.", ("right",)),
        "humanoid_left": (right.mirrored(), "Humanoid torso, left arm driven, right arm resting.", ("left",)),
        "humanoid": (two_armed(), "Humanoid torso, both arms driven.", ("right", "left")),
    }
    (folder / "meshes").mkdir(parents=True, exist_ok=True)
    for name, (tree, about, sides) in variants.items():
        (folder / f"{name}.urdf").write_text(write(name, tree, MATERIALS))
        (folder / f"{name}.toml").write_text(robot_toml(name, about, sides))
    for name, mesh in meshes().items():
        (folder / "meshes" / f"{name}.obj").write_text(mesh.obj())


if __name__ == "__main__":
    humanoid(assets() / "robots" / "humanoid")
    write_objects(assets())
    write_textures(assets() / "textures")
