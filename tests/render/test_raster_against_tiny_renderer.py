"""Images of our renderer compared with PyBullet's TinyRenderer: every task, object, robot and camera.

TinyRenderer samples pixels at their corners, so its frustum is shifted by half a pixel. Where the two still differ, ray
casting decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from rays import centres, soup, wrong

from mygym_lite.config.objects import list_objects, load_object
from mygym_lite.config.robot import list_robots
from mygym_lite.config.task import Task, list_tasks
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.config.visuals import build_visual_bodies
from mygym_lite.envs.renderers import Images, TinyBackend
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.render.camera import View
from mygym_lite.terms import load_task

SIZE = (256, 256)
KINDS = ("mask", "links", "depth")
NEAR = 0.1  # m; near plane for scenes that are farther away; else TinyRenderer resolves depth at 4 m to 0.1 mm only
MIN_PIXELS = 100  # px; one pixel at the edge of a smaller body is too large a share


class Pair:
    """Environment that both renderers draw."""

    def __init__(self, env: TaskEnv) -> None:
        self.env = env
        self._tiny = TinyBackend(env.world, "fast")
        self._tiny.reset(env.episode_task)

    def draw(self, camera: str, size: tuple[int, int] = SIZE) -> tuple[View, Images, Images]:
        """Return the view, our images and those of TinyRenderer."""
        view, ours = self.env.view(camera, size), self.env.render_images(camera, KINDS, size, "fast")
        if ours["depth"][ours["depth"] > 0].min() > NEAR:
            view = replace(view, near=NEAR)
        return view, ours, self._tiny.draw(view, KINDS)

    def find_regions(self, images: Images) -> NDArray[np.bool_]:
        """Return the pixels that show a region."""
        numbers = [number for number, name in self.env.mask_names.items() if name == "region"]
        return np.isin(images["mask"], numbers)

    def find_wrong_pixels(self, view: View, images: Images, pixels: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the pixels of our images that no ray confirms."""
        things, names = build_visual_bodies(self.env.episode_task), self.env.world.pose_names
        corners, part_of, _ = soup(things, names, self.env.world.compute_poses())
        where = pixels.ravel()
        return wrong(view, images["links"].ravel()[where], images["depth"].ravel()[where], corners,
                     np.append(part_of + 1, 0), centres(view)[where])  # fmt: skip


def make_env(task: str | Task, robot: str | None = None, steps: int = 8) -> TaskEnv:
    """Make an environment after a few random steps, with our renderer and a world that TinyRenderer can draw."""
    env = TaskEnv(task, robot=robot, renderer="tiny")
    env.camera_rig.renderer = "raster"
    env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(steps):
        env.step(env.action_space.sample())
    return env


@pytest.fixture(scope="module", params=list_tasks())
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    env = make_env(request.param)
    yield Pair(env)
    env.close()


def compare_body(ours: Images, theirs: Images, number: int) -> tuple[int, float, float]:
    """Return the pixels of a body in the larger mask, intersection over union, and median difference in depth, m."""
    a, b = ours["mask"] == number, theirs["mask"] == number
    apart = np.abs(ours["depth"] - theirs["depth"])[a & b]
    return max(a.sum(), b.sum()), (a & b).sum() / max(1, (a | b).sum()), float(np.median(apart)) if len(apart) else 0.0


def assert_agreement(pair: Pair, ours: Images, theirs: Images) -> set[str]:
    """Check every body that is large enough, and return their names."""
    compared = set()
    for number, name in pair.env.mask_names.items():
        size, overlap, apart = compare_body(ours, theirs, number)
        if size > MIN_PIXELS and name not in ("goal", "region"):  # TinyRenderer's spheres and discs are coarse
            assert overlap >= 0.99, (name, size)
            assert apart < 1e-4, (name, size)
            compared.add(name)
    return compared


def test_masks_and_depths_of_every_task_agree(pair: Pair) -> None:
    compared: set[str] = set()
    for camera in pair.env.cameras:
        _, ours, theirs = pair.draw(camera)
        compared |= assert_agreement(pair, ours, theirs)
    assert compared >= {"background", "floor", "table", "robot", *pair.env.episode_task.objects}


def test_differing_pixels_agree_with_ray_casting(pair: Pair) -> None:
    """Pixels that differ in their link, or in depth by more than 1 mm."""
    for camera in pair.env.cameras:
        view, ours, theirs = pair.draw(camera)
        differ = (ours["links"] != theirs["links"]) | (np.abs(ours["depth"] - theirs["depth"]) > 1e-3)
        differ &= ~(pair.find_regions(ours) | pair.find_regions(theirs))  # TinyRenderer's discs are coarse
        assert differ.mean() < 0.01
        assert not len(pair.find_wrong_pixels(view, ours, differ))


@pytest.mark.parametrize("name", [name for name in list_objects() if load_object(name).mesh])
def test_masks_and_depths_of_every_object_agree(name: str) -> None:
    thing = ObjectConfig(name, (0.45, 0.0, 0.0), yaw=0.4)
    task = replace(load_task("reach"), objects={"thing": thing}, cameras=load_task("grasp").cameras)
    env = make_env(task, steps=0)
    pair, compared = Pair(env), 0
    for camera in ("head", "wrist", "side"):
        _, ours, theirs = pair.draw(camera)
        compared += "thing" in assert_agreement(pair, ours, theirs)
    env.close()
    assert compared == 3


@pytest.mark.parametrize("robot", [name for name in list_robots() if name != "panda"])
def test_masks_and_depths_of_every_robot_agree(robot: str) -> None:
    env = make_env("reach", robot)
    pair = Pair(env)
    for camera in env.cameras:
        _, ours, theirs = pair.draw(camera)
        compared = assert_agreement(pair, ours, theirs)
        assert "robot" in compared
    env.close()


@pytest.mark.parametrize(("camera", "size"), [pytest.param("front", (97, 61), marks=pytest.mark.slow), ("wrist", SIZE)])
def test_small_triangles_leave_no_holes_in_a_robot(camera: str, size: tuple[int, int]) -> None:
    """TinyRenderer omits some triangles smaller than a pixel and shows the background instead."""
    env = make_env("reach", "panda")
    pair = Pair(env)
    view, ours, theirs = pair.draw(camera, size)
    differ = ours["mask"] != theirs["mask"]
    assert differ.any()
    assert not len(pair.find_wrong_pixels(view, ours, differ))
    env.close()


@pytest.mark.parametrize("size", [SIZE, (640, 480)])
def test_a_goal_is_nearer_to_a_true_sphere_than_in_tiny_renderer(size: tuple[int, int]) -> None:
    """The renderers approximate the sphere by triangles whose corners lie on it."""
    env = make_env("reach", steps=0)
    pair = Pair(env)
    number = next(n for n, name in env.mask_names.items() if name == "goal")
    middle, radius = np.array(env.state.position("goal")), env.episode_task.goal.marker  # type: ignore[union-attr]
    for camera in ("head", "wrist"):
        view, ours, theirs = pair.draw(camera, size)
        rays = view.unproject(np.hstack([centres(view), np.ones((size[0] * size[1], 1))])) - view.position
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        true = np.linalg.norm(np.cross(rays, middle - view.position), axis=1).reshape(size[::-1]) < radius
        overlaps = [((image["mask"] == number) & true).sum() / ((image["mask"] == number) | true).sum()
                    for image in (ours, theirs)]  # fmt: skip
        assert overlaps[0] > 0.975
        assert overlaps[0] > overlaps[1]
    env.close()
