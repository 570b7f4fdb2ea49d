"""Policies that learn to read the instruction of the task."""

import json
import pickle
from contextlib import closing

import numpy as np
import pytest
import torch
from language_tasks import write_task
from training import catch_error_line

import mygym_lite
from mygym_lite.config.instructions.vocabulary import UNKNOWN, encode_instruction, load_vocabulary
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.data import Examples
from mygym_lite.learning.imitation.environment import ObservationConfig, make_training_env
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.learning.imitation.trainer import TrainingConfig, fit
from mygym_lite.learning.instruction_network import InstructionNetwork
from mygym_lite.learning.reinforcement.train import reinforce
from mygym_lite.learning.reinforcement.validation import ValidationConfig
from mygym_lite.policies.instruction_encoder import InstructionEncoder
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.policies.saved import load_policy

SHORT = ("episode.seconds=0.5", "episode.hold_seconds=0.1")
READ = ("proprio", "instruction")
NETWORKS = {
    "mlp": NetworkConfig(),
    "history": NetworkConfig(history=3),
    "recurrent": NetworkConfig("recurrent"),
    "action_chunking": NetworkConfig("action_chunking", horizon=3),
    "flow_matching": NetworkConfig("flow_matching", horizon=2),
}
LEFT, RIGHT = "put the red cube into the bowl", "put the blue cube into the bowl"


def encode(text):
    return encode_instruction(text, load_vocabulary())


@pytest.fixture
def env(tmp_path):
    with closing(make_training_env(write_task(tmp_path), None, (), ObservationConfig(observe=READ))) as env:
        yield env


def make_examples(env):
    """Demonstrations that move one way or the other, as the instruction demands."""
    rng = np.random.default_rng(0)
    texts = [LEFT, RIGHT] * 6
    rows = 5 * len(texts)
    way = np.repeat([-0.8 if text == LEFT else 0.8 for text in texts], 5)[:, None]
    return Examples.from_arrays(
        {
            "proprio": rng.normal(size=(rows, env.observation_space["proprio"].shape[0])),
            "instruction": np.repeat([encode(text) for text in texts], 5, axis=0),
        },
        np.tile(way, env.action_space.shape[0]),
        [5] * len(texts),
        ["proprio"],
        vocabulary=len(load_vocabulary()),
    )


def learn(env, network, epochs=60):
    hidden = (64, 64) if network.kind == "flow_matching" else (16, 16)  # noise of a whole chunk passes through them
    training = TrainingConfig(epochs=epochs, batch_size=4 if network.kind == "recurrent" else 16, hidden=hidden)
    return export_policy(env, fit(make_examples(env), training, lambda *_: None, None, network).network)


def act(policy, text):
    policy.reset(0)
    return policy.act(
        {"proprio": np.zeros(policy.metadata.observation["proprio"], np.float32), "instruction": encode(text)}
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_the_instruction_decides_the_action(env, name):
    policy = learn(env, NETWORKS[name], epochs=150 if name == "flow_matching" else 60)
    assert np.median(act(policy, LEFT)) < -0.4  # a policy that samples may err in some dimensions after so few epochs
    assert np.median(act(policy, RIGHT)) > 0.4


@pytest.mark.parametrize("name", NETWORKS)
def test_a_loaded_policy_acts_the_same(env, name, tmp_path):
    policy = learn(env, NETWORKS[name], epochs=2)
    loaded = load_policy(policy.save(tmp_path / name), env)
    assert np.array_equal(act(loaded, LEFT), act(policy, LEFT))
    assert np.array_equal(act(pickle.loads(pickle.dumps(policy)), RIGHT), act(policy, RIGHT))


def test_the_order_of_the_words_matters():
    encoder = InstructionEncoder(InstructionNetwork(len(load_vocabulary())).export_tensors())
    one, other = "put the red cube into the blue bowl", "put the blue cube into the red bowl"
    assert sorted(encode(one)) == sorted(encode(other))
    assert not np.array_equal(encoder.encode(encode(one)), encoder.encode(encode(other)))


def test_a_policy_encodes_as_its_network_does():
    network = InstructionNetwork(len(load_vocabulary()))
    with torch.inference_mode():
        expected = network(torch.from_numpy(encode(LEFT))[None])[0].numpy()
    np.testing.assert_allclose(InstructionEncoder(network.export_tensors()).encode(encode(LEFT)), expected, atol=1e-6)


def test_words_without_an_example_have_no_effect():
    network = InstructionNetwork(len(load_vocabulary()), torch.from_numpy(encode("grasp the red cube")))
    encoder = InstructionEncoder(network.export_tensors())
    strange = encoder.encode(encode("grasp the purple cube"))
    assert np.array_equal(strange, encoder.encode(encode("grasp the qube cube")))
    beyond = np.where(encode("grasp the qube cube") == UNKNOWN, 10_000, encode("grasp the qube cube"))
    assert np.array_equal(strange, encoder.encode(beyond))


def test_a_policy_learns_to_pick_by_name_and_is_evaluated_as_it_learned(run, tmp_path):
    folder = tmp_path / "reader"
    observe = ("--observe", "proprio", "scene", "--observe", "touch", "instruction")
    few = ("--episodes", 3, "--epochs", 2, "--history", 2)
    assert run("train", "imitate", "pick_by_name", "--algo", "bc", *observe, *few, "--out", folder)[0] == 0
    metadata = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
    assert metadata["kind"] == "language_conditioned"
    assert metadata["observation"]["instruction"] == [24]
    assert metadata["provenance"]["observation"]["observe"] == ["proprio", "scene", "touch", "instruction"]
    words = ("--policy", folder, "--episodes", 1, "--workers", 1, "--clips", 0, "--json", "--out", tmp_path / "run")
    code, document, errors = run("evaluate", "pick_by_name", *words, "--set", "episode.seconds=1")
    assert code == 0, errors
    assert json.loads(document)["summary"][0]["episodes"] == 1


def test_a_suite_of_wordings_affects_the_policy(env, tmp_path):
    folder = learn(env, NetworkConfig(), epochs=1).save(tmp_path / "reader")
    policy = find_policy(str(folder))
    assert policy.get_env_arguments() == {"observe": ["proprio", "instruction"]}
    assert ObservedFields.for_policy(policy, env.task).is_affected_by("language.typos")


def test_recordings_without_tokens_are_completed_from_their_records(tmp_path):
    task = "pick_by_name"
    mygym_lite.record(task, "expert", episodes=2, out=tmp_path / "recorded", workers=1)
    result = imitate(
        task,
        "bc",
        tmp_path / "policy",
        data=[tmp_path / "recorded"],
        training=TrainingConfig(epochs=1),
        observation=ObservationConfig(observe=("proprio", "scene", "instruction")),
    )
    assert set(result.policy.metadata.observation) == {"proprio", "scene", "instruction"}


@pytest.mark.slow
def test_a_policy_reads_and_sees(tmp_path):
    result = imitate(
        "pick_by_name",
        "bc",
        tmp_path / "policy",
        demonstrations=DemonstrationConfig(episodes=2),
        training=TrainingConfig(epochs=1, hidden=(16,)),
        observation=ObservationConfig(("front",), (32, 32), observe=("proprio", "object", "instruction")),
    )
    assert list(result.policy.metadata.observation) == ["proprio", "instruction", "front_rgb"]
    with closing(TaskEnv("pick_by_name", **find_policy(str(result.folder)).get_env_arguments())) as env:
        observation, _ = env.reset(seed=0)
        loaded = load_policy(result.folder, env)
        assert np.array_equal(loaded.act(observation), result.policy.act(observation))


@pytest.mark.parametrize("algo", ["ppo", "sac", "dqn"])
def test_reinforcement_reads_too(tmp_path, algo):
    result = reinforce(
        "pick_by_name",
        algo,
        tmp_path / algo,
        steps=20,
        observe=("proprio", "scene", "instruction"),
        settings=SHORT,
        validation=ValidationConfig(episodes=1),
    )
    assert result.policy.metadata.kind == "language_conditioned"
    (episode,) = mygym_lite.run("pick_by_name", str(result.folder), episodes=1, settings=SHORT)
    assert episode.instruction


def test_requests_that_cannot_be_met_are_refused(env, tmp_path):
    assert "name the cameras" in catch_error_line(lambda: ObservationConfig(observe=("proprio", "rgb")))
    blind = ObservationConfig(("front",), (32, 32), observe=READ)
    assert "no group with poses" in catch_error_line(lambda: make_training_env(env.task, None, (), blind))
    goals = {"observe": READ, "her": True}
    assert "reads the instruction beside" in catch_error_line(lambda: reinforce(env.task, "sac", tmp_path, **goals))


def test_a_head_that_does_not_exist_is_refused(env, tmp_path):
    folder = learn(env, NetworkConfig(), epochs=1).save(tmp_path / "reader")
    metadata = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
    metadata["network"]["head"] = "mpl"
    (folder / "policy.json").write_text(json.dumps(metadata), encoding="utf-8")
    line = catch_error_line(lambda: load_policy(folder), ConfigError)
    assert "network.head: 'mpl' is not a kind; did you mean 'mlp'?" in line
