"""Visual bodies of robots, objects, workspaces and goals, compared with their models and with PyBullet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pybullet as bullet
import pytest
from visual_checks import assert_same_pose, find_visuals, replace_robot

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.robot import list_robots, load_robot
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.task import list_tasks
from mygym_lite.config.visuals import build_visual_bodies, list_marked_regions
from mygym_lite.config.workspace import list_workspaces, load_workspace
from mygym_lite.paths import get_assets_folder
from mygym_lite.terms import load_task

ENGINE_KINDS = {
    bullet.GEOM_MESH: "mesh", bullet.GEOM_BOX: "box", bullet.GEOM_SPHERE: "sphere",
    bullet.GEOM_CYLINDER: "cylinder", bullet.GEOM_CAPSULE: "capsule",
}  # fmt: skip


@pytest.fixture
def client() -> Iterator[int]:
    number = bullet.connect(bullet.DIRECT)
    yield number
    bullet.disconnect(number)


@pytest.mark.parametrize("robot", list_robots())
def test_robot_visuals_equal_those_of_pybullet(robot: str, client: int) -> None:
    path = str(load_robot(robot).urdf)
    body = bullet.loadURDF(path, useFixedBase=True, physicsClientId=client)
    count = bullet.getNumJoints(body, physicsClientId=client)
    names = [bullet.getJointInfo(body, i, physicsClientId=client)[12].decode() for i in range(count)]
    base = bullet.getBodyInfo(body, physicsClientId=client)[0].decode()
    things = find_visuals(sample(replace_robot(load_task("reach"), robot), (), 0), "robot")
    visuals = [(link, visual) for link, thing in things.items() for visual in thing.visuals]
    theirs = bullet.getVisualShapeData(body, physicsClientId=client)
    assert len(visuals) == len(theirs)
    left = {link: iter(thing.visuals) for link, thing in things.items()}
    for _, index, kind, size, file, position, rotation, color in theirs:
        link = base if index < 0 else names[index]
        visual = next(left[link])
        assert visual.kind == ENGINE_KINDS[kind], link
        assert visual.material.color == pytest.approx(color[:3], abs=1e-6), link
        if kind == bullet.GEOM_MESH:
            assert Path(visual.mesh).samefile(file.decode()), link
            assert visual.scale == pytest.approx(size), link
        assert_same_pose((*visual.position, *visual.rotation), (*position, *rotation), link)


def test_the_tint_multiplies_the_colors_of_the_robot_alone() -> None:
    task = sample(load_task("grasp"), (), 0)
    tinted = replace(task, robot=replace(task.robot, tint=(0.5, 1.0, 0.25)))
    for plain, colored in zip(build_visual_bodies(task), build_visual_bodies(tinted), strict=True):
        if plain.body != "robot":
            assert colored == plain
        for before, after in zip(plain.visuals, colored.visuals, strict=True) if plain.body == "robot" else ():
            red, green, blue = before.material.color
            assert after.material.color == pytest.approx((0.5 * red, green, 0.25 * blue))


@pytest.mark.parametrize("name", [name for name in list_objects() if load_object(name).mesh])
def test_an_object_mesh_has_the_size_of_its_collision_shapes(name: str) -> None:
    task = load_task("grasp")
    thing = replace(task.objects["target"], model=name, size=1.5)
    [visual] = find_visuals(resolve(replace(task, objects={"target": thing})), "target")[""].visuals
    rows = [
        line.split()[1:4] for line in Path(visual.mesh).read_text(encoding="utf-8").splitlines() if line[:2] == "v "
    ]
    points = np.array(rows, dtype=float) * visual.scale
    low, high = 1.5 * np.array(load_object(name).bounds)
    assert points.min(axis=0) == pytest.approx(low, abs=3e-3)
    assert points.max(axis=0) == pytest.approx(high, abs=3e-3)
    assert visual.material.color == load_object(name).color


def test_an_object_without_a_mesh_is_drawn_as_its_collision_shapes(tmp_path: Path) -> None:
    text = (get_assets_folder() / "objects" / "dumbbell.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith('mesh = "meshes/dumbbell.obj"')]
    (tmp_path / "meshes").symlink_to(get_assets_folder() / "objects" / "meshes")
    (tmp_path / "dumbbell.toml").write_text("\n".join(lines), encoding="utf-8")
    task = load_task("grasp")
    bare = replace(task.objects["target"], model=str(tmp_path / "dumbbell.toml"))
    visuals = find_visuals(resolve(replace(task, objects={"target": bare})), "target")[""].visuals
    shapes = load_object("dumbbell").shapes
    assert [v.kind for v in visuals] == ["mesh" if s.kind == "hull" else s.kind for s in shapes]
    assert [v.position for v in visuals] == [s.position for s in shapes]


@pytest.mark.parametrize("name", list_workspaces())
def test_every_part_of_a_workspace_is_drawn_at_its_position(name: str) -> None:
    task = load_task("grasp")
    use = replace(task.workspace, model=name, height=0.1, color=(0.2, 0.3, 0.4), texture="")
    things = find_visuals(resolve(replace(task, workspace=use)), "table")
    workspace = load_workspace(name)
    assert list(things) == [part.name for part in workspace.parts]
    for part in workspace.parts:
        pose, [visual] = things[part.name].fixed_pose, things[part.name].visuals
        assert pose is not None
        assert pose.position == pytest.approx((part.position[0], part.position[1], part.position[2] + 0.1))
        assert visual.size == part.size
        is_surface = part == workspace.surface
        assert visual.material.color == ((0.2, 0.3, 0.4) if is_surface else part.color)
        assert (visual.material.texture == "") == (is_surface or not part.texture)


@pytest.mark.parametrize("name", list_tasks())
def test_bodies_are_listed_in_the_order_of_their_mask_numbers(name: str) -> None:
    task = sample(load_task(name), (), 0)
    bodies = list(dict.fromkeys(thing.body for thing in build_visual_bodies(task)))
    marks = [*(["goal"] if task.goal else []), *(["region"] if list_marked_regions(task) else [])]
    assert bodies == ["floor", "table", "robot", *task.objects, *marks]


def test_an_object_without_a_texture_in_its_task_has_that_of_its_model(tmp_path: Path) -> None:
    file = tmp_path / "cube.toml"
    text = (get_assets_folder() / "objects" / "cube.toml").read_text(encoding="utf-8")
    (tmp_path / "meshes").symlink_to(get_assets_folder() / "objects" / "meshes")
    kept = [line for line in text.splitlines() if not line.startswith(("texture", "specular", "roughness"))]
    kept.insert(2, 'texture = "wood_oak"\nspecular = 0.7\nroughness = 0.3')
    file.write_text("\n".join(kept), encoding="utf-8")
    task = load_task("grasp")
    own = replace(task.objects["target"], model=str(file))
    plain = replace(own, texture="")
    things = build_visual_bodies(resolve(replace(task, objects={"own": own, "plain": plain})))
    [mine, bare] = [thing.visuals[0].material for thing in things if thing.body in ("own", "plain")]
    assert Path(mine.texture).name == "wood_oak.png"
    assert (mine.specular, mine.roughness) == (0.7, 0.3)
    assert bare.texture == ""


def test_a_goal_is_drawn_as_a_sphere_with_axes_for_its_orientation() -> None:
    task = load_task("reach_pose")
    assert task.goal is not None
    turned = find_visuals(resolve(task), "goal")[""].visuals
    assert [visual.kind for visual in turned] == ["sphere", "box", "box", "box"]
    point = find_visuals(resolve(replace(task, goal=replace(task.goal, rpy=None, marker=0.03))), "goal")[""].visuals
    assert [(visual.kind, visual.size) for visual in point] == [("sphere", (0.03,))]
    assert not find_visuals(resolve(replace(task, goal=replace(task.goal, marker=0.0))), "goal")
