"""Reinforcement on estimated poses, and policies that are run with the perception of their training."""

import json

import pytest
from training import catch_error_line

import mygym_lite
from mygym_lite.errors import ConfigError
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.environment import ObservationConfig
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.learning.reinforcement.train import reinforce
from mygym_lite.learning.reinforcement.validation import ValidationConfig
from mygym_lite.policies.policy_lookup import find_perception, find_policy

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.1")
ONE = ValidationConfig(episodes=1)


def train(out, **options):
    return reinforce("reach", "a2c", out, steps=16, perception="reach", settings=SHORT, validation=ONE, **options)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(tmp_path_factory.mktemp("policy") / "a2c")


def test_the_policy_observes_estimates_and_records_the_perception(trained):
    metadata = trained.policy.metadata
    assert metadata.observation["confidence"] == (1,)
    assert (metadata.provenance["perception"], metadata.perception) == ("reach", "reach")


def test_an_evaluation_attaches_the_perception_of_the_training(run, trained, tmp_path):
    words = ("--episodes", 1, "--workers", 1, "--clips", 0, "--json", "--set", SHORT[0], "--set", SHORT[1])
    code, document, errors = run("evaluate", "reach", "--policy", trained.folder, *words, "--out", tmp_path / "run")
    assert code == 0, errors
    assert json.loads(document)["summary"][0]["episodes"] == 1
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["perception"]["name"] == "reach"
    (record,) = mygym_lite.run("reach", str(trained.folder), episodes=1, settings=SHORT)
    assert record.failure != "policy_error"


def test_a_policy_of_imitation_is_run_with_its_perception_too(trained, tmp_path):
    result = imitate(
        "reach",
        "bc",
        tmp_path / "bc",
        demonstrations=DemonstrationConfig(episodes=2),
        training=TrainingConfig(epochs=1, hidden=(8,)),
        observation=ObservationConfig(perception="reach"),
    )
    (record,) = mygym_lite.run("reach", str(result.folder), episodes=1, settings=SHORT)
    assert record.failure != "policy_error"
    assert find_perception([find_policy(str(result.folder)), find_policy(str(trained.folder))]) == "reach"


def test_policies_with_and_without_perception_are_not_mixed(trained):
    with_expert = [find_policy(str(trained.folder)), find_policy("expert")]
    assert "was trained on the estimates of perception 'reach', and expert was not" in catch_error_line(
        lambda: find_perception(with_expert)
    )
    assert find_perception(with_expert[1:]) is None


def test_training_starts_from_a_policy_that_observed_estimates(trained, tmp_path):
    out = tmp_path / "none"
    assert "observation 'confidence' is missing there, and (1,) in reach" in catch_error_line(
        lambda: train(out, start="reach_bc"), ConfigError
    )


@pytest.mark.slow
def test_several_environments_estimate_poses_in_their_processes(tmp_path):
    assert train(tmp_path / "a2c", envs=2).curve[-1].steps >= 16


@pytest.mark.slow
def test_ranges_widen_around_estimates(tmp_path):
    assert train(tmp_path / "a2c", adr="dynamics").policy.metadata.perception == "reach"


def test_perception_that_cannot_be_attached_is_refused_in_one_line(tmp_path):
    out = tmp_path / "none"
    assert "give cameras or perception" in catch_error_line(lambda: train(out, cameras=["front"]))
    assert "leave out perception or her" in catch_error_line(
        lambda: reinforce("reach", "sac", out, her=True, perception="reach")
    )
    assert "perception grasp: trained on ball, " in catch_error_line(
        lambda: reinforce("reach", "ppo", out, perception="grasp"), ConfigError
    )
    assert "no such folder, and none of that name is shipped; did you mean 'reach'?" in catch_error_line(
        lambda: reinforce("reach", "ppo", out, perception="reech"), ConfigError
    )
    assert not out.exists()
