"""Trainings that start from the weights of another policy, of the same spaces."""

import json
from contextlib import closing

import numpy as np
import pytest
from training import catch_error_line, report_nothing

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.architecture import NETWORK_KINDS, NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.demonstrations import collect_demonstrations
from mygym_lite.learning.imitation.environment import ObservationConfig
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.start_policy import read_hidden, read_start
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig, fit
from mygym_lite.learning.reinforcement.train import reinforce
from mygym_lite.learning.reinforcement.validation import ValidationConfig
from mygym_lite.policies.mlp import MlpPolicy

FEW = DemonstrationConfig(episodes=3)
NETWORKS = {kind: NetworkConfig(kind) for kind in NETWORK_KINDS} | {
    "mlp with a history": NetworkConfig(history=3),
    "flow matching with a history": NetworkConfig("flow_matching", history=2, horizon=3),
}


@pytest.fixture(scope="module")
def demonstrations(reach):
    return collect_demonstrations(reach, Expert.from_env(reach), 3, 0.1, 0, report_nothing)


def train_briefly(network):
    """Train for an epoch with small layers."""
    batch = 2 if network.kind == "recurrent" else 32
    return TrainingConfig(epochs=1, batch_size=batch, hidden=(16, 12) if network.kind != "mlp" else (16, 8))


def collect_actions(policy, env):
    """Collect the actions of a policy over the first observations of an episode of zero actions."""
    observation, _ = env.reset(seed=50_000)
    policy.reset(50_000)
    actions = []
    for _ in range(4):
        actions.append(np.array(policy.act(observation)))
        observation, *_ = env.step(np.zeros(env.action_space.shape, np.float32))
    return np.array(actions)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_starts_from_a_policy_acts_like_it(reach, demonstrations, name, tmp_path):
    network, training = NETWORKS[name], train_briefly(NETWORKS[name])
    policy = export_policy(reach, fit(demonstrations, training, report_nothing, None, network).network)
    folder = policy.save(tmp_path / "start")
    others = collect_demonstrations(reach, Expert.from_env(reach), 2, 0.5, 1, report_nothing)
    restored = read_start(folder).make_network(others, read_hidden(folder))
    again = export_policy(reach, restored)
    assert again.metadata.network == policy.metadata.network
    np.testing.assert_allclose(collect_actions(again, reach), collect_actions(policy, reach), atol=1e-5)


@pytest.mark.parametrize("robot", ["humanoid_right", "humanoid_left"])
def test_a_policy_of_a_sibling_task_or_robot_is_fine_tuned_on_few_demonstrations(run, tmp_path, robot):
    words = ("--episodes", 3, "--epochs", 1, "--set", f"robot.model={robot}", "--json")
    documents = []
    for name, start in (("anew", ()), ("transfer", ("--start", "grasp_bc"))):
        code, printed, errors = run("train", "imitate", "grasp_gentle", *start, *words, "--out", tmp_path / name)
        assert code == 0, errors
        documents.append(json.loads(printed))
    anew, transfer = documents
    assert (anew["start"], transfer["start"]) == (None, "grasp_bc")
    assert transfer["best"]["loss"] < 0.8 * anew["best"]["loss"]


def test_a_policy_that_reads_is_fine_tuned(tmp_path):
    observation = ObservationConfig(observe=("proprio", "scene", "instruction"))
    brief = {"demonstrations": FEW, "training": TrainingConfig(epochs=1), "observation": observation}
    first = imitate("pick_by_name", "bc", tmp_path / "first", **brief)
    still = TrainingConfig(epochs=1, learning_rate=1e-12)
    again = imitate("pick_by_name", "flow", tmp_path / "again", **brief | {"training": still})
    assert again.policy.metadata.network["head"] == "flow_matching"
    again = imitate("pick_by_name", "bc", tmp_path / "still", start=first.folder, **brief | {"training": still})
    for name, tensor in first.policy.tensors.items():
        np.testing.assert_allclose(again.policy.tensors[name], tensor, atol=1e-4, err_msg=name)


@pytest.mark.slow
def test_a_policy_over_images_is_fine_tuned(tmp_path):
    brief = {"demonstrations": FEW, "observation": ObservationConfig(("front",), (32, 32))}
    first = imitate("reach", "flow", tmp_path / "first", training=TrainingConfig(epochs=1, hidden=(16,)), **brief)
    still = TrainingConfig(epochs=1, learning_rate=1e-12)
    again = imitate("reach", "flow", tmp_path / "still", start=first.folder, training=still, **brief)
    for name, tensor in first.policy.tensors.items():
        np.testing.assert_allclose(again.policy.tensors[name], tensor, atol=1e-2, err_msg=name)


def test_dagger_starts_from_a_policy_too(tmp_path):
    result = imitate(
        "grasp_gentle",
        "dagger",
        tmp_path / "dagger",
        start="grasp_dagger",
        demonstrations=DemonstrationConfig.for_task("grasp_gentle", episodes=2, rounds=1, rollouts_per_round=1),
        training=TrainingConfig(epochs=1),
    )
    assert result.policy.metadata.provenance["start"] == "grasp_dagger"
    assert result.policy.metadata.task == "grasp_gentle"


def test_reinforcement_starts_from_a_policy_of_a_sibling_task(tmp_path):
    result = reinforce(
        "grasp_gentle",
        "ppo",
        tmp_path / "ppo",
        steps=1,
        start="grasp_bc",
        settings=("episode.seconds=0.5", "episode.hold_seconds=0.1"),
        validation=ValidationConfig(episodes=1),
    )
    assert result.policy.metadata.provenance["start"] == "grasp_bc"
    assert result.policy.config.hidden == (256, 256)


def test_the_first_different_space_is_named(tmp_path):
    out = tmp_path / "none"
    assert "observation 'shape' is missing there, and (8,) in grasp_any" in catch_error_line(
        lambda: imitate("grasp_any", "bc", out, start="grasp_bc"), ConfigError
    )
    assert "control mode is 'joint_delta' there, and 'ee_translation' in reach" in catch_error_line(
        lambda: imitate("reach", "bc", out, start="grasp_bc"), ConfigError
    )
    assert "observation 'goal' is (3,) there, and (6,) in reach_moving" in catch_error_line(
        lambda: reinforce("reach_moving", "ppo", out, start="reach_bc"), ConfigError
    )
    assert "leave --network and --history out" in catch_error_line(
        lambda: imitate("grasp", "bc", out, start="grasp_bc", network=NetworkConfig("recurrent"))
    )
    assert "act learns chunks of actions, which is not for head 'mlp'" in catch_error_line(
        lambda: imitate("grasp", "act", out, start="grasp_bc")
    )
    assert "grasp_bcc/policy.json: cannot be read" in catch_error_line(
        lambda: imitate("grasp", "bc", out, start="grasp_bcc"), ConfigError
    )
    assert not out.exists()


def test_policies_that_imitation_cannot_train_are_refused(tmp_path):
    with closing(TaskEnv("reach")) as env:
        size = sum(box.shape[0] for box in env.observation_space.spaces.values())
        layers = [(np.zeros((8, size)), np.zeros(8)), (np.zeros((4, 8)), np.zeros(4))]
        folder = MlpPolicy.from_layers(env, layers, np.zeros(size), np.ones(size)).save(tmp_path / "tanh")
    assert "start from a policy of imitation" in catch_error_line(lambda: read_start(folder))
