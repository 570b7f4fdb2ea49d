"""Camera matrices agree with the rendered images, for every camera of every task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rays import centres

from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_rpy
from mygym_lite.config.scenery import Camera
from mygym_lite.config.state import Pose
from mygym_lite.config.task import list_tasks
from mygym_lite.config.visuals import VisualBody, build_visual_bodies
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.render.camera import View, compute_view
from mygym_lite.render.geometry import build_solid
from mygym_lite.terms import load_task

Array = NDArray[np.float64]
SIZE = (160, 120)
CAMERAS = [(task, camera) for task in list_tasks() for camera in load_task(task).cameras]
every_camera = pytest.mark.parametrize(("task", "camera"), CAMERAS)
every_task = pytest.mark.parametrize("task", list_tasks())


@pytest.fixture(scope="module")
def envs() -> Iterator[dict[str, TaskEnv]]:
    made = {name: TaskEnv(name) for name in list_tasks()}
    yield made
    for env in made.values():
        env.close()


@pytest.fixture
def env(task: str, envs: dict[str, TaskEnv]) -> TaskEnv:
    """Environment after a few random steps."""
    envs[task].reset(seed=3)
    return step_randomly(envs[task])


def step_randomly(env: TaskEnv, steps: int = 6) -> TaskEnv:
    env.action_space.seed(0)
    for _ in range(steps):
        env.step(env.action_space.sample())
    return env


def find_pose(env: TaskEnv, thing: VisualBody) -> Pose:
    """Return the pose of a visual body in the simulation."""
    if thing.fixed_pose is not None:
        return thing.fixed_pose
    row = env.world.compute_poses()[env.world.pose_names.index((thing.body, thing.link))]
    return Pose(tuple(row[:3]), tuple(row[3:]))


def transform_to_frame(pose: Pose, points: Array) -> Array:
    return np.asarray((points - pose.position) @ rotation_from_quaternion(pose.rotation))


def compute_distance_to_surface(points: Array, thing: VisualBody) -> Array:
    """Compute the distance of points in the frame of a body to its nearest triangle, m."""
    corners = np.concatenate(
        [build_solid(visual).points[build_solid(visual).triangles] for visual in thing.visuals]
    ).astype(float)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    across = np.cross(b - a, c - a)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    within, beside = np.ones((len(points), len(a)), bool), np.full((len(points), len(a)), np.inf)
    for p, q in ((a, b), (b, c), (c, a)):
        within &= np.sum(np.cross(across, q - p) * (points[:, None] - p), axis=2) >= 0.0
        along = np.clip(np.sum((points[:, None] - p) * (q - p), axis=2) / np.sum((q - p) ** 2, axis=1), 0.0, 1.0)
        beside = np.minimum(beside, np.linalg.norm(points[:, None] - p - along[:, :, None] * (q - p), axis=2))
    above = np.abs(np.sum((points[:, None] - a) * across, axis=2))
    return np.asarray(np.where(within, above, beside).min(axis=1))


# --- every camera of every task


@every_camera
def test_unprojected_pixels_lie_on_the_surface_of_their_body(env: TaskEnv, camera: str) -> None:
    """Pixels are unprojected with their depths, into the frame of the link, object or table that they show."""
    view = env.view(camera, SIZE)
    images = env.render_images(camera, ("mask", "links", "depth"), SIZE)
    links, bodies = images["links"].ravel(), images["mask"].ravel()
    points = view.unproject(np.hstack([centres(view), images["depth"].reshape(-1, 1)]))
    things = build_visual_bodies(env.episode_task)
    assert (links == 0).tolist() == (bodies == 0).tolist() == (images["depth"].ravel() == 0.0).tolist()
    assert len(np.unique(links)) > 4
    for number in set(links.tolist()) - {0}:
        thing = things[number - 1]
        name = f"{thing.body}/{thing.link}" if thing.link else thing.body
        assert env.link_names[number] == name
        assert {env.mask_names[int(body)] for body in np.unique(bodies[links == number])} == {thing.body}
        some = points[links == number][::7]
        assert compute_distance_to_surface(transform_to_frame(find_pose(env, thing), some), thing).max() < 2e-4, name


@every_camera
def test_nothing_behind_an_object_is_seen_at_its_projected_position(env: TaskEnv, camera: str) -> None:
    """The pixel shows the object itself or something nearer, except through hollow objects."""
    view = env.view(camera, SIZE)
    images = env.render_images(camera, ("mask", "depth"), SIZE)
    goal = env.episode_task.goal
    for name in [*env.episode_task.objects, *(["goal"] if goal is not None and goal.marker else [])]:
        u, v, depth = view.project(np.array([env.state.position(name)]))[0]
        if not (0 <= u < SIZE[0] and 0 <= v < SIZE[1] and depth > view.near):
            continue
        seen = env.mask_names[int(images["mask"][int(v), int(u)])]
        before = images["depth"][int(v), int(u)] < depth + 1e-3
        hollow = name != "goal" and is_hollow(env.episode_task.objects[name].model)
        assert before or hollow
        if seen == name == "goal" and goal is not None and goal.rpy is None:  # axes stand out of the ball
            ray = np.linalg.norm([(u - SIZE[0] / 2) / view.focal_length, (v - SIZE[1] / 2) / view.focal_length, 1.0])
            near = depth - goal.marker / ray
            assert images["depth"][int(v), int(u)] == pytest.approx(near, abs=1.5e-3)


def is_hollow(model: str) -> bool:
    return model in ("arch", "torus_segment", "shelf") or load_object(model).cavity is not None


@every_task
def test_every_body_of_a_task_is_seen_by_some_camera(env: TaskEnv) -> None:
    """Guard the tests above against images without objects."""
    seen: set[str] = set()
    for camera in env.cameras:
        numbers, counts = np.unique(env.render_images(camera, ("mask",), SIZE)["mask"], return_counts=True)
        seen |= {env.mask_names[int(n)] for n, count in zip(numbers, counts, strict=True) if count > 10}
    assert seen >= {"floor", "table", "robot", *env.episode_task.objects, *(["goal"] if env.episode_task.goal else [])}


@every_camera
def test_extrinsics_are_rigid_and_intrinsics_match_the_field_of_view(env: TaskEnv, camera: str) -> None:
    """Mounted cameras included: a rotation without mirroring, and a lens with the declared field of view."""
    view, declared = env.view(camera), env.episode_task.cameras[camera]
    rotation = view.world_to_camera[:3, :3]
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert view.world_to_camera[3].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert np.allclose(view.world_to_camera @ [*view.position, 1.0], [0, 0, 0, 1], atol=1e-12)
    assert (view.width, view.height) == declared.size
    assert (view.name, view.near, view.far) == (camera, declared.near, declared.far)
    focal = view.height / 2 / np.tan(np.radians(declared.fov) / 2)
    expected = [[focal, 0, view.width / 2], [0, focal, view.height / 2], [0, 0, 1]]
    assert np.allclose(view.intrinsics, expected)
    top = view.unproject(np.array([[view.width / 2, 0.0, 1.0]])) - view.position
    ahead = view.unproject(np.array([[view.width / 2, view.height / 2, 1.0]])) - view.position
    assert np.degrees(np.arctan2(np.linalg.norm(top - ahead), 1.0)) == pytest.approx(declared.fov / 2)


@every_camera
def test_a_mounted_camera_moves_with_its_link_and_a_fixed_camera_stays(env: TaskEnv, camera: str) -> None:
    declared, gaze = env.episode_task.cameras[camera], env.world.robot_model.gaze

    def mount() -> Array:
        """Return the transform from the frame of the mount to the world."""
        matrix = np.eye(4)
        if declared.mount is not None:
            link = gaze.link if declared.mount == "head" and gaze else declared.mount
            row = env.world.pose_names.index(("robot", link)) if declared.mount != "palm" else None
            pose = env.state.frames["palm"] if row is None else Pose(*np.split(env.world.compute_poses()[row], [3]))
            matrix[:3, :3], matrix[:3, 3] = rotation_from_quaternion(pose.rotation), pose.position
        return matrix

    before, frame = env.view(camera).world_to_camera @ mount(), mount()
    step_randomly(env, 10)
    assert np.allclose(env.view(camera).world_to_camera @ mount(), before, atol=1e-9)
    if declared.mount == "palm":
        assert np.abs(mount() - frame).max() > 1e-3
    body = before[:3, :3].T @ np.array([[0, 0, 1.0], [-1, 0, 0], [0, -1, 0]]).T  # x forward, y left, z up, as columns
    if declared.mount is not None:
        assert np.allclose(body, rotation_from_rpy(declared.rpy), atol=1e-9)
        assert np.allclose(-before[:3, :3].T @ before[:3, 3], declared.position, atol=1e-9)


@every_task
def test_a_fixed_camera_centres_its_look_at_point_with_a_level_horizon(env: TaskEnv) -> None:
    for name, declared in env.episode_task.cameras.items():
        if declared.mount is None and not isinstance(declared.look_at, str) and not any(declared.rpy):
            view = env.view(name, SIZE)
            assert declared.look_at is not None
            at = view.project(np.array([declared.look_at]))[0]
            assert np.allclose(at[:2], (80, 60), atol=1e-9)
            assert np.allclose(view.position, declared.position, atol=1e-12)
            above = view.project(np.add([declared.look_at], (0, 0, 0.05)))[0]
            assert above[0] == pytest.approx(80)
            assert above[1] < 60


# --- aiming


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("task", "thing"), [("grasp", "target"), ("reach", "goal"), ("grasp_clutter", "target")])
def test_an_aimed_head_camera_centres_its_target(task: str, thing: str, seed: int) -> None:
    env = TaskEnv(task, settings=[f"cameras.head.look_at={thing}"])
    env.reset(seed=seed)
    point = np.array([env.state.position(thing)])
    u, v, _ = env.view("head", SIZE).project(point)[0]
    assert (u, v) == pytest.approx((80, 60), abs=1.0)
    mask = env.render_images("head", ("mask",), SIZE)["mask"]
    assert {env.mask_names[int(n)] for n in np.unique(mask[59:61, 79:81])} <= {thing, "robot"}
    env.close()


def test_a_fixed_camera_aims_at_the_initial_position_of_an_object() -> None:
    env = TaskEnv("grasp", settings=["cameras.side.look_at=target"])
    env.reset(seed=1)
    start = env.view("side", SIZE)
    assert start.project(np.array([env.state.position("target")]))[0, :2] == pytest.approx((80, 60), abs=1.0)
    step_randomly(env)
    assert np.array_equal(env.view("side", SIZE).world_to_camera, start.world_to_camera)
    env.reset(seed=2)
    assert not np.array_equal(env.view("side", SIZE).world_to_camera, start.world_to_camera)
    env.close()


# --- views by themselves


def test_a_level_camera_has_x_to_the_right_y_down_and_z_ahead() -> None:
    view = compute_view("eye", Camera((1.0, 2.0, 3.0), fov=90), None, (5.0, 2.0, 3.0), (200, 100))  # it looks along x
    assert np.allclose(view.world_to_camera[:3, :3], [[0, -1, 0], [0, 0, -1], [1, 0, 0]])
    left, above = view.project(np.array([[2.0, 3.0, 3.0], [2.0, 2.0, 3.5]]))
    assert np.allclose(left, (50, 50, 1))
    assert np.allclose(above, (100, 25, 1))


@pytest.mark.parametrize(("up", "right"), [(1, (1, 0, 0)), (-1, (-1, 0, 0))])
def test_a_camera_that_looks_straight_down_or_up_has_north_at_the_top(up: int, right: Any) -> None:
    view = compute_view("eye", Camera((0.0, 0.0, float(up))), None, (0.0, 0.0, 0.0))
    assert np.allclose(view.world_to_camera[:3, :3], [right, (0, -1, 0), (0, 0, -up)])


def test_roll_pitch_and_yaw_turn_a_camera_about_its_own_axes() -> None:
    """Positive angles roll clockwise, pitch down and yaw to the left, for a frame with x forward and z up."""
    mount = Pose((0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0))
    ahead = np.array([[1.0, 0.0, 1.0]])

    def seen(rpy: Any, point: Any = ahead) -> Array:
        return compute_view("eye", Camera(mount="palm", rpy=rpy, fov=90), mount, None, (200, 200)).project(point)[0]

    assert np.allclose(seen((0, 0, 0)), (100, 100, 1))
    assert np.allclose(seen((0, 0, 0.2))[:2], (100 + 100 * np.tan(0.2), 100))
    assert np.allclose(seen((0, 0.2, 0))[:2], (100, 100 - 100 * np.tan(0.2)))
    assert np.allclose(seen((np.pi / 2, 0, 0), np.add(ahead, (0, 0, 0.5)))[:2], (50, 100))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_unprojection_inverts_projection(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = rng.normal(size=4)
    mount = Pose(tuple(rng.uniform(-2, 2, 3)), tuple(turn / np.linalg.norm(turn)))
    declared = Camera(
        tuple(rng.uniform(-1, 1, 3)), mount="palm", rpy=tuple(rng.uniform(-3, 3, 3)), fov=rng.uniform(5, 120)
    )
    view: View = compute_view("eye", declared, mount, None, tuple(rng.integers(8, 500, 2)))
    pixels = np.stack(
        [rng.uniform(0, view.width, 20), rng.uniform(0, view.height, 20), rng.uniform(0.01, 20, 20)], axis=1
    )
    points = view.unproject(pixels)
    assert np.allclose(view.project(points), pixels, rtol=1e-7, atol=1e-7)
    local = points @ view.world_to_camera[:3, :3].T + view.world_to_camera[:3, 3]
    homogeneous = local @ view.intrinsics.T
    assert np.allclose(homogeneous[:, :2] / homogeneous[:, 2:], pixels[:, :2], rtol=1e-7, atol=1e-7)
