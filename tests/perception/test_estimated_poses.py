"""Environments that observe estimated poses: what they observe, what stays true, and what is refused."""

import math
import pickle
import warnings
from contextlib import closing
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from blind_estimators import METADATA, SIZE, make_blind_estimator
from gymnasium.utils.env_checker import check_env

import mygym_lite as mg
from mygym_lite.errors import ConfigError
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.fusion import LOST, PoseEstimate
from mygym_lite.perception.metadata import EstimatorMetadata
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.rollout.episode import EpisodeSpec
from mygym_lite.terms import vectors

OFFSET = (0.01, -0.02, 0.005)  # m, error of each estimated position
SHARP = 1e-6 * np.eye(3)


class OffsetEstimator(PoseEstimator):
    """Estimates the true poses plus a constant offset, or loses every object while ``closed``."""

    def __init__(self, off=OFFSET, card=METADATA):
        super().__init__(PoseNetwork(len(card.classes), card.size), card, "knowing")
        self.off, self.closed, self.of = off, False, None

    def estimate_poses(self, images, views, targets, colors=None, predictions=None):
        self.images, self.views, self.wanted = images, views, targets
        return {name: LOST if self.closed else self.estimate(self.of.state.frames[name]) for name in targets}

    def estimate(self, pose):
        return PoseEstimate(0.9, np.add(pose.position, self.off), SHARP, vectors.compute_yaw(pose.rotation), 0.01)


def wrap_estimator(env, estimator, **settings):
    """Wrap an environment so that it observes the poses of an estimator."""
    estimator.of = env
    return mg.EstimatedPoses(env, estimator, **settings)


@pytest.fixture(scope="module")
def grasp():
    with closing(mg.make("grasp")) as env:
        yield env


def make_idle_action(env):
    return np.zeros(env.action_space.shape, np.float32)


def test_observations_are_computed_from_estimated_poses(grasp):
    env = wrap_estimator(grasp, OffsetEstimator())
    observation, info = env.reset(seed=3)
    parts, true = grasp.observation_reader.layout["object"], grasp.observation_reader.read(grasp.state)
    offset = np.add(vectors.subtract(grasp.state.position("target"), grasp.state.position("palm")), OFFSET)
    assert observation["object"][parts["offset"]] == pytest.approx(4 * offset, abs=1e-6)
    assert observation["object"][parts["yaw"]] == pytest.approx(true["object"][parts["yaw"]], abs=1e-5)
    assert observation["proprio"].tobytes() == true["proprio"].tobytes()
    assert observation["confidence"] == pytest.approx([0.9])
    assert observation in env.observation_space
    told = info["perception"]["target"]
    assert told["error"] == pytest.approx(math.dist(OFFSET, (0, 0, 0)))
    assert told["position"] == pytest.approx(np.add(grasp.state.position("target"), OFFSET))
    assert grasp.estimated_state.position("target") == told["position"] != grasp.state.position("target")


def test_passes_the_checker_of_gymnasium():
    with (
        closing(mg.EstimatedPoses(gym.make("mygym_lite/Grasp-v0"), make_blind_estimator())) as env,
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version")
        check_env(env, skip_render_check=True)


def test_metrics_use_true_poses():
    with closing(mg.make("grasp", settings=["episode.seconds=1.5"])) as env:
        spec = EpisodeSpec(env.task, 5)
        assert mg.run_episode(spec, "random", wrap_estimator(env, OffsetEstimator())) == mg.run_episode(spec, "random")


def test_the_expert_moves_to_the_estimated_goal():
    off = (0.0, 0.05, 0.0)
    with closing(mg.make("reach")) as env:
        record = mg.run_episode(EpisodeSpec(env.task, 1), "expert", wrap_estimator(env, OffsetEstimator(off)))
        assert not record.success
        goal, palm = (np.array(env.state.position(name)) for name in ("goal", "palm"))
        assert palm == pytest.approx(goal + off, abs=5e-3)
        assert mg.run_episode(
            EpisodeSpec(env.task, 1), "expert", wrap_estimator(env, OffsetEstimator((0, 0, 0)))
        ).success


def test_lost_objects_return_to_their_declared_position(grasp):
    estimator = OffsetEstimator()
    env = wrap_estimator(grasp, estimator)
    env.reset(seed=3)
    estimator.closed = True
    sure = []
    for _ in range(20):
        observation, *_, info = env.step(make_idle_action(env))
        sure.append(float(observation["confidence"][0]))
    assert sure[4] == pytest.approx(0.45)
    assert sure[9] == pytest.approx(0.225)
    assert sure[18] > 0.0 == sure[19]  # and nothing after 1 s
    assert info["perception"]["target"]["position"] == pytest.approx((0.45, 0.0, 0.03), abs=0.02)
    assert all(np.isfinite(array).all() for array in observation.values())
    estimator.closed = False
    *_, info = env.step(make_idle_action(env))
    assert info["perception"]["target"]["error"] == pytest.approx(math.dist(OFFSET, (0, 0, 0)))


def test_no_detection_has_zero_confidence(grasp):
    env = mg.EstimatedPoses(grasp, make_blind_estimator())
    _, info = env.reset(seed=0)
    assert info["perception"]["target"]["confidence"] == 0.0
    assert info["perception"]["target"]["position_deviation"] == math.inf


def test_a_lost_object_in_the_hand_moves_with_the_palm():
    with closing(mg.make("grasp")) as env:
        estimator = OffsetEstimator((0.0, 0.0, 0.0))
        shown_env, expert = wrap_estimator(env, estimator), mg.make_policy("expert", env)
        shown_env.reset(seed=0)
        expert.reset(0)
        below = env.state.position("target")[2]
        heights, errors = [], []
        while env.state.position("target")[2] < below + 0.09 and env.state.seconds < 5:
            *_, info = shown_env.step(expert.act())
            estimator.closed = env.state.position("target")[2] > below + 0.02
            if estimator.closed:
                heights.append(info["perception"]["target"]["position"][2] - below)
                errors.append(info["perception"]["target"]["error"])
    assert len(errors) > 3
    assert heights[-1] > 0.08
    assert max(errors) < 0.01


def test_yaw_of_round_objects_is_zero():
    with closing(mg.make("grasp", settings=["objects.target.model=ball"])) as env:
        _, info = wrap_estimator(env, OffsetEstimator()).reset(seed=2)
    assert info["perception"]["target"]["yaw"] == 0.0


def test_goals_are_estimated_and_rewards_use_true_goals():
    with closing(mg.GoalEnv("reach")) as env:
        wrapped = wrap_estimator(env, OffsetEstimator())
        observation, _ = wrapped.reset(seed=4)
        goal = env.state.position("goal")
        assert observation["desired_goal"] == pytest.approx(np.add(goal, OFFSET), abs=1e-6)
        assert observation["confidence"] == pytest.approx([0.9])
        observation, reward, *_ = wrapped.step(make_idle_action(env))
        assert reward == env.compute_reward(observation["achieved_goal"], np.array(goal), {})


def test_obstacles_are_observed_at_estimated_positions():
    with closing(mg.make("grasp_clutter")) as env:
        estimator = OffsetEstimator((0.0, 0.0, 0.0))
        wrapped = wrap_estimator(env, estimator)
        seen, _ = wrapped.reset(seed=1)
        assert seen["clutter"] == pytest.approx(env.observation_reader.read(env.state)["clutter"], abs=1e-6)
        assert next(iter(estimator.wanted)) == "target"
        assert len(estimator.wanted) == 5
        estimator.closed = True
        unseen, _ = wrapped.reset(seed=1)
        assert not unseen["clutter"].any()
        assert len(unseen["confidence"]) == 1


def test_hand_eye_errors_shift_the_estimates():
    faults = ["sensing.hand_eye_position=0.02", "sensing.hand_eye_rotation=0.05"]
    with closing(mg.make("grasp", settings=faults)) as plain, closing(mg.make("grasp", settings=faults)) as env:
        wanted, _ = plain.reset(seed=6)
        seen, info = wrap_estimator(env, OffsetEstimator((0.0, 0.0, 0.0))).reset(seed=6)
    offset = plain.observation_reader.layout["object"]["offset"]
    assert seen["object"][offset] == pytest.approx(wanted["object"][offset], abs=1e-6)
    assert info["perception"]["target"]["error"] > 0.01


def test_wrist_camera_poses_come_from_measured_joints():
    with closing(mg.make("grasp", settings=["sensing.joint_bias=0.03"])) as env:
        estimator = OffsetEstimator()
        wrap_estimator(env, estimator).reset(seed=0)
        believed, true = (view.world_to_camera for view in (estimator.views["wrist"], env.view("wrist", SIZE)))
        assert np.abs(believed - true).max() > 0.01
        assert np.array_equal(estimator.views["front"].world_to_camera, env.view("front", SIZE).world_to_camera)


def test_the_estimator_does_not_change_observed_images():
    def make():
        return mg.make("grasp", observe=["touch", "rgb"], cameras=["front"], size=SIZE, settings=[
            "sensing.image_noise=0.05", "sensing.motion_blur=3",
        ])  # fmt: skip

    with closing(make()) as plain, closing(make()) as env:
        estimator = OffsetEstimator()
        wrapped = wrap_estimator(env, estimator)
        pairs = [(plain.reset(seed=1)[0], wrapped.reset(seed=1)[0])]
        pairs.append((plain.step(make_idle_action(env))[0], wrapped.step(make_idle_action(env))[0]))
        clean = env.render_images("front", size=SIZE, quality="fast")["rgb"]
    for one, other in pairs:
        assert one["front_rgb"].tobytes() == other["front_rgb"].tobytes()
    assert estimator.images["front"].std() > 0.0
    assert not np.array_equal(estimator.images["front"], clean)


def test_latency_delays_the_confidence_too():
    with closing(mg.make("grasp", settings=["sensing.latency=0.1"])) as env:
        estimator = OffsetEstimator()
        wrapped = wrap_estimator(env, estimator)
        wrapped.reset(seed=0)
        estimator.closed = True
        sure = [float(wrapped.step(make_idle_action(env))[0]["confidence"][0]) for _ in range(4)]
    assert sure[:2] == pytest.approx([0.9, 0.9])
    assert 0.9 > sure[2] > sure[3]


def test_a_pickled_environment_continues_with_the_same_estimates():
    with closing(mg.make("grasp", settings=["sensing.image_noise=0.02"])) as env:
        wrapped = mg.EstimatedPoses(env, make_blind_estimator())
        wrapped.reset(seed=2)
        actions = np.random.default_rng(0).uniform(-1, 1, (6, *env.action_space.shape)).astype(np.float32)
        for action in actions[:3]:
            wrapped.step(action)
        again = pickle.loads(pickle.dumps(wrapped))
        assert again.observation_space == wrapped.observation_space
        for action in actions[3:]:
            first, second = wrapped.step(action)[0], again.step(action)[0]
            assert {name: array.tobytes() for name, array in first.items()} == {
                name: array.tobytes() for name, array in second.items()
            }
        again.close()


@pytest.mark.parametrize(
    ("task", "settings", "card", "cameras", "message"),
    [
        ("reach_pose", {}, METADATA, None, "its goal has a rotation"),
        ("reach", {"settings": ["goal.marker=0"]}, METADATA, None, "goal.marker is 0"),
        ("grasp", {}, EstimatorMetadata(("goal",), SIZE, ("front",), ()), None, "trained on goal; grasp needs cube"),
        ("grasp", {}, METADATA, ["side"], "not on 'side'"),
        ("grasp", {}, METADATA, "front", r"use \['front'\]"),
        (
            "grasp",
            {},
            EstimatorMetadata(("cube",), SIZE, ("ceiling",), ()),
            None,
            "trained on cameras ceiling; grasp has front",
        ),
        ("grasp", {"renderer": "tiny"}, METADATA, None, "make it with 'raster'"),
    ],
)
def test_incompatible_tasks_and_cameras_are_refused_in_one_line(task, settings, card, cameras, message):
    with closing(mg.make(task, **settings)) as env, pytest.raises(ConfigError, match=message) as error:
        mg.EstimatedPoses(env, OffsetEstimator(card=card), cameras)
    assert "\n" not in str(error.value)


def test_an_observation_group_named_confidence_is_refused():
    task = mg.load_task("grasp")
    named = replace(task, observe={**task.observe, "confidence": task.observe["touch"]})
    with closing(mg.make(named)) as env, pytest.raises(ConfigError, match=r"^grasp: .* rename observe.confidence"):
        mg.EstimatedPoses(env, OffsetEstimator())
