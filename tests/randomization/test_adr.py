"""Ranges grow where a policy succeeds, shrink where it fails, and draw what they say."""

import json

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from mygym_lite.config.variation import parse_variations
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.learning.adr_env import AdrCallback, AdrEnv
from mygym_lite.randomization.adr import Adr, AdrConfig, Boundary, make_adr
from mygym_lite.randomization.preset import load_preset
from mygym_lite.schema import Location
from mygym_lite.terms import load_task

QUICK = AdrConfig(boundary_share=1.0, episodes=4, step=0.25)
TABLE = {
    "objects.target.mass": {"scale": [0.5, 2.0]},
    "robot.time_constant": {"uniform": [0.008, 0.016]},
    "objects.target.nudge": {"offset": 0.04},
    "objects.target.color": {"choice": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]},
}


def ranges(pace: AdrConfig = QUICK) -> Adr:
    return make_adr(load_task("grasp"), parse_variations(TABLE, Location("test")), pace)


def play(adr: Adr, end: Boundary, success: bool, episodes: int = 4) -> None:
    for _ in range(episodes):
        adr.observe(end, success)


def test_ranges_start_at_the_declared_task():
    table, _ = ranges(AdrConfig(boundary_share=0.0)).sample(0)
    assert table == {
        "objects.target.mass": {"scale": [1.0, 1.0]},
        "robot.time_constant": {"uniform": [0.012, 0.012]},
        "objects.target.nudge": {"offset": 0.0},
    }


def test_a_range_grows_where_the_policy_succeeds():
    adr = ranges()
    play(adr, Boundary("objects.target.mass", "high"), success=True)
    inside, _ = Adr(adr.variations, adr.nominal, AdrConfig(boundary_share=0.0), adr.strength).sample(0)
    assert inside["objects.target.mass"] == {"scale": [1.0, 1.25]}
    assert inside["robot.time_constant"] == {"uniform": [0.012, 0.012]}


def test_a_range_shrinks_where_the_policy_fails_but_not_below_zero():
    adr, end = ranges(), Boundary("robot.time_constant", "low")
    play(adr, end, success=True, episodes=8)
    assert adr.strength["robot.time_constant"]["low"] == 0.5
    play(adr, end, success=False, episodes=40)
    assert adr.strength["robot.time_constant"]["low"] == 0.0


def test_a_range_is_bounded_by_the_preset():
    adr, end = ranges(), Boundary("objects.target.mass", "low")
    play(adr, end, success=True, episodes=100)
    assert adr.strength["objects.target.mass"]["low"] == 1.0


def test_a_single_number_gives_a_symmetric_range():
    adr = make_adr(load_task("grasp"), parse_variations({"actuation.gain": {"scale": 0.8}}, Location("test")), QUICK)
    play(adr, Boundary("actuation.gain", "low"), success=True, episodes=16)
    inside, _ = Adr(adr.variations, adr.nominal, AdrConfig(boundary_share=0.0), adr.strength).sample(0)
    assert inside == {"actuation.gain": {"scale": [0.8, 1.0]}}


def test_medium_success_keeps_the_ranges():
    adr, end = ranges(), Boundary("objects.target.mass", "low")
    for success in (True, False, True, False):
        assert not adr.observe(end, success)
    assert adr.history == []


def test_episodes_between_boundaries_keep_the_ranges():
    adr = ranges()
    assert not any(adr.observe(None, True) for _ in range(100))
    assert adr.boundary_episodes == 0


def test_a_boundary_episode_uses_the_boundary_value():
    adr = ranges()
    for path, end in adr.boundaries:
        adr.strength[path][end] = 1.0
    ends = {"low": 0.5, "high": 2.0}
    seen = set()
    for seed in range(200):
        table, at = adr.sample(seed)
        if at is not None and at.path == "objects.target.mass":
            assert table[at.path] == {"scale": [ends[at.end]] * 2}
            seen.add(at.end)
    assert seen == {"low", "high"}


def test_the_declared_share_of_episodes_is_at_boundaries():
    adr = ranges(AdrConfig(boundary_share=0.4))
    share = np.mean([adr.sample(seed)[1] is not None for seed in range(5_000)])
    assert abs(share - 0.4) < 4 * np.sqrt(0.4 * 0.6 / 5_000)


def test_state_survives_a_json_round_trip():
    adr = ranges()
    play(adr, Boundary("objects.target.mass", "high"), success=True, episodes=6)
    again = ranges()
    again.load_state_dict(json.loads(json.dumps(adr.state_dict())))
    assert again.state_dict() == adr.state_dict()
    assert [again.sample(seed) for seed in range(20)] == [adr.sample(seed) for seed in range(20)]


def test_a_state_of_other_paths_is_refused():
    other = make_adr(load_task("grasp"), parse_variations({"robot.damping": {"scale": [0.5, 2.0]}}, Location("test")))
    with pytest.raises(ConfigError, match=r"^adr: the state has other paths, .*; use the preset it came from$"):
        other.load_state_dict(ranges().state_dict())


def test_presets_of_choices_only_are_refused():
    only = parse_variations({"objects.target.color": TABLE["objects.target.color"]}, Location("test"))
    with pytest.raises(ConfigError, match=r"^adr: no variation has a range that can grow"):
        make_adr(load_task("grasp"), only)


def test_every_sample_of_the_full_preset_is_a_valid_task():
    task = load_task("grasp")
    adr = make_adr(task, load_preset("full", task))
    for sides in adr.strength.values():
        sides.update(dict.fromkeys(sides, 1.0))
    env = AdrEnv(TaskEnv("grasp"), adr)
    for seed in range(5):
        observation, _ = env.reset(seed=seed)
        assert env.observation_space.contains(observation)
    env.close()


@pytest.mark.slow
def test_a_learner_moves_the_ranges_of_all_its_environments(tmp_path):
    short = ("episode.seconds=0.2", "episode.hold_seconds=0.05")
    adrs = [
        make_adr(load_task("reach"), parse_variations({"robot.damping": {"scale": [0.5, 2.0]}}, Location("t")), QUICK)
        for _ in range(3)
    ]
    envs = DummyVecEnv([lambda adr=adr: _lucky(TaskEnv("reach", settings=short), adr) for adr in adrs[1:]])
    path = tmp_path / "adr.json"
    model = PPO("MultiInputPolicy", envs, n_steps=32, batch_size=32, n_epochs=1, seed=0)
    model.learn(256, callback=AdrCallback(adrs[0], path))
    assert adrs[0].history
    assert max(adrs[0].strength["robot.damping"].values()) > 0.0
    assert [adr.strength for adr in adrs[1:]] == [adrs[0].strength] * 2
    assert json.loads(path.read_text(encoding="utf-8")) == adrs[0].state_dict()
    assert "robot.damping, high" in path.with_suffix(".svg").read_text(encoding="utf-8")
    envs.close()


class Lucky(gym.Wrapper):
    """Every episode ends well."""

    def step(self, action):
        seen, reward, terminated, truncated, info = self.env.step(action)
        return seen, reward, terminated, truncated, {**info, "is_success": True}


def _lucky(env: TaskEnv, adr: Adr) -> AdrEnv:
    return AdrEnv(Lucky(env), adr)
