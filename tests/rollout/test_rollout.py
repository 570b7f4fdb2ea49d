"""Policies and episodes: one record an episode, the same wherever it is run."""

import dataclasses
import pickle
import sys

import numpy as np
import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.experts.expert import Expert
from mygym_lite.harness.summary import summarize_conditions
from mygym_lite.policies.policy import FunctionPolicy, Policy, RandomPolicy
from mygym_lite.policies.policy_lookup import make_policy
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.episode import EpisodeSpec
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.rollout.rollout import run, run_episode, run_seeds
from mygym_lite.viz.video import open_video

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


def episode(env, seed, condition=None, **more):
    """An episode's specification in an environment's task."""
    return EpisodeSpec(env.task, seed, *([condition] if condition else []), **more)


def by(name, env, seed=0, **more):
    """One episode by a policy of this name."""
    return run_episode(episode(env, seed, **{"policy": name, **more}), make_policy(name, env), env)


def heavy(env):
    """The condition in which the object is five times as heavy, or a fifth."""
    return next(c for c in load_suite("sim2real").build_conditions(env.task) if (c.axis, c.severity) == ("mass", 5))


def test_expert_reaches(reach):
    record = by("expert", reach, seed=3)
    assert (record.success, record.success_once, record.success_end) == (True, True, True)
    assert record.failure is None
    assert record.time_to_success == record.duration == record.steps / 20
    assert set(record.forces) == {"robot_table", "robot_robot"}  # there was nothing to hold


@pytest.mark.parametrize(
    "control",
    ["joint_delta", *(pytest.param(other, marks=pytest.mark.slow) for other in ("ee_delta", "joint_velocity"))],
)
def test_expert_counts_on_what_is_late(control):
    late = TaskEnv("grasp", control=control, settings=["actuation.delay=0.15"])
    records = [by("expert", late, seed=seed) for seed in (50_000, 50_001)]
    late.close()
    assert [record.failure for record in records] == [None] * 2


class Leaving(Expert):
    """Comes to the goal, then rises and does not come back."""

    arrived = False

    def see(self, info):
        self.arrived = self.arrived or info["success"]

    def act(self, observation=None):
        return np.array([0.0, 0.0, 1.0, 0.0]) if self.arrived else super().act(observation)


def test_an_episode_that_is_solved_and_then_loses_it():
    with TaskEnv("reach", settings=["episode.hold_seconds=1"]) as env:
        policy, seen = Leaving.from_env(env), []
        record = run_episode(
            episode(env, 3), policy, env, lambda info: (seen.append(info["success"]), policy.see(info))
        )
    assert True in seen
    assert seen[-1] is False
    assert (record.success, record.success_once, record.success_end) == (False, True, False)
    assert (record.failure, record.time_to_success) == ("timeout", None)
    [row] = summarize_conditions([record])
    assert {name: row.metrics[name].value for name in ("success", "success_once", "success_end")} == {
        "success": 0.0, "success_once": 1.0, "success_end": 0.0,
    }  # fmt: skip


def test_random_policy_fails_for_a_reason(grasp):
    record = by("random", grasp)
    assert (record.success, record.failure, record.time_to_success) == (False, "never_reached", None)
    assert record.steps == 10
    assert set(record.forces) == {"robot_table", "robot_robot", "hand_object", "object_table"}
    assert record.forces["object_table"].peak > 0.5  # the cube weighs 0.9 N


def test_a_record_depends_on_its_own_episode_alone(grasp):
    alone = by("random", grasp, seed=5)
    by("random", grasp, seed=6, condition=heavy(grasp))
    assert by("random", grasp, seed=5) == alone
    assert run_episode(EpisodeSpec(grasp.task, 5), "random") == alone  # in a world of its own


def test_a_specification_can_be_sent(grasp):
    spec = episode(grasp, 5, heavy(grasp), suite="sim2real", policy="somebody", number=7)
    record = run_episode(pickle.loads(pickle.dumps(spec)), "random")
    assert record == run_episode(spec, "random")
    assert record.condition == ("somebody", "grasp", "sim2real", "mass", 5)
    assert record.episode == 7


def test_the_record_tells_what_was_drawn(grasp):
    nominal, changed = by("random", grasp), by("random", grasp, condition=heavy(grasp))
    assert nominal.axes == ()
    assert changed.axes == ("mass",)
    assert "objects.target.mass" not in nominal.varied_values
    assert changed.varied_values["objects.target.mass"] in (pytest.approx(0.9), pytest.approx(0.009))
    start = "objects.target.position"
    assert nominal.varied_values[start] == changed.varied_values[start]  # paired by seed


def test_run_is_a_map_over_seeds(grasp):
    records = run("grasp", "random", episodes=3, seed=7, settings=SHORT)
    assert [record.seed for record in records] == [7, 8, 9]
    assert records == list(run_seeds(grasp, "random", [7, 8, 9]))


def test_record_is_plain_and_frozen(reach):
    record = by("expert", reach)
    assert EpisodeRecord.from_line(record.to_line()) == record
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.success = False


def test_watcher_sees_the_start_and_every_step(grasp):
    seen = []
    record = run_episode(episode(grasp, 0), make_policy("random", grasp), grasp, on_step=seen.append)
    assert len(seen) == record.steps + 1
    assert seen[0]["seed"] == 0
    assert seen[-1]["failure"] == "timeout"


def test_out_of_range_actions_are_counted(grasp):
    record = run_episode(episode(grasp, 0), FunctionPolicy(lambda _: np.full(8, 1.5)), grasp)
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


def test_zero_actions_keep_the_arm_where_it_is(reach):
    record = by("zero", reach)
    assert (record.success, record.failure) == (False, "never_reached")
    assert record.path_length < 1e-3


@pytest.mark.parametrize("name", ["expert", "random", "zero", "mine:zero", "mine:still"])
def test_policies_by_name(reach, own_module, name):
    policy = make_policy(name, reach)
    assert isinstance(policy, Policy)
    assert run_episode(episode(reach, 0), policy, reach).steps > 0


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
    with pytest.raises(ConfigError, match=message) as caught:
        make_policy(name, reach)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"), [("mine:broken", r"KeyError: 'elbow' \(.*mine.py"), ("mine:wrong", "shape")]
)
def test_policies_that_fail_say_where(reach, own_module, name, message):
    with pytest.raises(UsageError, match=message):
        by(name, reach)


@pytest.mark.parametrize("name", ["film.gif", "nowhere/film.webm"])
def test_films_that_cannot_be_written(tmp_path, name):
    with pytest.raises(ConfigError), open_video(tmp_path / name):
        pass
