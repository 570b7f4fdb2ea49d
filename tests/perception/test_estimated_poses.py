"""Policies that are shown where things are seen: what they observe, what stays true, and what is refused."""

import json
import math
import pickle
import sys
import warnings
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

import mygym_lite as mg
from mygym_lite.cli import main
from mygym_lite.config.state import Pose
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.evaluate import prepare_evaluation
from mygym_lite.harness.manifest import build_manifest
from mygym_lite.harness.run_folder import RunFolderWriter
from mygym_lite.harness.runner import EpisodeRunner
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.fusion import LOST, PoseEstimate
from mygym_lite.perception.metadata import EstimatorMetadata, find_estimator
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.perception.tracking import Track, YawTrack
from mygym_lite.rollout.episode import EpisodeSpec
from mygym_lite.terms import vectors

SIZE = (32, 32)
CARD = EstimatorMetadata(("cube", "ball", "goal"), SIZE, ("front", "wrist"), ("grasp",))
OFF = (0.01, -0.02, 0.005)  # m, by which eyes err here
SHARP = 1e-6 * np.eye(3)
SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.05")


class Knowing(PoseEstimator):
    """Sees everything where it is, but for a known error, and nothing while it is told to close."""

    def __init__(self, off=OFF, card=CARD):
        super().__init__(PoseNetwork(len(card.classes), card.size), card, "knowing")
        self.off, self.closed, self.of = off, False, None

    def estimate_poses(self, images, views, targets):
        self.images, self.views, self.wanted = images, views, targets
        return {name: LOST if self.closed else self.estimate(self.of.state.frames[name]) for name in targets}

    def estimate(self, pose):
        return PoseEstimate(0.9, np.add(pose.position, self.off), SHARP, vectors.compute_yaw(pose.rotation), 0.01)


def shown(env, eyes, **settings):
    """An environment that shows what eyes see, and the one that it wraps."""
    eyes.of = env
    return mg.EstimatedPoses(env, eyes, **settings)


@pytest.fixture(scope="module")
def grasp():
    with closing(mg.make("grasp")) as env:
        yield env


def idle(env):
    return np.zeros(env.action_space.shape, np.float32)


def blind(seed=0, classes=CARD.classes):
    """Real eyes, not trained, that are sure of seeing nothing."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PoseNetwork(len(classes), SIZE)
    with torch.no_grad():
        network.class_head.weight.zero_()
        network.class_head.bias.copy_(torch.tensor([0.0, *[-9.0] * len(classes)]))
    return PoseEstimator(network, EstimatorMetadata(classes, SIZE, CARD.cameras, CARD.tasks), "blind")


def test_what_is_observed_is_computed_from_what_is_seen(grasp):
    env = shown(grasp, Knowing())
    observation, info = env.reset(seed=3)
    parts, true = grasp.observation_reader.layout["object"], grasp.observation_reader.read(grasp.state)
    offset = np.add(vectors.subtract(grasp.state.position("target"), grasp.state.position("palm")), OFF)
    assert observation["object"][parts["offset"]] == pytest.approx(4 * offset, abs=1e-6)
    assert observation["object"][parts["yaw"]] == pytest.approx(true["object"][parts["yaw"]], abs=1e-5)
    assert observation["proprio"].tobytes() == true["proprio"].tobytes()
    assert observation["confidence"] == pytest.approx([0.9])
    assert observation in env.observation_space
    told = info["perception"]["target"]
    assert told["error"] == pytest.approx(math.dist(OFF, (0, 0, 0)))
    assert told["position"] == pytest.approx(np.add(grasp.state.position("target"), OFF))
    assert grasp.estimated_state.position("target") == told["position"] != grasp.state.position("target")


def test_it_is_an_environment_as_gymnasium_wants_it():
    with closing(mg.EstimatedPoses(gym.make("mygym_lite/Grasp-v0"), blind())) as env, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version")
        check_env(env, skip_render_check=True)


def test_what_is_measured_of_an_episode_stays_true():
    with closing(mg.make("grasp", settings=["episode.seconds=1.5"])) as env:
        spec = EpisodeSpec(env.task, 5)
        assert mg.run_episode(spec, "random", shown(env, Knowing())) == mg.run_episode(spec, "random")


def test_the_expert_goes_where_the_eyes_say():
    off = (0.0, 0.05, 0.0)
    with closing(mg.make("reach")) as env:
        record = mg.run_episode(EpisodeSpec(env.task, 1), "expert", shown(env, Knowing(off)))
        assert not record.success
        goal, palm = (np.array(env.state.position(name)) for name in ("goal", "palm"))
        assert palm == pytest.approx(goal + off, abs=5e-3)
        assert mg.run_episode(EpisodeSpec(env.task, 1), "expert", shown(env, Knowing((0, 0, 0)))).success


def test_what_is_lost_is_told_to_be_where_it_is_declared(grasp):
    eyes = Knowing()
    env = shown(grasp, eyes)
    env.reset(seed=3)
    eyes.closed = True
    sure = []
    for _ in range(20):
        observation, *_, info = env.step(idle(env))
        sure.append(float(observation["confidence"][0]))
    assert sure[4] == pytest.approx(0.45)
    assert sure[9] == pytest.approx(0.225)
    assert sure[18] > 0.0 == sure[19]  # and nothing after 1 s
    assert info["perception"]["target"]["position"] == pytest.approx((0.45, 0.0, 0.03), abs=0.02)
    assert all(np.isfinite(array).all() for array in observation.values())
    eyes.closed = False
    *_, info = env.step(idle(env))
    assert info["perception"]["target"]["error"] == pytest.approx(math.dist(OFF, (0, 0, 0)))


def test_eyes_that_see_nothing_say_so(grasp):
    env = mg.EstimatedPoses(grasp, blind())
    _, info = env.reset(seed=0)
    assert info["perception"]["target"]["confidence"] == 0.0
    assert info["perception"]["target"]["position_deviation"] == math.inf


def test_what_the_hand_holds_moves_with_it_unseen():
    with closing(mg.make("grasp")) as env:
        eyes = Knowing((0.0, 0.0, 0.0))
        shown_env, expert = shown(env, eyes), mg.make_policy("expert", env)
        shown_env.reset(seed=0)
        expert.reset(0)
        below = env.state.position("target")[2]
        heights, errors = [], []
        while env.state.position("target")[2] < below + 0.09 and env.state.seconds < 5:
            *_, info = shown_env.step(expert.act())
            eyes.closed = env.state.position("target")[2] > below + 0.02
            if eyes.closed:
                heights.append(info["perception"]["target"]["position"][2] - below)
                errors.append(info["perception"]["target"]["error"])
    assert len(errors) > 3
    assert heights[-1] > 0.08
    assert max(errors) < 0.01


def test_round_things_are_told_to_be_turned_by_nothing():
    with closing(mg.make("grasp", settings=["objects.target.model=ball"])) as env:
        _, info = shown(env, Knowing()).reset(seed=2)
    assert info["perception"]["target"]["yaw"] == 0.0


def test_goals_are_seen_and_rewards_are_of_true_ones():
    with closing(mg.GoalEnv("reach")) as env:
        wrapped = shown(env, Knowing())
        observation, _ = wrapped.reset(seed=4)
        goal = env.state.position("goal")
        assert observation["desired_goal"] == pytest.approx(np.add(goal, OFF), abs=1e-6)
        assert observation["confidence"] == pytest.approx([0.9])
        observation, reward, *_ = wrapped.step(idle(env))
        assert reward == env.compute_reward(observation["achieved_goal"], np.array(goal), {})


def test_things_in_the_way_are_told_of_where_they_are_seen():
    with closing(mg.make("grasp_clutter")) as env:
        eyes = Knowing((0.0, 0.0, 0.0))
        wrapped = shown(env, eyes)
        seen, _ = wrapped.reset(seed=1)
        assert seen["clutter"] == pytest.approx(env.observation_reader.read(env.state)["clutter"], abs=1e-6)
        assert next(iter(eyes.wanted)) == "target"
        assert len(eyes.wanted) == 5
        eyes.closed = True
        unseen, _ = wrapped.reset(seed=1)
        assert not unseen["clutter"].any()
        assert len(unseen["confidence"]) == 1


def test_a_shifted_calibration_shifts_what_is_seen():
    faults = ["sensing.hand_eye_position=0.02", "sensing.hand_eye_rotation=0.05"]
    with closing(mg.make("grasp", settings=faults)) as plain, closing(mg.make("grasp", settings=faults)) as env:
        wanted, _ = plain.reset(seed=6)
        seen, info = shown(env, Knowing((0.0, 0.0, 0.0))).reset(seed=6)
    offset = plain.observation_reader.layout["object"]["offset"]
    assert seen["object"][offset] == pytest.approx(wanted["object"][offset], abs=1e-6)
    assert info["perception"]["target"]["error"] > 0.01


def test_cameras_in_the_hand_are_where_the_joints_say():
    with closing(mg.make("grasp", settings=["sensing.joint_bias=0.03"])) as env:
        eyes = Knowing()
        shown(env, eyes).reset(seed=0)
        believed, true = (view.world_to_camera for view in (eyes.views["wrist"], env.view("wrist", SIZE)))
        assert np.abs(believed - true).max() > 0.01
        assert np.array_equal(eyes.views["front"].world_to_camera, env.view("front", SIZE).world_to_camera)


def test_observed_images_are_the_same_whoever_else_looks():
    def make():
        return mg.make("grasp", observe=["touch", "rgb"], cameras=["front"], size=SIZE, settings=[
            "sensing.image_noise=0.05", "sensing.motion_blur=3",
        ])  # fmt: skip

    with closing(make()) as plain, closing(make()) as env:
        eyes = Knowing()
        wrapped = shown(env, eyes)
        pairs = [(plain.reset(seed=1)[0], wrapped.reset(seed=1)[0])]
        pairs.append((plain.step(idle(env))[0], wrapped.step(idle(env))[0]))
        clean = env.render_images("front", size=SIZE, quality="fast")["rgb"]
    for one, other in pairs:
        assert one["front_rgb"].tobytes() == other["front_rgb"].tobytes()
    assert eyes.images["front"].std() > 0.0
    assert not np.array_equal(eyes.images["front"], clean)


def test_what_is_late_is_late_with_its_confidence():
    with closing(mg.make("grasp", settings=["sensing.latency=0.1"])) as env:
        eyes = Knowing()
        wrapped = shown(env, eyes)
        wrapped.reset(seed=0)
        eyes.closed = True
        sure = [float(wrapped.step(idle(env))[0]["confidence"][0]) for _ in range(4)]
    assert sure[:2] == pytest.approx([0.9, 0.9])
    assert 0.9 > sure[2] > sure[3]


def test_a_moment_comes_back_with_what_was_seen_of_it():
    with closing(mg.make("grasp", settings=["sensing.image_noise=0.02"])) as env:
        wrapped = mg.EstimatedPoses(env, blind())
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
        ("reach_pose", {}, CARD, None, "its goal has a rotation"),
        ("reach", {"settings": ["goal.marker=0"]}, CARD, None, "goal.marker is 0"),
        ("grasp", {}, EstimatorMetadata(("goal",), SIZE, ("front",), ()), None, "trained on goal; grasp needs cube"),
        ("grasp", {}, CARD, ["side"], "not on 'side'"),
        ("grasp", {}, CARD, "front", r"use \['front'\]"),
        (
            "grasp",
            {},
            EstimatorMetadata(("cube",), SIZE, ("ceiling",), ()),
            None,
            "trained on cameras ceiling; grasp has front",
        ),
        ("grasp", {"renderer": "tiny"}, CARD, None, "make it with 'raster'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(task, settings, card, cameras, message):
    with closing(mg.make(task, **settings)) as env, pytest.raises(ConfigError, match=message) as error:
        mg.EstimatedPoses(env, Knowing(card=card), cameras)
    assert "\n" not in str(error.value)


def test_a_group_of_the_same_name_is_in_the_way():
    task = mg.load_task("grasp")
    named = replace(task, observe={**task.observe, "confidence": task.observe["touch"]})
    with closing(mg.make(named)) as env, pytest.raises(ConfigError, match=r"^grasp: .* rename observe.confidence"):
        mg.EstimatedPoses(env, Knowing())


def cli(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["mygym-lite", *map(str, words)])
    return main()


def track(seconds=0.05, folds=4):
    return Track(YawTrack(folds, 0.0), seconds)


def at(*position, yaw=0.0, deviation=0.004):
    return PoseEstimate(0.9, np.array(position, float), deviation**2 * np.eye(3), yaw, 0.05)


def test_noise_is_averaged_out():
    rng, found, one = np.random.default_rng(0), [], track()
    for _ in range(100):
        one.update(at(*rng.normal((0.4, 0.1, 0.03), 0.004), yaw=rng.normal(0.2, 0.05)))
        found.append((*one.position, one.heading.yaw))
    errors = np.array(found[30:]) - (0.4, 0.1, 0.03, 0.2)
    assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(np.zeros(4), abs=0.02)
    assert np.abs(errors[:, :3]).max() < 0.004
    assert one.velocity == pytest.approx(np.zeros(3), abs=0.01)


def test_one_sight_elsewhere_is_not_believed_and_three_are():
    one = track()
    for _ in range(5):
        one.update(at(0.4, 0.0, 0.03))
    one.update(at(0.5, 0.0, 0.03))
    assert one.position[0] == pytest.approx(0.4)
    assert one.confidence < 0.9
    one.update(at(0.4, 0.0, 0.03))
    for _ in range(3):
        one.update(at(0.5, 0.0, 0.03))
    assert one.position[0] == pytest.approx(0.5, abs=2e-3)
    assert one.confidence == 0.9


def test_what_moves_is_followed():
    one = track()
    for step in range(40):
        one.update(at(0.4 + 0.005 * step, 0.0, 0.03, deviation=0.002), moving=True)
    assert one.position[0] == pytest.approx(0.4 + 0.005 * 39, abs=5e-3)
    assert one.velocity == pytest.approx([0.1, 0.0, 0.0], abs=0.02)


def test_yaws_that_look_the_same_are_one():
    one = track()
    for yaw in (0.75, 0.80 - math.pi / 2, 0.78, 0.76 + math.pi):
        one.update(at(0.4, 0.0, 0.03, yaw=yaw))
    assert one.heading.yaw == pytest.approx(0.77, abs=0.02)


def test_what_is_held_turns_with_the_palm():
    one, rest = track(), (0.0, 0.0, 0.0, 1.0)
    one.update(at(0.4, 0.0, 0.1))
    half = math.sqrt(0.5)
    one.update(LOST, palm_motion=(Pose((0.4, 0.0, 0.1), rest), Pose((0.4, 0.0, 0.2), (0.0, 0.0, half, half))))
    assert one.position == pytest.approx([0.4, 0.0, 0.2])
    assert one.heading.yaw == pytest.approx(math.pi / 2)
    assert one.velocity == pytest.approx([0.0, 0.0, 2.0])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_none_are_no_sight(bad):
    one = track()
    one.update(at(bad, 0.0, 0.03))
    assert not one.is_known
    assert one.position.tolist() == [0.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return blind().save(tmp_path_factory.mktemp("perception") / "blind")


def test_a_run_knows_through_what_its_policies_saw(weights, tmp_path):
    plan = prepare_evaluation("expert", ["reach"], episodes=1, settings=SHORT, perception=weights).plan
    with (
        RunFolderWriter.create_or_resume(tmp_path / "run", build_manifest(plan, SHORT)) as run,
        closing(EpisodeRunner(plan)) as stage,
    ):
        record = stage.run_job(0)
        run.append(record)
    noted = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["perception"]
    assert (noted["name"], noted["source"], noted["size"]) == ("blind", str(weights), list(SIZE))
    assert not record.success
    assert mg.replay(tmp_path / "run", 0).identical
    with pytest.raises(UsageError, match="is another one than in the run"):
        mg.replay(tmp_path / "run", 0, perception=blind(1).save(tmp_path / "blind"))


def test_a_run_does_not_go_on_with_other_weights(weights, tmp_path):
    def begun(perceive):
        plan = prepare_evaluation("expert", ["reach"], episodes=1, perception=perceive).plan
        with RunFolderWriter.create_or_resume(tmp_path / "run", build_manifest(plan)):
            pass

    begun(weights)
    begun(weights)
    with pytest.raises(UsageError, match=r"holds another run: perception was \{.*, is absent"):
        begun(None)
    other = blind(classes=("cube",)).save(tmp_path / "other")
    with pytest.raises(UsageError, match=r'perception.classes was \["cube", "ball", "goal"\], is \["cube"\]'):
        begun(other)


def test_the_command_line_takes_weights_by_their_folder(weights, monkeypatch, capfd):
    short = ["--set", SHORT[0], "--set", SHORT[1], "--episodes", "1"]
    assert cli(monkeypatch, "watch", "grasp", "--perception", weights, *short) == 0
    assert "0 of 1 solved" in capfd.readouterr().out
    assert cli(monkeypatch, "watch", "grasp", "--perception", f"{weights}s", *short) == 2
    assert "no such folder" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("file", "message"), [("perception.json", "cannot be read"), ("weights.safetensors", "damaged")]
)
def test_a_damaged_folder_is_refused_in_one_line(weights, tmp_path, monkeypatch, capsys, file, message):
    blind().save(tmp_path / "broken")
    (tmp_path / "broken" / file).unlink()
    if message == "damaged":
        (tmp_path / "broken" / file).write_bytes(b"nothing")
    assert cli(monkeypatch, "evaluate", "grasp", "--perception", tmp_path / "broken", "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_weights_are_found_by_path():
    with pytest.raises(ConfigError, match="perception nowhere: no such folder"):
        find_estimator("nowhere")
