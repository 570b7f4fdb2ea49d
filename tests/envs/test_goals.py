"""Goals that objects reach by covering a region, or by coming to rest inside it."""

from contextlib import closing
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from engines import ENGINES, require_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from mygym_lite.config.footprint import compute_covered_shares
from mygym_lite.config.objects import load_object
from mygym_lite.config.state import Pose
from mygym_lite.envs.goal_conditions import read_goal_tolerances
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.reinforcement.train import reinforce
from mygym_lite.learning.reinforcement.validation import ValidationConfig
from mygym_lite.terms.relations import compute_coverage

OUTLINE = {"outline": {"shape": "footprint", "model": "tee"}, "hole": {"shape": "disc", "size": [0.05]}}
COVER = {"term": "coverage_above", "thing": "tee", "region": "outline", "share": 0.9}
REST = {"term": "at_rest", "thing": "tee"}
SMALL, ANGLE = st.floats(-0.1, 0.1), st.floats(-3.2, 3.2)


def follow_expert(env, seed):
    """Yield reward, observation and info of each step of the expert's episode."""
    observation, _ = env.reset(seed=seed)
    expert, done = Expert.from_env(env), False
    expert.reset(seed)
    while not done:
        observation, reward, terminated, truncated, info = env.step(np.asarray(expert.act(observation)))
        done = terminated or truncated
        yield reward, observation, info


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("task", ["push_t", "slide"])
def test_the_reward_is_the_success_of_the_task(task, engine):
    with closing(GoalEnv(task, engine=require_engine(engine))) as env:
        steps = list(follow_expert(env, seed=1))
        assert [reward == 0.0 for reward, _, _ in steps] == [info["success"] for _, _, info in steps]
        assert steps[-1][2]["success"]
        achieved, desired = (
            np.stack([seen[name] for _, seen, _ in steps]) for name in ("achieved_goal", "desired_goal")
        )
        assert np.array_equal(env.compute_reward(achieved, desired, None), [reward for reward, _, _ in steps])


def test_a_goal_of_push_t_is_a_planar_pose_at_rest():
    with closing(gym.make("mygym_lite/PushTGoal-v0")) as env:
        observation, _ = env.reset(seed=0)
        tee, outline = (env.unwrapped.state.frames[name] for name in ("tee", "outline"))
        assert observation["achieved_goal"][:2] == pytest.approx(tee.position[:2])
        x, y, cosine, sine, speed, turn_rate = observation["desired_goal"]
        assert (x, y) == pytest.approx(outline.position[:2])
        assert (cosine, sine) == pytest.approx(
            (1 - 2 * outline.rotation[2] ** 2, 2 * outline.rotation[2] * outline.rotation[3]), abs=1e-6
        )
        assert (speed, turn_rate) == (0.0, 0.0)


def test_an_object_that_moves_does_not_meet_its_goal():
    with closing(GoalEnv("push_t")) as env:
        env.reset(seed=0)
        desired = np.array([0.42, 0.0, 1.0, 0.0, 0.0, 0.0], np.float32)
        away = [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.05, 0.0], [0.02, 0.0, 0.0, 0.0, 0.0, 0.0]]
        assert env.compute_reward(desired + np.array(away, np.float32), desired, None).tolist() == [0.0, -1.0, -1.0]
        assert env.compute_reward(np.zeros(6, np.float32), desired, None) == -1.0


@pytest.fixture(scope="module")
def push_t():
    with closing(GoalEnv("push_t")) as env:
        env.reset(seed=0)
        yield env


@settings(max_examples=50, deadline=None)
@given(x=SMALL, y=SMALL, yaws=st.tuples(ANGLE, ANGLE))
def test_shares_of_planar_poses_are_the_coverage_of_the_task(push_t, x, y, yaws):
    places = {"tee": (0.4, 0.0, yaws[0]), "outline": (0.4 + x, y, yaws[1])}
    poses = {
        name: Pose((at[0], at[1], 0.02), (0.0, 0.0, np.sin(at[2] / 2), np.cos(at[2] / 2)))
        for name, at in places.items()
    }
    state = replace(push_t.state, frames={**push_t.state.frames, **poses})
    planar = [np.array([[at[0], at[1], np.cos(at[2]), np.sin(at[2])]]) for at in places.values()]
    tee = load_object("tee").footprint
    share = compute_covered_shares(tee, tee, *planar)[0]
    assert share == pytest.approx(compute_coverage(state, "tee", "outline"), abs=0.005)  # points on the rim


def test_hindsight_learns_to_push_a_t(tmp_path):
    short = ("episode.seconds=0.5", "episode.hold_seconds=0.1")
    result = reinforce(
        "push_t",
        "sac",
        tmp_path / "policy",
        steps=30,
        her=True,
        settings=short,
        validation=ValidationConfig(episodes=1),
    )
    assert result.policy.metadata.observation["desired_goal"] == (6,)


@pytest.mark.parametrize(
    ("success", "decides"),
    [
        ({"cover": COVER}, True),
        ({"rest": REST, "cover": COVER}, True),
        ({"rest": REST}, False),
        ({"cover": COVER, "rest": {**REST, "thing": "other"}}, False),
        ({"cover": {**COVER, "region": "hole"}}, False),
        ({"cover": COVER, "close": {"term": "displaced_to", "thing": "tee", "to": "outline", "within": 0.1}}, False),
        ({"inside": {"term": "inside", "thing": "tee", "region": "hole"}, "rest": REST}, True),
    ],
)
def test_coverage_and_rest_are_decided_by_a_goal(success, decides):
    assert (read_goal_tolerances(success, OUTLINE) is not None) == decides
