"""Why an episode failed: one small scene for each code."""

from dataclasses import replace

import numpy as np
import pytest

from mygym_lite.config.field_path import apply_setting
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.experts.expert import Expert
from mygym_lite.experts.inputs import ExpertInputs
from mygym_lite.policies.policy import FunctionPolicy
from mygym_lite.policies.watchdog import GuardedPolicy
from mygym_lite.rollout.episode import EpisodeSpec
from mygym_lite.rollout.failure_codes import FAILURE_CODES, FailureClassifier
from mygym_lite.rollout.record import Force
from mygym_lite.rollout.rollout import run_episode
from mygym_lite.terms import load_task
from mygym_lite.terms.predicates import grasped

SHORT = "episode.seconds=2"
UNREACHABLE = {"held": {"term": "lifted", "thing": "target", "metres": 0.5}}


def failure_of(task, policy, *settings):
    """How an episode of this task fails under a function, or under the expert with something on top."""
    task = load_task(task)
    for setting in settings:
        task = apply_setting(task, setting)
    with TaskEnv(task) as env:
        actor = GuardedPolicy(policy(env), env.action_space)
        return run_episode(EpisodeSpec(task, 0), actor, env).failure


def constant(*action):
    return lambda env: FunctionPolicy(lambda _: np.array(action, dtype=float))


class LettingGo(Expert):
    """Lifts, then opens the hand and waits."""

    def __init__(self, env, after: int) -> None:
        super().__init__(ExpertInputs.from_env(env))
        self.env, self.after = env, after

    def act(self, observation=None):
        action = super().act(observation)
        if self.env.episode_state.steps >= self.after:
            action = np.zeros_like(action)
            action[-1] = -1.0
        return action


class OpeningAtOnce(Expert):
    """Closes the hand around the object, and opens it again before it lifts."""

    def __init__(self, env) -> None:
        super().__init__(ExpertInputs.from_env(env))
        self.env, self.held = env, False

    def act(self, observation=None):
        self.held = self.held or grasped(self.env.state, "target")
        return np.array([0.0] * 7 + [-1.0]) if self.held else super().act(observation)


STILL = constant(*[0.0] * 8)
CLOSING = constant(*[0.0] * 7, 1.0)


def without_target_fuss(task, **changes):
    return replace(load_task(task), failure={}, **changes)


def test_a_hand_that_never_came():
    assert failure_of("grasp", STILL, SHORT) == "never_reached"
    assert failure_of("reach", constant(0, 0, 0, 0), SHORT) == "never_reached"


def test_a_hand_that_closed_on_nothing():
    assert failure_of("grasp", CLOSING, SHORT) == "closed_on_nothing"


def test_an_object_that_was_lifted_and_lost():
    task = without_target_fuss("grasp", success=UNREACHABLE)
    assert failure_of(task, lambda env: LettingGo(env, after=40), "episode.seconds=4") == "dropped"


def test_an_object_that_was_lifted_but_not_far_enough():
    task = without_target_fuss("grasp", success=UNREACHABLE, limits={})
    assert failure_of(task, Expert.from_env, "episode.seconds=3") == "timeout"


def test_a_grip_that_was_too_hard():
    task = without_target_fuss("grasp", success=UNREACHABLE, limits={"hand_object": 10.0})
    assert failure_of(task, Expert.from_env, "episode.seconds=3") == "force_limit"
    assert failure_of("grasp_gentle", Expert.from_env, "robot.grip_torque=1.5") == "force_limit"


def test_the_wrong_object():
    task = load_task("grasp")
    decoy = ObjectConfig("cube", (0.45, -0.3, 0.0))
    wanted = {"held": {"term": "lifted", "thing": "decoy", "metres": 0.1}}
    task = replace(task, objects={**task.objects, "decoy": decoy}, success=wanted, failure={}, limits={})

    def take_the_target(env: TaskEnv) -> Expert:
        return Expert(replace(ExpertInputs.from_env(env), task=load_task("grasp")))

    assert failure_of(task, take_the_target, "episode.seconds=3") == "wrong_object"


def test_an_object_that_was_tipped():
    task = without_target_fuss("grasp", objects={"target": ObjectConfig("bottle", (0.45, 0.0, 0.0), friction=2.0)})
    push = replace(task.pushes["target"], newtons=1.0, rate=20.0)
    assert failure_of(replace(task, pushes={"target": push}), STILL, SHORT) == "tipped"


def test_a_ball_that_rolls_is_not_tipped():
    task = without_target_fuss("grasp", objects={"target": ObjectConfig("ball", (0.45, 0.0, 0.0))})
    push = replace(task.pushes["target"], newtons=0.3, rate=20.0)
    assert failure_of(replace(task, pushes={"target": push}), STILL, SHORT) == "never_reached"


def test_an_object_that_was_let_go_before_it_was_lifted_is_not_dropped():
    task = without_target_fuss("grasp", success=UNREACHABLE, limits={})
    assert failure_of(task, OpeningAtOnce, "episode.seconds=4") == "timeout"


def test_a_table_that_was_hit_is_told_before_a_grip_that_was_too_hard():
    above = {pair: Force(50.0, 20.0, 1.0, seconds_above=0.1) for pair in ("hand_object", "robot_table")}
    below = {"robot_table": replace(above["robot_table"], seconds_above=0.0)}
    with TaskEnv("grasp") as env:
        env.reset(seed=0)
        witness = FailureClassifier(env.episode_task, env.state)
    assert witness.classify(succeeded_once=True, forces=above) == "hit_table"
    assert witness.classify(succeeded_once=True, forces=above | below) == "force_limit"
    assert witness.classify(succeeded_once=True, forces=below) == "timeout"


def test_an_object_that_was_knocked_away():
    task = load_task("grasp")
    push = replace(task.pushes["target"], newtons=10.0, rate=20.0)
    assert failure_of(replace(task, pushes={"target": push}), STILL) == "knocked_away"


def test_a_table_that_was_hit():
    task = replace(load_task("reach"), limits={"robot_table": 20.0})
    assert failure_of(task, constant(0, 0, -1, 0)) == "hit_table"


def test_a_joint_at_its_limit():
    assert failure_of("grasp", constant(0, 0, 0, 0, 0, 0, 1.0, 0), "episode.seconds=4") == "joint_limit"


def test_a_policy_that_breaks_ends_its_episode_and_says_why():
    def broken(_observation):
        raise KeyError("elbow")

    with TaskEnv("reach") as env:
        record = run_episode(EpisodeSpec(env.task, 0), GuardedPolicy(FunctionPolicy(broken), env.action_space), env)
    assert (record.success, record.failure, record.steps) == (False, "policy_error", 0)
    assert "KeyError: 'elbow'" in record.message
    assert "\n" not in record.message


def test_physics_that_breaks_is_recorded_with_what_was_measured_before():
    task = load_task("grasp")
    push = replace(task.pushes["target"], newtons=200.0, seconds=1.0, rate=20.0)
    light = replace(task.objects["target"], mass=1e-3)
    task = replace(task, pushes={"target": push}, objects={"target": light}, failure={})
    with TaskEnv(task) as env:
        record = run_episode(EpisodeSpec(task, 0), STILL(env), env)
    assert record.failure == "physics_error"
    assert "the simulation became unstable" in record.message
    assert np.isfinite([record.path_length, record.energy, record.reward]).all()


@pytest.mark.parametrize("code", FAILURE_CODES)
def test_every_code_is_explained(code):
    assert FAILURE_CODES[code]
