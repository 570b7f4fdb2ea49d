"""Saturating features resolve small offsets: tanh(s x) beside the normalised observation x."""

from contextlib import closing

import numpy as np
import pytest

from mygym_lite.errors import MyGymError
from mygym_lite.experts.expert import Expert
from mygym_lite.learning.imitation.architecture import FEATURES, NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.demonstrations import collect_demonstrations
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, make_training_env
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.labelled_rollouts import make_noisy_selector
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
        (["--hesitation", "1.5"], "hesitation is 1.5; give a probability from 0 to 1"),
    ],
)
def test_bad_options_are_refused(run, tmp_path, words, message):
    code, _, error = run("train", "imitate", "reach", "--out", tmp_path / "policy", *words)
    assert (code, message in error) == (2, True), error
    assert not (tmp_path / "policy").exists()


def test_a_hesitating_arm_executes_a_share_of_the_action(reach):
    arm = reach.world.arm_action_mask
    label = np.full(reach.action_space.shape, 0.5, np.float32)
    select = make_noisy_selector(reach, 3, 0.0, 1.0)
    actions = np.stack([select(step, None, label) for step in range(reach.task.max_steps)])
    shares = actions[:, arm] / 0.5
    assert (shares == shares[:, :1]).all()
    assert 0.3 < shares.mean() < 0.7
    assert arm.tolist() == [True, True, True, False]
    assert (actions[:, ~arm] == 0.5).all()


def test_a_hesitation_that_is_no_probability_is_refused():
    with pytest.raises(MyGymError, match=r"hesitation is -0\.1"):
        DemonstrationConfig(hesitation=-0.1)
