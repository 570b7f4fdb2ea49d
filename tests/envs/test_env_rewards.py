"""Sparse and shaped rewards of task and goal environments."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from observations import EVERY_GOAL_ENV_ID

from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError


def test_sparse_reward_is_zero_on_success_and_minus_one_otherwise() -> None:
    env = TaskEnv("reach", reward="sparse")
    env.reset(seed=0)
    for _ in range(100):
        offset = np.array(env.state.position("goal")) - env.state.position("palm")
        action = np.concatenate(
            [np.clip(offset / env.task.robot.translation_step, -1, 1), [0] * (env.action_space.shape[0] - 3)]
        )
        _, reward, terminated, _, info = env.step(action)
        assert reward == (0.0 if info["success"] else -1.0)
        if terminated:
            break
    assert terminated
    assert info["success"]
    assert info["held_seconds"] == pytest.approx(env.task.episode.hold_seconds)
    env.close()


def test_shaped_reward_is_the_sum_of_its_terms(grasp: TaskEnv) -> None:
    grasp.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(10):
        _, reward, *_, info = grasp.step(rng.uniform(-1, 1, 8))
        assert reward == pytest.approx(sum(info["reward_terms"].values()))
        assert info["reward_terms"].keys() == grasp.task.reward.keys()


@EVERY_GOAL_ENV_ID
@pytest.mark.parametrize("reward", ["sparse", "shaped"])
def test_compute_reward_of_a_batch_equals_the_step_rewards(id: str, reward: str) -> None:
    env = gym.make(id, reward=reward, disable_env_checker=True).unwrapped
    env.reset(seed=0)
    env.action_space.seed(0)
    achieved, desired, rewards = [], [], []
    for _ in range(25):
        seen, value, terminated, *_ = env.step(env.action_space.sample())
        achieved.append(seen["achieved_goal"])
        desired.append(seen["desired_goal"])
        rewards.append(value)
        if terminated:
            break
    batch = env.compute_reward(np.array(achieved), np.array(desired), [{}] * len(rewards))
    assert batch.shape == (len(rewards),)
    assert batch.tolist() == pytest.approx(rewards)
    hindsight = env.compute_reward(np.array(achieved), np.array(achieved), [{}] * len(rewards))
    assert hindsight.tolist() == pytest.approx([0.0] * len(rewards), abs=1e-3)  # a goal reached by definition
    assert (hindsight >= batch - 1e-6).all()
    env.close()


def test_a_goal_env_needs_a_goal_and_an_observation() -> None:
    with pytest.raises(ConfigError, match="not decided by the goal alone"):
        gym.make("mygym_lite/TaskGoal-v0", task="grasp")
    with pytest.raises(ConfigError, match="observe: "):
        GoalEnv("reach", observe=["goal"])
