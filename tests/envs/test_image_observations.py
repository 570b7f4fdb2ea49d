"""Image observations: names, shapes, masks, quality, renderers and robots."""

from __future__ import annotations

import numpy as np
import pytest
from observations import IMAGE_KINDS, IMAGE_OPTIONS, play_episode

from mygym_lite.config.robot import load_robot
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError

# --- spaces and names

DTYPES = {"rgb": np.uint8, "depth": np.float32, "mask": np.int32, "links": np.int32, "normals": np.float32}


def test_images_are_named_after_camera_and_kind_with_rows_before_columns() -> None:
    env = TaskEnv("grasp", observe=[*IMAGE_KINDS, "touch"], cameras=["wrist", "side"], size=(60, 44))
    seen, _ = env.reset(seed=0)
    assert set(seen) == {"touch", *(f"{camera}_{kind}" for camera in ("wrist", "side") for kind in IMAGE_KINDS)}
    assert env.observation_space.contains(seen)
    for camera in ("wrist", "side"):
        for kind in IMAGE_KINDS:
            image = seen[f"{camera}_{kind}"]
            assert image.dtype == DTYPES[kind] == env.observation_space[f"{camera}_{kind}"].dtype
            assert image.shape == ((44, 60, 3) if kind in ("rgb", "normals") else (44, 60))
            assert image.flags.c_contiguous
    env.close()


def test_the_first_camera_and_its_size_are_the_default() -> None:
    env = TaskEnv("grasp", observe=["rgb"], settings=["cameras.front.size=[50, 40]"])
    assert list(env.observation_space) == ["front_rgb"]
    assert env.observation_space["front_rgb"].shape == (40, 50, 3)
    env.close()


def test_images_are_not_observed_by_default() -> None:
    env = TaskEnv("grasp")
    assert set(env.reset(seed=0)[0]) == {"proprio", "object", "touch"}
    env.close()


@pytest.mark.parametrize("task", ["grasp_clutter", "reach_pose"])
def test_depth_is_zero_in_the_background_and_every_mask_number_has_a_name(task: str) -> None:
    env = TaskEnv(task, observe=list(IMAGE_KINDS), cameras=["front", "head"], size=(200, 150))
    seen, _ = env.reset(seed=0)
    objects = env.episode_task.objects
    expected = ["background", "floor", "table", "robot", *objects, *(["goal"] if env.task.goal else [])]
    assert list(env.mask_names.items()) == list(enumerate(expected))
    assert env.link_names[0] == "background"
    for camera in ("front", "head"):
        mask, links, depth = (seen[f"{camera}_{kind}"] for kind in ("mask", "links", "depth"))
        assert (mask == 0).tolist() == (links == 0).tolist() == (depth == 0.0).tolist()
        assert {"floor", "table", "robot"} <= {env.mask_names[n] for n in np.unique(mask).tolist()}
        for link in np.unique(links).tolist():  # a link belongs to the body that its name begins with
            bodies = {env.mask_names[n] for n in np.unique(mask[links == link]).tolist()}
            assert bodies == {env.link_names[link].split("/")[0]}
        view = env.view(camera, (200, 150))
        assert depth[depth > 0].min() > view.near
        assert depth.max() < view.far
        assert not seen[f"{camera}_normals"][mask == 0].any()
        assert (seen[f"{camera}_rgb"] > 0).any(axis=2).mean() > 0.99  # no pixel is left black
    assert (seen["front_mask"] == 0).any()
    env.close()


def test_a_goal_environment_observes_goals_and_images() -> None:
    env = GoalEnv("reach", observe=["proprio", "rgb", "mask"], cameras=["head"], size=(40, 40))
    seen = play_episode(env)[-1]
    assert set(seen) == {"observation", "achieved_goal", "desired_goal", "head_rgb", "head_mask"}
    assert env.observation_space.contains(seen)
    reward = env.compute_reward(seen["achieved_goal"], seen["achieved_goal"], {})
    assert reward == 0.0
    env.close()


# --- quality and renderers


def test_fine_images_are_nearer_to_supersampled_ones_than_fast_images() -> None:
    """Depth and masks are the same in both qualities."""
    envs = [TaskEnv("grasp", **IMAGE_OPTIONS, quality=quality) for quality in ("fast", "fine")]
    fast, fine = (env.reset(seed=0)[0] for env in envs)
    for camera in ("head", "wrist"):
        assert np.array_equal(fast[f"{camera}_depth"], fine[f"{camera}_depth"])
        assert np.array_equal(fast[f"{camera}_mask"], fine[f"{camera}_mask"])
        large = envs[1].render_images(camera, size=(480, 352))["rgb"].reshape(44, 8, 60, 8, 3).mean(axis=(1, 3))
        rough, smooth = (np.sqrt(np.mean((seen[f"{camera}_rgb"] - large) ** 2)) for seen in (fast, fine))
        assert smooth < 0.7 * rough
    for env in envs:
        env.close()


def test_tiny_renderer_observes_the_same_masks_and_similar_colours() -> None:
    envs = [TaskEnv("grasp", **IMAGE_OPTIONS, renderer=renderer) for renderer in ("raster", "tiny")]
    ours, theirs = (play_episode(env)[-1] for env in envs)
    assert envs[0].observation_space == envs[1].observation_space
    assert envs[1].observation_space.contains(theirs)
    assert np.array_equal(ours["proprio"], theirs["proprio"])
    for camera in ("head", "wrist"):
        assert (ours[f"{camera}_mask"] != theirs[f"{camera}_mask"]).mean() < 0.002
        for body in np.unique(ours[f"{camera}_mask"]):
            # TinyRenderer maps box textures differently and has simpler lighting
            mine = ours[f"{camera}_mask"] == body
            a, b = (seen[f"{camera}_rgb"][mine].mean(axis=0) for seen in (ours, theirs))
            assert np.abs(a - b).max() < 45 or mine.sum() < 40, (envs[0].mask_names[int(body)], a, b)
    for env in envs:
        env.close()


# --- robots


@pytest.mark.parametrize(("task", "robot"), [("grasp", "panda"), ("reach", "kuka"), ("reach", "humanoid")])
def test_every_robot_is_visible_in_its_cameras(task: str, robot: str) -> None:
    env = TaskEnv(task, robot=robot, observe=["rgb", "mask"], cameras=["front", "wrist"], size=(64, 64))
    seen, _ = env.reset(seed=0)
    assert ("head" in env.cameras) == (load_robot(robot).gaze is not None)
    robot_number = next(number for number, name in env.mask_names.items() if name == "robot")
    assert (seen["front_mask"] == robot_number).mean() > 0.02
    assert (seen["wrist_mask"] > 0).mean() > 0.5
    env.close()


def test_a_head_camera_on_a_robot_without_a_head_is_refused() -> None:
    message = r"^cameras: 'head' is on the head, and panda has none; use one of front, wrist, side$"
    with pytest.raises(ConfigError, match=message):
        TaskEnv("grasp", robot="panda", observe=["rgb"], cameras=["head"])
    env = TaskEnv("grasp", robot="panda")
    env.reset(seed=0)
    with pytest.raises(ConfigError, match=message):
        env.render_images("head")
    with pytest.raises(ConfigError, match=message):
        env.view("head")
    env.close()
