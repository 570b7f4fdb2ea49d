"""Saturating features resolve small offsets: tanh(s x) beside the normalised observation x."""

from contextlib import closing

import numpy as np
import pytest

from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.architecture import FEATURES, NetworkConfig
from mygym_lite.learning.imitation.demonstrations import collect_demonstrations
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, make_training_env
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.start_policy import read_start
from mygym_lite.learning.imitation.trainer import TrainingConfig, fit
from mygym_lite.policies.saved import load_policy

SATURATING = NetworkConfig(scales=FEATURES["saturating"])


@pytest.fixture(scope="module")
def reach():
    with closing(make_training_env("reach", None, (), GROUND_TRUTH)) as env:
        yield env


@pytest.fixture(scope="module")
def policy(reach):
    examples = collect_demonstrations(reach, Expert.from_env(reach), 2, 0.1, 0, lambda *_: None)
    network = fit(examples, TrainingConfig(epochs=1, hidden=(8,)), lambda *_: None, None, SATURATING).network
    return export_policy(reach, network)


def test_the_policy_appends_the_features_to_its_normalised_input(reach, policy):
    observation, _ = reach.reset(seed=1)
    x = np.concatenate([observation[name] for name in policy.metadata.observation])
    tensors = policy.tensors
    normalised = (x - tensors["observation.mean"]) / tensors["observation.std"]
    y = np.concatenate([normalised, np.tanh(4.0 * x), np.tanh(16.0 * x)])
    y = np.maximum(tensors["layers.0.weight"] @ y + tensors["layers.0.bias"], 0.0)
    y = tensors["layers.1.weight"] @ y + tensors["layers.1.bias"]
    policy.reset(1)
    assert policy.act(observation) == pytest.approx(np.clip(y, -1.0, 1.0), abs=1e-5)


def test_a_training_that_starts_from_the_policy_has_its_features(policy, tmp_path):
    policy.save(tmp_path / "policy")
    assert read_start(tmp_path / "policy").scales == (4.0, 16.0)
    loaded = load_policy(tmp_path / "policy")
    assert np.array_equal(loaded.tensors["layers.0.weight"], policy.tensors["layers.0.weight"])


@pytest.mark.parametrize(
    ("arguments", "scales"),
    [
        ({"algo": "bc"}, (4.0, 16.0)),
        ({"algo": "dagger"}, (4.0, 16.0)),
        ({"algo": "bc", "history": 5}, ()),
        ({"algo": "bc", "has_images": True}, ()),
        ({"algo": "bc", "scales": ()}, ()),
        ({"algo": "flow"}, ()),
    ],
)
def test_a_perceptron_over_the_present_state_has_them_by_default(arguments, scales):
    assert NetworkConfig.for_algorithm(**arguments).scales == scales


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--network", "recurrent", "--features", "plain"], "--features: is for --network mlp, not for recurrent"),
        (["--start", "reach_bc", "--features", "plain"], "--features: the policy to start from decides it"),
        (["--features", "sharp"], "argument --features: "),
    ],
)
def test_bad_options_are_refused(run, tmp_path, words, message):
    code, _, error = run("train", "imitate", "reach", "--out", tmp_path / "policy", *words)
    assert (code, message in error) == (2, True), error
    assert not (tmp_path / "policy").exists()
