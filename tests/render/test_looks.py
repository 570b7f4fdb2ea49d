"""What is drawn and from where: looks as declared against what the engine loads, poses, the neck, and bad cameras."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pybullet as bullet
import pytest

from mygym_lite.config.field_path import set_value
from mygym_lite.config.head_pose import compute_initial_position
from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.robot import list_robots, load_robot
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.sampling import resolve, sample
from mygym_lite.config.scenery import Camera
from mygym_lite.config.task import Goal, ObjectConfig, Task, list_tasks
from mygym_lite.config.visuals import VisualBody, build_visual_bodies
from mygym_lite.config.workspace import list_workspaces, load_workspace
from mygym_lite.errors import ConfigError
from mygym_lite.paths import get_assets_folder, get_tasks_folder
from mygym_lite.render.camera import View, compute_view
from mygym_lite.schema import Location
from mygym_lite.sim.tiny_renderer import render_images
from mygym_lite.sim.world import World
from mygym_lite.terms import load_task

ENGINE_KINDS = {
    bullet.GEOM_MESH: "mesh", bullet.GEOM_BOX: "box", bullet.GEOM_SPHERE: "sphere",
    bullet.GEOM_CYLINDER: "cylinder", bullet.GEOM_CAPSULE: "capsule",
}  # fmt: skip
HUMANOIDS = [name for name in list_robots() if load_robot(name).gaze is not None]
HEAD = Camera(mount="head")


def with_robot(task: Task, robot: str) -> Task:
    return replace(task, robot=replace(task.robot, model=robot, control="joint_delta"))


def looks_of(task: Task, body: str) -> dict[str, VisualBody]:
    """What is drawn of one body, by link."""
    return {thing.link: thing for thing in build_visual_bodies(task) if thing.body == body}


@pytest.fixture
def client() -> Iterator[int]:
    number = bullet.connect(bullet.DIRECT)
    yield number
    bullet.disconnect(number)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


def move_about(world: World, steps: int = 15) -> None:
    rng = np.random.default_rng(0)
    for _ in range(steps):
        world.step(rng.uniform(-1, 1, world.action_size))


# --- what is drawn


@pytest.mark.parametrize("robot", list_robots())
def test_robot_looks_are_those_that_the_engine_reads(robot: str, client: int) -> None:
    path = str(load_robot(robot).urdf)
    body = bullet.loadURDF(path, useFixedBase=True, physicsClientId=client)
    count = bullet.getNumJoints(body, physicsClientId=client)
    names = [bullet.getJointInfo(body, i, physicsClientId=client)[12].decode() for i in range(count)]
    base = bullet.getBodyInfo(body, physicsClientId=client)[0].decode()
    things = looks_of(sample(with_robot(load_task("reach"), robot), (), 0), "robot")
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


@pytest.mark.parametrize("name", [name for name in list_objects() if load_object(name).mesh])
def test_object_is_as_large_as_its_collision_shapes(name: str) -> None:
    task = load_task("grasp")
    thing = replace(task.objects["target"], model=name, size=1.5)
    [visual] = looks_of(resolve(replace(task, objects={"target": thing})), "target")[""].visuals
    rows = [
        line.split()[1:4] for line in Path(visual.mesh).read_text(encoding="utf-8").splitlines() if line[:2] == "v "
    ]
    points = np.array(rows, dtype=float) * visual.scale
    low, high = 1.5 * np.array(load_object(name).bounds)
    assert points.min(axis=0) == pytest.approx(low, abs=3e-3)
    assert points.max(axis=0) == pytest.approx(high, abs=3e-3)
    assert visual.material.color == load_object(name).color


def test_object_without_a_mesh_is_drawn_by_its_shapes(tmp_path: Path) -> None:
    text = (get_assets_folder() / "objects" / "dumbbell.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith('mesh = "meshes/dumbbell.obj"')]
    (tmp_path / "meshes").symlink_to(get_assets_folder() / "objects" / "meshes")
    (tmp_path / "dumbbell.toml").write_text("\n".join(lines), encoding="utf-8")
    task = load_task("grasp")
    bare = replace(task.objects["target"], model=str(tmp_path / "dumbbell.toml"))
    visuals = looks_of(resolve(replace(task, objects={"target": bare})), "target")[""].visuals
    shapes = load_object("dumbbell").shapes
    assert [v.kind for v in visuals] == ["mesh" if s.kind == "hull" else s.kind for s in shapes]
    assert [v.position for v in visuals] == [s.position for s in shapes]


@pytest.mark.parametrize("name", list_workspaces())
def test_every_part_of_the_furniture_is_drawn_where_it_stands(name: str) -> None:
    task = load_task("grasp")
    use = replace(task.workspace, model=name, height=0.1, color=(0.2, 0.3, 0.4), texture="")
    things = looks_of(resolve(replace(task, workspace=use)), "table")
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
def test_order_of_what_is_drawn(name: str) -> None:
    task = sample(load_task(name), (), 0)
    bodies = list(dict.fromkeys(thing.body for thing in build_visual_bodies(task)))
    assert bodies == ["floor", "table", "robot", *task.objects, *(["goal"] if task.goal else [])]


def test_models_give_the_looks_that_a_task_leaves_open(tmp_path: Path) -> None:
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


def test_goal_is_a_ball_with_axes_if_it_is_turned_and_nothing_if_it_has_no_size() -> None:
    task = load_task("reach_pose")
    assert task.goal is not None
    turned = looks_of(resolve(task), "goal")[""].visuals
    assert [visual.kind for visual in turned] == ["sphere", "box", "box", "box"]
    point = looks_of(resolve(replace(task, goal=replace(task.goal, rpy=None, marker=0.03))), "goal")[""].visuals
    assert [(visual.kind, visual.size) for visual in point] == [("sphere", (0.03,))]
    assert not looks_of(resolve(replace(task, goal=replace(task.goal, marker=0.0))), "goal")


# --- where it is


@pytest.mark.parametrize("robot", list_robots())
def test_poses_are_those_of_the_engine(robot: str, world: World) -> None:
    task = sample(with_robot(load_task("reach_moving"), robot), (), 3)
    world.reset(task, 3)
    move_about(world)
    rows = dict(zip(world.pose_names, world.compute_poses(), strict=True))
    for (body, index), (name, link) in world.link_names.items():
        if name == "robot" and index >= 0:
            state = bullet.getLinkState(body, index, computeForwardKinematics=1, physicsClientId=world.client)
            assert_same_pose(rows["robot", link], (*state[4], *state[5]), link)
    assert [link for name, link in rows if name == "robot"] == list(load_robot(robot).tree.links)
    assert tuple(rows["goal", ""][:3]) == world.state.position("goal")


@pytest.mark.parametrize("robot", list_robots())
def test_what_is_said_to_stand_still_does(robot: str, world: World) -> None:
    task = sample(with_robot(load_task("grasp"), robot), (), 0)
    world.reset(task, 0)
    move_about(world)
    rows = dict(zip(world.pose_names, world.compute_poses(), strict=True))
    things = looks_of(task, "robot")
    standing = {link: thing.fixed_pose for link, thing in things.items() if thing.fixed_pose is not None}
    assert standing
    for link, pose in standing.items():
        assert_same_pose(rows["robot", link], (*pose.position, *pose.rotation), link)


def assert_same_pose(ours: Any, theirs: Any, what: str) -> None:
    assert np.asarray(ours[:3]) == pytest.approx(np.asarray(theirs[:3]), abs=1e-6), what
    assert abs(np.dot(ours[3:], theirs[3:])) == pytest.approx(1.0, abs=1e-6), what


def test_poses_of_objects_are_those_of_the_state(world: World) -> None:
    world.reset(sample(load_task("grasp_clutter"), (), 1), 1)
    move_about(world)
    rows = dict(zip(world.pose_names, world.compute_poses(), strict=True))
    objects = [name for name in world.state.frames if name == "target" or name.startswith("distractor")]
    assert len(objects) == 5
    for name in objects:
        pose = world.state.frames[name]
        assert tuple(rows[name, ""]) == (*pose.position, *pose.rotation)


@pytest.mark.parametrize("name", ["grasp_clutter", "reach_moving", "reach_pose"])
def test_physics_is_the_same_whether_or_not_it_is_drawn(name: str) -> None:
    task, told = sample(load_task(name), (), 5), []
    for visuals in (False, True):
        with World(visuals=visuals) as world:
            world.reset(sample(load_task("reach_avoid"), (), 2), 2)  # something else was there before
            move_about(world, 5)
            world.reset(task, 5)
            move_about(world, 40)
            told.append((world.state.joints, world.state.fingers, world.state.frames, world.state.motions))
    assert told[0] == told[1]


# --- the neck


def head_view(world: World, task: Task) -> View:
    gaze = world.robot_model.gaze
    assert gaze is not None
    row = world.compute_poses()[world.pose_names.index(("robot", gaze.link))].tolist()
    return compute_view("head", HEAD, replace_pose(row), None)


def replace_pose(row: list[float]) -> Any:
    from mygym_lite.config.state import Pose

    return Pose((row[0], row[1], row[2]), (row[3], row[4], row[5], row[6]))


@pytest.mark.parametrize("robot", HUMANOIDS)
@pytest.mark.parametrize("seed", range(3))
def test_head_looks_at_the_thing_that_its_camera_names(robot: str, seed: int, world: World) -> None:
    task = with_robot(load_task("grasp"), robot)
    task = sample(replace(task, cameras={"head": replace(HEAD, look_at="target")}), (), seed)
    state = world.reset(task, seed)
    u, v, _ = head_view(world, task).project(np.array(state.position("target")))[0]
    assert (u, v) == pytest.approx((240.0, 240.0), abs=1e-3)
    assert compute_initial_position(task, "target") == pytest.approx(state.position("target"), abs=1e-9)


def test_head_looks_where_a_moving_goal_begins(world: World) -> None:
    task = load_task("reach_moving")
    task = sample(replace(task, cameras={"head": replace(HEAD, look_at="goal")}), (), 4)
    state = world.reset(task, 4)
    assert head_view(world, task).project(np.array(state.position("goal")))[0, :2] == pytest.approx(240.0, abs=1e-3)


def test_head_looks_as_near_as_its_neck_allows() -> None:
    """The goal stands beside the robot, beyond the limit of the pan joint: the tilt does what is left to do."""
    goal = Goal(position=(0.1, -0.35, 0.45))
    task = replace(load_task("reach"), goal=goal, cameras={"head": replace(HEAD, look_at="goal")})
    robot = load_robot("humanoid_right")
    assert robot.gaze is not None
    limits = [(robot.tree.joints[name].lower, robot.tree.joints[name].upper) for name in robot.gaze.joints]
    aim = resolve(task).robot.gaze
    assert aim is not None
    assert all(low <= angle <= high for angle, (low, high) in zip(aim, limits, strict=True))
    assert any(angle in limit for angle, limit in zip(aim, limits, strict=True))
    best = away(task, goal, aim)
    for joint in (0, 1):
        for nudge in (-0.02, 0.02):
            other = [angle + nudge * (i == joint) for i, angle in enumerate(aim)]
            if limits[joint][0] <= other[joint] <= limits[joint][1]:
                assert away(task, goal, (other[0], other[1])) > best - 1e-4


def away(task: Task, goal: Goal, gaze: tuple[float, float]) -> float:
    """Angle between the optical axis and the goal with a neck turned so, rad."""
    fixed = replace(task, cameras={}, robot=replace(task.robot, gaze=gaze))
    with World() as world:
        world.reset(sample(replace(fixed, start={}), (), 0), 0)
        row = world.compute_poses()[world.pose_names.index(("robot", "head_camera"))]
    ray = np.array(goal.position) - row[:3]
    axis = rotation_from_quaternion(tuple(row[3:].tolist()))[:, 0]
    return math.acos(float(ray @ axis) / float(np.linalg.norm(ray)))


def test_a_head_that_looks_at_nothing_is_at_home() -> None:
    task = resolve(load_task("grasp"))
    gaze = load_robot(task.robot.model).gaze
    assert gaze is not None
    assert task.robot.gaze == gaze.home


def test_a_robot_without_a_head_has_no_neck_to_turn() -> None:
    task = with_robot(replace(load_task("grasp"), cameras={"head": replace(HEAD, look_at="target")}), "panda")
    assert resolve(load_task(task)).robot.gaze is None


# --- the engine's own renderer


def ball_task() -> Task:
    """A ball of 6 cm floats over an empty table."""
    task = load_task("grasp")
    ball = ObjectConfig("ball", (0.45, 0.1, 0.2), fixed=True)
    camera = Camera(position=(1.1, 0.4, 0.5), look_at="ball", size=(120, 90), fov=25)
    parts: dict[str, Any] = {"reward": {}, "start": {}, "failure": {}, "pushes": {}}
    show = {"p": load_task("reach").observe["proprio"]}
    done = {"a": {"term": "lower_than", "of": "palm", "metres": -1}}
    return replace(task, objects={"ball": ball}, cameras={"near": camera}, observe=show, success=done, **parts)


def tiny_picture(task: Task) -> tuple[dict[str, Any], View]:
    with World(visuals=True) as world:
        state = world.reset(sample(load_task(task), (), 0), 0)
        camera = task.cameras["near"]
        view = compute_view("near", camera, None, state.position("ball"))
        numbers = {key: (int(name == "ball"), 0) for key, (name, _) in world.link_names.items()}
        return render_images(world.client, view, task.light, task.background, numbers), view


def test_tiny_puts_a_ball_where_the_camera_says() -> None:
    picture, view = tiny_picture(ball_task())
    rows, columns = np.nonzero(picture["mask"])
    middle = view.project(np.array([0.45, 0.1, 0.23]))[0]
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(tuple(middle[:2]), abs=0.1)
    assert picture["depth"][picture["mask"] == 1].min() == pytest.approx(middle[2] - 0.03, abs=1.5e-3)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("light.direction", (-0.5, -0.5, 1.0)), ("light.color", (1.0, 0.5, 0.5)), ("light.intensity", 0.5),
        ("light.ambient", 0.8), ("light.shadow", 0.0), ("background.top", (0.1, 0.2, 0.3)),
        ("objects.ball.color", (0.1, 0.9, 0.1)), ("objects.ball.texture", "checker_blue"),
        ("workspace.texture", "marble_white"), ("workspace.color", (0.3, 0.3, 0.9)),
        ("workspace.floor", "wood_oak"), ("workspace.floor_color", (0.1, 0.1, 0.1)), ("cameras.near.near", 0.8),
        ("cameras.near.far", 0.8), ("cameras.near.rpy", (0.2, 0.0, 0.0)),
    ],
)  # fmt: skip
def test_tiny_shows_what_is_declared(path: str, value: Any) -> None:
    task = replace(ball_task(), cameras={"near": Camera((1.6, 0.4, 0.3), "ball", size=(96, 72), fov=60)})
    plain, changed = (tiny_picture(t)[0]["rgb"] for t in (task, set_value(task, path, value, Location("test"))))
    assert (plain != changed).any()


def test_a_texture_is_taken_off_again() -> None:
    task = ball_task()
    worn = set_value(task, "objects.ball.texture", "checker_blue", Location("test"))
    camera, pictures = task.cameras["near"], []
    with World(visuals=True) as world:
        for each in (task, worn, task):
            state = world.reset(sample(each, (), 0), 0)
            view = compute_view("near", camera, None, state.position("ball"))
            pictures.append(render_images(world.client, view, task.light, task.background, {})["rgb"])
    assert (pictures[0] != pictures[1]).any()
    assert (pictures[0] == pictures[2]).all()


# --- mistakes

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


@pytest.mark.parametrize(("old", "new", "key", "remedy"), MISTAKES, ids=[f"{m[2]}-{i}" for i, m in enumerate(MISTAKES)])
def test_mistake_in_the_looks_is_refused_in_one_line(old: str, new: str, key: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_task(edited(tmp_path, old, new))
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"grasp.toml: {key}"), str(error.value)
    assert remedy in str(error.value), str(error.value)


def test_lens_that_two_variations_turn_round_is_refused_in_its_episode(tmp_path: Path) -> None:
    start = 'uniform = [-1, 1] }\n"cameras.front.near" = { value = 1.0 }\n"cameras.front.far" = { value = 0.5'
    task = load_task(edited(tmp_path, YAW, start))
    with pytest.raises(ConfigError, match=r"grasp, seed 7: cameras\.front\.near: 1 m is not nearer than far, 0\.5 m"):
        sample(task, (), 7)


def edited(folder: Path, old: str, new: str) -> Path:
    """A copy of a good file with one edit."""
    text = (get_tasks_folder() / "grasp.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "grasp.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "grasp.toml"


def test_one_neck_looks_at_one_thing(tmp_path: Path) -> None:
    other = '[objects.other]\nmodel = "box"\nposition = [0.5, 0.2, 0]\n[cameras]\n'
    two = 'a = { mount = "head", look_at = "target" }\nb = { mount = "head", look_at = "other" }'
    with pytest.raises(ConfigError, match=r"cameras\.b\.look_at: the head looks at 'target' for camera 'a'"):
        load_task(edited(tmp_path, f"[cameras]\n{FRONT}", other + two))


def test_gaze_cannot_vary_while_the_head_looks_at_something(tmp_path: Path) -> None:
    start = 'head = { mount = "head", look_at = "target" }'
    file = edited(tmp_path, HEAD_LINE, start)
    text = file.read_text(encoding="utf-8") + '"robot.gaze" = { shift = [-0.1, 0.1] }\n'
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"robot\.gaze.*the head looks at 'target'; vary the rpy"):
        load_task(file)


def test_missing_mesh_of_a_robot_is_told(tmp_path: Path) -> None:
    source = get_assets_folder() / "robots" / "humanoid"
    for name in ("humanoid_right.toml", "humanoid_right.urdf"):
        text = (source / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("meshes/visor.obj", "meshes/vizor.obj"), encoding="utf-8")
    (tmp_path / "meshes").symlink_to(source / "meshes")
    task = with_robot(load_task("reach"), str(tmp_path / "humanoid_right.toml"))
    with pytest.raises(ConfigError, match=r"humanoid_right\.urdf: head: no such file as 'meshes/vizor\.obj'"):
        build_visual_bodies(resolve(task))


@pytest.mark.parametrize(
    ("file", "line", "bad", "message"),
    [
        ("objects/cube.toml", 'family = "box"', 'family = "box"\nroughness = 0.01', "roughness: 0.01 is below"),
        ("workspaces/table.toml", "friction = 1.0", 'friction = 1.0\nflooor = "wood_oak"', "did you mean 'floor'?"),
    ],
)  # fmt: skip
def test_mistake_in_a_model_is_told(file: str, line: str, bad: str, message: str, tmp_path: Path) -> None:
    text = (get_assets_folder() / file).read_text(encoding="utf-8")
    kept = "\n".join(row for row in text.replace(line, bad, 1).splitlines() if not row.startswith("roughness = 0.4"))
    (tmp_path / "meshes").symlink_to(get_assets_folder() / "objects" / "meshes")
    copy = tmp_path / Path(file).name
    copy.write_text(kept, encoding="utf-8")
    load = load_object if file.startswith("objects") else load_workspace
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        load(copy)
