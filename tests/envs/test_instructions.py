"""Instructions of environments: task description, tokens, and their way through vectors, pickles and training."""

import pickle
import warnings
from contextlib import closing

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from language_tasks import OBSERVE, SCENE, load, write_task
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_sb3_env

from mygym_lite.config.instructions.vocabulary import encode_instruction, load_vocabulary
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.envs.vector.env import TaskVectorEnv
from mygym_lite.policies.policy_lookup import find_policy


@pytest.fixture
def env(tmp_path):
    with closing(TaskEnv(write_task(tmp_path), observe=OBSERVE)) as env:
        yield env


def act(env):
    return env.step(np.zeros(env.action_space.shape, np.float32))[0]


def test_the_description_is_the_instruction_of_the_episode(env):
    assert env.task_description == "put the red cube into the bowl"
    _, info = env.reset(seed=1)
    assert info["instruction"] == env.task_description == "put the blue cube into the bowl"
    varied = {"variations": {"language.extra_words": {"value": 12}}}
    assert "please" in env.reset(seed=1, options=varied)[1]["instruction"]


def test_a_task_without_language_describes_itself():
    with closing(gym.make("mygym_lite/Reach-v0")) as env:
        assert "instruction" not in env.reset(seed=0)[1]
        assert env.unwrapped.task_description == env.unwrapped.task.about
    with closing(TaskEnv("reach", observe=OBSERVE)) as env:
        tokens = env.reset(seed=0)[0]["instruction"]
        assert np.array_equal(tokens, encode_instruction(env.task.about, load_vocabulary()))


def test_tokens_are_observed_on_request_alone(env, tmp_path):
    observation, info = env.reset(seed=3)
    assert np.array_equal(observation["instruction"], encode_instruction(info["instruction"], load_vocabulary()))
    assert np.array_equal(act(env)["instruction"], observation["instruction"])
    with closing(TaskEnv(write_task(tmp_path))) as plain:
        assert list(plain.observation_space) == ["proprio"]


def test_lost_observations_leave_the_instruction(env):
    start, _ = env.reset(seed=3, options={"variations": {"sensing.drop": {"value": 1.0}}})
    later = act(env)
    assert not later["proprio"].any()
    assert np.array_equal(later["instruction"], start["instruction"])


def test_checkers_of_gymnasium_and_sb3_are_content(env):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)
        check_sb3_env(env)


def test_a_pickled_episode_continues_with_its_instruction(env):
    env.reset(seed=5)
    with closing(pickle.loads(pickle.dumps(env))) as again:
        assert (again.observation_space, again.task_description) == (env.observation_space, env.task_description)
        assert np.array_equal(act(again)["instruction"], act(env)["instruction"])


@pytest.mark.parametrize("workers", [0, 2])
def test_a_vector_has_an_instruction_for_each_environment(env, tmp_path, workers):
    arguments = {"task": write_task(tmp_path), "observe": OBSERVE}
    with closing(TaskVectorEnv(TaskEnv, 2, arguments, workers=workers)) as envs:
        observation, info = envs.reset(seed=1)
        for index, text in enumerate(envs.get_attr("task_description")):
            single, single_info = env.reset(seed=1 + index)
            assert text == info["instruction"][index] == single_info["instruction"]
            assert np.array_equal(observation["instruction"][index], single["instruction"])
        assert np.array_equal(
            envs.step(np.zeros(envs.action_space.shape))[0]["instruction"], observation["instruction"]
        )


def test_goal_conditioned_environments_show_the_tokens_too(tmp_path):
    scene = SCENE.replace(
        'held = { term = "grasped", thing = "target" }',
        'near = { term = "near", of = "palm", to = "goal", within = 0.05 }',
    )
    scene = scene.replace("[objects.target]", "[goal]\nposition = [0.45, 0.0, 0.2]\n\n[objects.target]")
    file = write_task(tmp_path, ["move the hand to the goal above the {target}"], scene=scene)
    with closing(gym.make("mygym_lite/TaskGoal-v0", task=str(file), observe=OBSERVE)) as env:
        assert set(env.reset(seed=0)[0]) == {"observation", "achieved_goal", "desired_goal", "instruction"}


def test_stable_baselines3_trains_on_the_tokens_and_its_model_asks_for_them(env, tmp_path):
    model = PPO("MultiInputPolicy", env, n_steps=32, batch_size=16, n_epochs=1, seed=0)
    model.learn(32)
    model.save(tmp_path / "ppo.zip")
    policy = find_policy(str(tmp_path / "ppo.zip"), allow_pickle=True)
    assert set(policy.get_env_arguments()["observe"]) == set(OBSERVE)
    observation, _ = env.reset(seed=0)
    assert np.array_equal(policy.make(env).act(observation), model.predict(observation, deterministic=True)[0])


def test_own_words_enlarge_the_space(tmp_path):
    task = load(tmp_path, 'vocabulary = ["gizmo"]')
    with closing(TaskEnv(task, observe=OBSERVE)) as env:
        assert set(env.observation_space["instruction"].nvec) == {len(load_vocabulary()) + 1}
