"""Images from the render method: modes, units, variations and missing cameras."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from observations import EVERY_ENV_ID

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.terms import load_task


@EVERY_ENV_ID
def test_rgb_and_depth_images_are_rendered(id: str) -> None:
    color = gym.make(id, render_mode="rgb_array", disable_env_checker=True)
    color.reset(seed=0)
    picture = color.render()
    width, height = next(iter(color.unwrapped.task.cameras.values())).size
    assert (picture.shape, picture.dtype) == ((height, width, 3), np.uint8)
    assert picture.std() > 10
    color.close()
    depth = gym.make(id, render_mode="depth_array", disable_env_checker=True)
    depth.reset(seed=0)
    metres = depth.render()
    assert (metres.shape, metres.dtype) == ((height, width), np.float32)
    assert 0.2 < metres[metres > 0.0].min() < 2.0
    assert metres.max() <= 20.0
    depth.close()


def test_render_modes_draw_the_first_camera() -> None:
    for mode, kind in (("rgb_array", "rgb"), ("depth_array", "depth")):
        env = gym.make("mygym_lite/Grasp-v0", render_mode=mode, settings=["cameras.front.size=[90, 70]"])
        env.reset(seed=0)
        image = env.render()
        assert image.shape == ((70, 90, 3) if kind == "rgb" else (70, 90))
        assert np.array_equal(image, env.unwrapped.render_images("front", (kind,), quality="fine")[kind])
        env.close()


def test_depth_is_in_metres() -> None:
    """The camera looks straight down on an empty part of the table from a known height."""
    task = load_task("grasp")
    camera = replace(
        task.cameras["front"], position=(0.85, 0.45, 0.8), look_at=(0.8501, 0.45, 0.0), size=(64, 64), fov=20
    )
    env = TaskEnv(replace(task, cameras={"down": camera}), render_mode="depth_array")
    env.reset(seed=0)
    assert env.render() == pytest.approx(0.8, abs=0.002)
    env.close()


def test_visual_variations_change_the_rendered_image() -> None:
    env = TaskEnv("grasp", render_mode="rgb_array", settings=["cameras.front.size=[80, 80]"])
    plain = render_variations(env, {})
    assert np.array_equal(plain, render_variations(env, {}))
    for path, value in {
        "cameras.front.position": [1.3, 0.7, 0.6], "cameras.front.look_at": [0.3, 0.1, 0.1], "cameras.front.fov": 40.0,
        "objects.target.color": [0.1, 0.2, 0.9], "robot.gaze": [0.5, 0.1], "workspace.height": 0.05,
    }.items():  # fmt: skip
        assert not np.array_equal(plain, render_variations(env, {path: {"value": value}})), path
        assert np.array_equal(plain, render_variations(env, {})), path
    env.close()


def render_variations(env: TaskEnv, variations: dict[str, Any]) -> np.ndarray:
    env.reset(seed=0, options={"variations": variations})
    return np.array(env.render())


def test_rendering_without_a_camera_or_a_valid_mode_is_refused() -> None:
    env = TaskEnv(replace(load_task("grasp"), cameras={}), render_mode="rgb_array")
    env.reset(seed=0)
    with pytest.raises(UsageError, match=r"declares no camera; add \[cameras"):
        env.render()
    env.close()
    with pytest.raises(ConfigError, match="render_mode: 'rgb_aray' is not a mode; did you mean 'rgb_array'"):
        TaskEnv("grasp", render_mode="rgb_aray")
