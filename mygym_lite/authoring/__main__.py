"""Generator of all authored assets, byte-reproducible: `python -m mygym_lite.authoring`."""

from __future__ import annotations

from pathlib import Path

from mygym_lite.authoring.humanoid import MATERIALS, build_one_armed, build_two_armed
from mygym_lite.authoring.humanoid_meshes import make_meshes
from mygym_lite.authoring.objects import write_objects
from mygym_lite.authoring.robot_toml import format_robot_toml
from mygym_lite.authoring.textures import write_textures
from mygym_lite.authoring.urdf import format_urdf
from mygym_lite.paths import get_assets_folder


def write_humanoid(folder: Path) -> None:
    """Write the three humanoids, their meshes and their robot TOML files."""
    right = build_one_armed()
    variants = {
        "humanoid_right": (right, "Humanoid torso, right arm driven, left arm resting.", ("right",)),
        "humanoid_left": (right.mirror(), "Humanoid torso, left arm driven, right arm resting.", ("left",)),
        "humanoid": (build_two_armed(), "Humanoid torso, both arms driven.", ("right", "left")),
    }
    (folder / "meshes").mkdir(parents=True, exist_ok=True)
    for name, (tree, about, sides) in variants.items():
        (folder / f"{name}.urdf").write_text(format_urdf(name, tree, MATERIALS))
        (folder / f"{name}.toml").write_text(format_robot_toml(name, about, sides))
    for name, mesh in make_meshes().items():
        (folder / "meshes" / f"{name}.obj").write_text(mesh.format_obj())


if __name__ == "__main__":
    write_humanoid(get_assets_folder() / "robots" / "humanoid")
    write_objects(get_assets_folder())
    write_textures(get_assets_folder() / "textures")
