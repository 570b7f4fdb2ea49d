"""Cameras, lights, textures and models that are refused, each with a remedy in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from visual_checks import replace_robot

from mygym_lite.config.objects import load_object
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.visuals import build_visual_bodies
from mygym_lite.config.workspace import load_workspace
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_assets_folder, get_tasks_folder
from mygym_lite.terms import load_task

FRONT = "front = { position = [1.30, 0.45, 0.60], look_at = [0.29, -0.03, 0.25], fov = 50 }"
HEAD_LINE = 'head  = { mount = "head", fov = 66 }'
YAW = "uniform = [-3.14, 3.14]"
OBJECT = 'model    = "cube"'
MISTAKES: list[tuple[str, str, str, str]] = [
    (FRONT, "front = { position = [1, 0, 1] }", "cameras.front.look_at", "missing; add look_at"),
    (FRONT, "front = { position = [1, 0, 1], look_at = [1, 0, 1] }", "cameras.front.look_at", "move one of the two"),
    (FRONT, 'front = { position = [1, 0, 1], look_at = "targt" }', "cameras.front.look_at", "did you mean 'target'?"),
    (FRONT, 'front = { position = [1, 0, 1], look_at = "goal" }', "cameras.front.look_at", "nothing is called 'goal'"),
    (FRONT, "front = { position = [1, 0, 1], look_at = 3 }", "cameras.front.look_at", "expected an array or a string"),
    (FRONT, 'front = { mount = "hed" }', "cameras.front.mount", "did you mean 'head'?"),
    (FRONT, 'front = { mount = "right_plam" }', "cameras.front.mount", "did you mean 'right_palm'?"),
    (FRONT, 'front = { mount = "palm", look_at = "target" }', "cameras.front.look_at", "use rpy instead"),
    (FRONT, 'front = { mount = "head", look_at = [0, 0, 0] }', "cameras.front.look_at", "name an object or 'goal'"),
    (FRONT, 'front = { mount = "head", look_at = "targt" }', "cameras.front.look_at", "did you mean 'target'?"),
    ("fov = 50", "fov = 50, near = 0.5, far = 0.4", "cameras.front.near", "0.5 m is not nearer than far, 0.4 m"),
    ("fov = 50", "fov = 50, near = 0", "cameras.front.near", "use 0.001 or more"),
    ("fov = 50", "fov = 50, size = [0, 84]", "cameras.front.size.0", "use 8 or more"),
    ("fov = 50", "fov = 50, size = [84, 5000]", "cameras.front.size.1", "use 4096 or less"),
    ("fov = 50", "fov = 50, rpy = [nan, 0, 0]", "cameras.front.rpy.0", "expected a finite number"),
    ("[cameras]", "[light]\ndirection = [0, 0, 0]\n[cameras]", "light.direction", "has no length"),
    ("[cameras]", "[light.fill]\ndirection = [0, 0, 0]\n[cameras]", "light.fill.direction", "has no length"),
    ("[cameras]", "[light]\nintensity = -1\n[cameras]", "light.intensity", "use 0 or more"),
    ("[cameras]", "[background]\ntop = [2, 0, 0]\n[cameras]", "background.top.0", "use 1 or less"),
    ("[cameras]", '[workspace]\ntexture = "wood_ok"\n[cameras]', "workspace.texture", "did you mean 'wood_oak'?"),
    ("[cameras]", '[workspace]\nfloor = "nothing.png"\n[cameras]', "workspace.floor", "nothing.png"),
    (OBJECT, 'model = "cube"\ntexture = "marbel_white"', "objects.target.texture", "did you mean 'marble_white'?"),
    ("[objects.target]", '[objects.floor]\nmodel = "box"\nposition = [0.5, 0.2, 0]\n[objects.target]', "objects.floor",
     "another name"),
    (YAW, 'uniform = [-1, 1] }\n"light.direction" = { value = [0, 0, 0]', 'start."light.direction"', "has no length"),
    (YAW, 'uniform = [-1, 1] }\n"objects.target.texture" = { choice = ["wood_oak", "wood_ok"]',
     'start."objects.target.texture"', "did you mean 'wood_oak'?"),
]  # fmt: skip


def write_edited_task(folder: Path, old: str, new: str) -> Path:
    """Write a copy of a valid task file with one edit."""
    text = (get_tasks_folder() / "grasp.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "grasp.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "grasp.toml"


@pytest.mark.parametrize(("old", "new", "key", "remedy"), MISTAKES, ids=[f"{m[2]}-{i}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_in_the_scenery_is_refused_in_one_line(
    old: str, new: str, key: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as error:
        load_task(write_edited_task(tmp_path, old, new))
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"grasp.toml: {key}"), str(error.value)
    assert remedy in str(error.value), str(error.value)


def test_a_sampled_near_plane_beyond_the_far_plane_is_refused(tmp_path: Path) -> None:
    start = 'uniform = [-1, 1] }\n"cameras.front.near" = { value = 1.0 }\n"cameras.front.far" = { value = 0.5'
    task = load_task(write_edited_task(tmp_path, YAW, start))
    with pytest.raises(ConfigError, match=r"grasp, seed 7: cameras\.front\.near: 1 m is not nearer than far, 0\.5 m"):
        sample(task, (), 7)


def test_two_head_cameras_with_different_targets_are_refused(tmp_path: Path) -> None:
    other = '[objects.other]\nmodel = "box"\nposition = [0.5, 0.2, 0]\n[cameras]\n'
    two = 'a = { mount = "head", look_at = "target" }\nb = { mount = "head", look_at = "other" }'
    with pytest.raises(ConfigError, match=r"cameras\.b\.look_at: the head looks at 'target' for camera 'a'"):
        load_task(write_edited_task(tmp_path, f"[cameras]\n{FRONT}", other + two))


def test_the_gaze_cannot_vary_while_the_head_has_a_target(tmp_path: Path) -> None:
    start = 'head = { mount = "head", look_at = "target" }'
    file = write_edited_task(tmp_path, HEAD_LINE, start)
    text = file.read_text(encoding="utf-8") + '"robot.gaze" = { shift = [-0.1, 0.1] }\n'
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"robot\.gaze.*the head looks at 'target'; vary the rpy"):
        load_task(file)


def test_a_missing_mesh_of_a_robot_is_refused(tmp_path: Path) -> None:
    source = get_assets_folder() / "robots" / "humanoid"
    for name in ("humanoid_right.toml", "humanoid_right.urdf"):
        text = (source / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("meshes/visor.obj", "meshes/vizor.obj"), encoding="utf-8")
    (tmp_path / "meshes").symlink_to(source / "meshes")
    task = replace_robot(load_task("reach"), str(tmp_path / "humanoid_right.toml"))
    with pytest.raises(ConfigError, match=r"humanoid_right\.urdf: head: no such file as 'meshes/vizor\.obj'"):
        build_visual_bodies(resolve(task))


@pytest.mark.parametrize(
    ("file", "line", "bad", "message"),
    [
        ("objects/cube.toml", 'family = "box"', 'family = "box"\nroughness = 0.01', "roughness: 0.01 is below"),
        ("workspaces/table.toml", "friction = 1.0", 'friction = 1.0\nflooor = "wood_oak"', "did you mean 'floor'?"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_model_is_refused(file: str, line: str, bad: str, message: str, tmp_path: Path) -> None:
    text = (get_assets_folder() / file).read_text(encoding="utf-8")
    kept = "\n".join(row for row in text.replace(line, bad, 1).splitlines() if not row.startswith("roughness = 0.4"))
    (tmp_path / "meshes").symlink_to(get_assets_folder() / "objects" / "meshes")
    copy = tmp_path / Path(file).name
    copy.write_text(kept, encoding="utf-8")
    load = load_object if file.startswith("objects") else load_workspace
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        load(copy)
