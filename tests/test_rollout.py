"""Policies and episodes: one record an episode, the same wherever it is run."""

import dataclasses
import sys

import numpy as np
import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError, UsageError
from mygym_lite.harness.pictures.video import open_film
from mygym_lite.harness.rollout import EpisodeRecord, run, run_episode, run_seeds, wilson
from mygym_lite.learning.policy import FunctionPolicy, Policy, RandomPolicy, make_policy

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.1")


@pytest.fixture(scope="module")
def reach():
    env = TaskEnv("reach")
    yield env
    env.close()


@pytest.fixture(scope="module")
def grasp():
    env = TaskEnv("grasp", settings=SHORT)
    yield env
    env.close()


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """A module of somebody's own, as `mine`."""
    monkeypatch.syspath_prepend(tmp_path)
    text = """
import numpy as np
class Still:
    def reset(self, seed): self.size = 4
    def act(self, observation): return np.zeros(self.size)
still = Still()
number = 3
def zero(observation): return np.zeros(4)
def wrong(observation): return np.zeros(5)
def broken(observation): raise KeyError("elbow")
"""
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    yield
    sys.modules.pop("mine", None)


def test_expert_reaches(reach):
    record = run_episode(reach, make_policy("expert", reach), seed=3)
    assert record.success
    assert record.failure is None
    assert record.seconds == record.steps / 20
    assert record.hand_force is None  # there was nothing to touch, which is not a force of zero


def test_random_policy_fails_for_a_reason(grasp):
    record = run_episode(grasp, make_policy("random", grasp), seed=0)
    assert (record.success, record.failure, record.seconds) == (False, "timeout", None)
    assert record.steps == 10
    assert set(record.peak_force) == {"robot_table", "robot_robot", "hand_object", "object_table"}
    assert record.peak_force["object_table"] > 0.5  # the cube weighs 0.9 N


def test_a_record_depends_on_its_own_episode_alone(grasp):
    policy = make_policy("random", grasp)
    alone = run_episode(grasp, policy, seed=5)
    run_episode(grasp, policy, seed=6, variations={"objects.target.mass": {"value": 1.0}})
    assert run_episode(grasp, policy, seed=5) == alone


def test_run_is_a_map_over_seeds(grasp):
    records = run("grasp", "random", episodes=3, seed=7, settings=SHORT)
    assert [record.seed for record in records] == [7, 8, 9]
    assert records == list(run_seeds(grasp, "random", [7, 8, 9]))


def test_variations_replace_those_of_the_environment(grasp):
    heavy = {"objects.target.mass": {"value": 1.0}}
    record = run_episode(grasp, make_policy("random", grasp), seed=0, variations=heavy)
    assert record.peak_force["object_table"] > 8


def test_record_is_plain_and_frozen(reach):
    record = run_episode(reach, make_policy("expert", reach), seed=0)
    assert EpisodeRecord(**dataclasses.asdict(record)) == record
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.success = False


def test_watcher_sees_the_start_and_every_step(grasp):
    seen = []
    record = run_episode(grasp, make_policy("random", grasp), seed=0, on_step=lambda info: seen.append(info))
    assert len(seen) == record.steps + 1
    assert seen[0]["seed"] == 0
    assert seen[-1]["failure"] == "timeout"


def test_out_of_range_actions_are_counted(grasp):
    record = run_episode(grasp, FunctionPolicy(lambda _: np.full(8, 1.5)), seed=0)
    assert record.clipped == 8 * record.steps


def test_random_actions_are_a_function_of_the_seed(grasp):
    def actions(policy, seed):
        policy.reset(seed)
        return np.array([policy.act() for _ in range(4)])

    one, other = RandomPolicy(grasp.action_space), RandomPolicy(grasp.action_space)
    actions(other, 1)
    assert np.array_equal(actions(one, 0), actions(other, 0))
    assert not np.array_equal(actions(one, 0), actions(one, 1))
    assert np.abs(actions(one, 0)).max() <= 1


@pytest.mark.parametrize("name", ["expert", "random", "mine:zero", "mine:still"])
def test_policies_by_name(reach, own_module, name):
    policy = make_policy(name, reach)
    assert isinstance(policy, Policy)
    assert run_episode(reach, policy, seed=0).steps > 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exprt", "did you mean 'expert'"),
        ("nowhere:f", "'nowhere' cannot be imported"),
        ("mine:zro", "did you mean 'zero'"),
        ("mine:number", "is not a function"),
    ],
)
def test_policies_that_are_not_there(reach, own_module, name, message):
    with pytest.raises(SpecError, match=message) as caught:
        make_policy(name, reach)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"), [("mine:broken", r"KeyError: 'elbow' \(.*mine.py"), ("mine:wrong", "shape")]
)
def test_policies_that_fail_say_where(reach, own_module, name, message):
    with pytest.raises(UsageError, match=message):
        run_episode(reach, make_policy(name, reach), seed=0)


def test_wilson_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(10, 10)[1] == pytest.approx(1.0)
    low, high = wilson(0, 50)
    assert (low, high) == (0.0, pytest.approx(1 - wilson(50, 50)[0]))


@pytest.mark.parametrize("name", ["film.gif", "nowhere/film.webm"])
def test_films_that_cannot_be_written(tmp_path, name):
    with pytest.raises(SpecError), open_film(tmp_path / name):
        pass
