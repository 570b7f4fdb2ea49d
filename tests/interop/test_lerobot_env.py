"""The environment for LeRobot, without LeRobot: the same episodes as in the harness of this project."""

import numpy as np
import pytest

import mygym_lite as mg
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.interop.conditions import select_conditions
from mygym_lite.interop.lerobot_env import LeRobotEnv
from mygym_lite.policies.policy import FunctionPolicy
from mygym_lite.randomization.suite_file import load_suite


def follow(goal):
    """Move towards the goal, whose offset from the hand is given."""
    return np.concatenate([np.clip(10.0 * goal, -1.0, 1.0), [0.0]]).astype(np.float32)


def play(env, seed):
    """Return the success and the number of steps of an episode, as LeRobot counts them."""
    observation, info = env.reset(seed=seed, options={"lerobot_new_rollout": True})
    successes, done, steps = [info["is_success"]], False, 0
    while not done:
        observation, _, terminated, truncated, info = env.step(follow(observation["environment_state"]))
        successes.append(info["is_success"])
        done, steps = terminated or truncated, steps + 1
    assert steps <= env._max_episode_steps
    return any(successes), steps


@pytest.mark.parametrize("axis", ["nominal", "action_delay", "joint_bias"])
def test_episodes_are_those_of_our_own_harness(axis):
    task = mg.load_task("reach")
    [condition] = select_conditions(task, load_suite("sim2real"), [axis], severity=3)
    env = LeRobotEnv(task, condition, cameras=())
    for seed in (7, 8):
        spec = mg.EpisodeSpec(task, seed, condition=condition)
        record = mg.run_episode(spec, FunctionPolicy(lambda seen: follow(seen["goal"])), mg.make("reach"))
        assert play(env, seed) == (record.success, record.steps)


def test_a_success_counts_at_the_end_of_the_episode_alone():
    env = LeRobotEnv(mg.load_task("reach"), cameras=())
    observation, _ = env.reset(seed=0)
    reached = False
    while True:
        observation, _, terminated, _, info = env.step(follow(observation["environment_state"]))
        reached = reached or float(np.linalg.norm(observation["environment_state"])) < 0.01
        if terminated:
            break
        assert not info["is_success"]
    assert reached
    assert info["is_success"]


def test_images_and_state_have_the_names_that_lerobot_renames():
    env = LeRobotEnv(mg.load_task("push"), cameras=["front", "wrist"], size=(64, 48), state=("proprio", "touch"))
    observation, _ = env.reset(seed=1)
    assert env.observation_space.contains(observation)
    assert {name: image.shape for name, image in observation["pixels"].items()} == {
        "front": (48, 64, 3), "wrist": (48, 64, 3)
    }  # fmt: skip
    assert set(observation) == {"pixels", "agent_pos"}
    assert env.task == "push"
    assert env.task_description
    assert env.render().dtype == np.uint8


def test_an_episode_without_a_seed_differs_from_the_last():
    env = LeRobotEnv(mg.load_task("reach"), cameras=())
    env.reset(seed=0)
    goals = {tuple(env.reset()[0]["environment_state"]) for _ in range(3)}
    assert len(goals) == 3


def test_mistakes_are_named():
    task = mg.load_task("reach")
    with pytest.raises(ConfigError, match="cameras: no 'frnt' in reach; did you mean 'front'"):
        LeRobotEnv(task, cameras=["frnt"])
    with pytest.raises(UsageError, match="no 'joint_bais' at severity 3; did you mean 'joint_bias'"):
        list(select_conditions(task, load_suite("sim2real"), ["joint_bais"], 3))
