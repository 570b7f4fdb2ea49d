"""Environments and episodes that are pickled, saved and restored."""

from __future__ import annotations

import pickle

import gymnasium as gym
import numpy as np
import pytest
from observations import EVERY_ENV_ID, IMAGE_KINDS, have_equal_bytes, play_episode

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError


@EVERY_ENV_ID
def test_a_pickled_environment_continues_its_episode(id: str) -> None:
    env = gym.make(id, disable_env_checker=True).unwrapped
    env.action_space.seed(0)
    env.reset(seed=2)
    for _ in range(5):
        env.step(env.action_space.sample())
    twin = pickle.loads(pickle.dumps(env))
    assert type(twin) is type(env)
    for _ in range(5):
        action = env.action_space.sample()
        (a, reward, *ends), (b, reward_b, *ends_b) = env.step(action), twin.step(action)
        assert have_equal_bytes(a, b)
        assert (reward, ends) == (reward_b, ends_b)
    assert have_equal_bytes(env.reset()[0], twin.reset()[0])
    env.close()
    twin.close()


def test_a_pickled_environment_keeps_its_constructor_arguments() -> None:
    env = TaskEnv("grasp", control="ee_delta", reward="sparse", observe=["touch"], settings=["objects.target.mass=0.3"])
    twin = pickle.loads(pickle.dumps(env))  # also before the first reset
    assert twin.task == env.task
    assert twin.reward_kind == "sparse"
    assert list(twin.observation_space) == ["touch"]
    assert have_equal_bytes(env.reset(seed=1)[0], twin.reset(seed=1)[0])
    env.close()
    twin.close()


def test_a_state_from_before_the_first_reset_is_refused(grasp: TaskEnv) -> None:
    with pytest.raises(UsageError, match="before the first reset"):
        grasp.set_state(grasp.get_state())


def test_a_restored_final_state_is_still_final() -> None:
    env = TaskEnv("grasp", settings=["episode.seconds=1.0"])
    env.reset(seed=0)
    for _ in range(20):
        env.step(np.zeros(8))
    env.set_state(env.get_state())
    with pytest.raises(UsageError, match="after the episode's end"):
        env.step(np.zeros(8))
    env.close()


def test_a_pickled_environment_observes_the_same_images(grasp_with_images: TaskEnv) -> None:
    play_episode(grasp_with_images)
    twin = pickle.loads(pickle.dumps(grasp_with_images))
    assert twin.observation_space == grasp_with_images.observation_space
    for camera in ("head", "wrist", "front"):
        assert have_equal_bytes(
            *(env.render_images(camera, IMAGE_KINDS, (50, 30)) for env in (grasp_with_images, twin))
        )
    for action in np.random.default_rng(0).uniform(-1, 1, (3, 8)).astype(np.float32):
        assert have_equal_bytes(grasp_with_images.step(action)[0], twin.step(action)[0])
    twin.close()


def test_a_restored_state_gives_the_same_images(grasp_with_images: TaskEnv) -> None:
    seen = play_episode(grasp_with_images)[-1]
    moment = grasp_with_images.get_state()
    play_episode(grasp_with_images, seed=8)
    assert have_equal_bytes(grasp_with_images.set_state(moment), seen)
