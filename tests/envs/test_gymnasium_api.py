"""Every registered environment obeys the Gymnasium API: checkers, registration, seeds and spaces."""

from __future__ import annotations

import pickle
import warnings

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env
from observations import EVERY_ENV_ID, have_equal_bytes
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from mygym_lite.config.task import list_tasks
from mygym_lite.envs.registration import list_env_ids
from mygym_lite.errors import UsageError

# --- checkers and registration


@EVERY_ENV_ID
def test_gymnasium_and_sb3_checkers_find_no_problem(id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make(id)
        check_env(env.unwrapped, skip_render_check=True)
        check_env_sb3(env.unwrapped)
        env.close()


@pytest.mark.parametrize("id", ["mygym_lite/Grasp-v0", "mygym_lite/ReachPose-v0", "mygym_lite/ReachGoal-v0"])
def test_checkers_warn_of_single_channel_images_only(id: str) -> None:
    env = gym.make(id, observe=["proprio", "rgb", "depth", "mask"], cameras=["head", "wrist"], size=(84, 84))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(env.unwrapped, skip_render_check=True)
        check_env_sb3(env.unwrapped)
    flat = {f"{camera}_{kind}" for camera in ("head", "wrist") for kind in ("depth", "mask")}
    messages = [str(warning.message) for warning in caught]  # the checker advises to flatten single-channel images
    assert {words.split()[2] for words in messages if "has an unconventional shape" in words} == flat
    assert len(messages) == 4
    env.close()


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")


def test_the_default_checks_of_gymnasium_need_no_display(no_display: None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make("mygym_lite/Reach-v0")
        check_env(env.unwrapped)
        env.close()


@pytest.mark.parametrize("display", ["", ":9999"])
def test_a_window_without_a_display_is_refused(display: str, no_display: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(UsageError, match="there is no display here; use 'rgb_array'"):
        gym.make("mygym_lite/Reach-v0", render_mode="human")


def test_the_spec_states_the_time_limit_without_a_time_limit_wrapper() -> None:
    env = gym.make("mygym_lite/Task-v0", task="reach", settings=["episode.seconds=2"])
    assert env.spec is not None
    assert env.spec.max_episode_steps == 40
    assert "TimeLimit" not in str(env)
    restored = pickle.loads(pickle.dumps(env.unwrapped))
    assert restored.spec.max_episode_steps == 40
    for each in (env, restored):
        each.close()


def test_every_task_has_registered_ids() -> None:
    assert {gym.spec(id).kwargs["task"] for id in list_env_ids()} == set(list_tasks())
    assert "mygym_lite/Grasp-v0" in list_env_ids()
    assert "mygym_lite/ReachGoal-v0" in list_env_ids()


# --- seeds and spaces


@EVERY_ENV_ID
def test_equal_seeds_give_equal_observations(id: str) -> None:
    one, two = gym.make(id), gym.make(id)
    assert have_equal_bytes(one.reset(seed=5)[0], two.reset(seed=5)[0])
    assert not have_equal_bytes(one.reset(seed=6)[0], two.reset(seed=7)[0])
    one.reset(seed=5)
    two.reset(seed=5)
    for _ in range(3):  # without a seed, both continue the same sequence
        a, b = one.reset(), two.reset()
        assert have_equal_bytes(a[0], b[0])
        assert a[1]["seed"] == b[1]["seed"]
    one.close()
    two.close()


@EVERY_ENV_ID
def test_observations_are_in_the_observation_space(id: str) -> None:
    env = gym.make(id, disable_env_checker=True)
    env.action_space.seed(0)
    observation, _ = env.reset(seed=0)
    for _ in range(20):
        assert env.observation_space.contains(observation)
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert isinstance(reward, float)
        assert {"success", "is_success", "failure", "reward_terms", "contact_force", "clipped"} <= info.keys()
        if terminated or truncated:
            observation, _ = env.reset()
    env.close()
