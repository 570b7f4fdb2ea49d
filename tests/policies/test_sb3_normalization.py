"""Statistics of VecNormalize: found beside a model, named, or refused."""

import logging
import pickle

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

import mygym_lite as mg
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.policies.policy_lookup import find_policy


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model that was trained a little with normalized observations, its statistics, and their folder."""
    folder = tmp_path_factory.mktemp("normalized")
    venv = VecNormalize(DummyVecEnv([lambda: mg.make("reach")]), norm_reward=False)
    model = PPO("MultiInputPolicy", venv, n_steps=64, batch_size=64, seed=0, policy_kwargs={"net_arch": [8]})
    model.learn(64)
    model.save(folder / "model.zip")
    model.save(folder / "run_64_steps.zip")
    venv.save(str(folder / "stats.pkl"))
    venv.close()
    return model, venv, folder


@pytest.fixture
def folder(trained, tmp_path):
    for name in ("model.zip", "run_64_steps.zip", "stats.pkl"):
        (tmp_path / name).write_bytes((trained[2] / name).read_bytes())
    return tmp_path


def predict(trained, observations):
    model, venv, _ = trained
    return [model.predict(venv.normalize_obs(seen), deterministic=True)[0] for seen in observations]


def test_named_statistics_normalize_the_observations(trained, folder, reach, observations):
    spec = find_policy(folder / "model.zip", allow_pickle=True, normalize=folder / "stats.pkl")
    policy = spec.make(reach)
    policy.reset(0)
    assert np.array_equal([policy.act(seen) for seen in observations], predict(trained, observations))
    plain = find_policy(folder / "model.zip", allow_pickle=True).make(reach)
    assert not np.allclose([plain.act(seen) for seen in observations], predict(trained, observations))


@pytest.mark.parametrize(
    ("model", "statistics"),
    [
        ("model.zip", "vecnormalize.pkl"),
        ("model.zip", "vec_normalize.pkl"),
        ("model.zip", "model_vecnormalize.pkl"),
        ("run_64_steps.zip", "run_vecnormalize_64_steps.pkl"),
    ],
)
def test_statistics_beside_the_model_are_found_and_reported(folder, model, statistics, caplog):
    (folder / "stats.pkl").rename(folder / statistics)
    with caplog.at_level(logging.WARNING):
        spec = find_policy(folder / model, allow_pickle=True)
    assert spec.normalization == folder / statistics
    assert f"observations are normalized by {statistics} beside it" in caplog.text


def test_statistics_are_part_of_the_digest_and_the_manifest(folder):
    plain = find_policy(folder / "model.zip", allow_pickle=True).describe()
    named = find_policy(folder / "model.zip", allow_pickle=True, normalize=folder / "stats.pkl").describe()
    assert plain["digest"] != named["digest"]
    assert named["normalization"] == str(folder / "stats.pkl")


def test_a_run_with_statistics_is_replayed(folder):
    result = mg.evaluate(
        folder / "model.zip", "reach", suite="nominal", episodes=1, workers=1, out=folder / "run",
        allow_pickle=True, normalize=folder / "stats.pkl",
    )  # fmt: skip
    [record] = result.records
    assert mg.replay(folder / "run", record.episode, allow_code=True).identical


def test_statistics_become_part_of_an_exported_network(trained, folder, reach, observations):
    file = mg.export_onnx(
        folder / "model.zip", folder / "net.onnx", task="reach", allow_pickle=True, normalize=folder / "stats.pkl"
    )
    policy = find_policy(file).make(reach)
    assert np.allclose([policy.act(seen) for seen in observations], predict(trained, observations), atol=1e-5)


def test_statistics_of_another_space_are_refused(folder, reach):
    venv = VecNormalize(DummyVecEnv([lambda: mg.make("grasp")]))
    venv.save(str(folder / "stats.pkl"))
    venv.close()
    spec = find_policy(folder / "model.zip", allow_pickle=True, normalize=folder / "stats.pkl")
    with pytest.raises(ConfigError, match=r"has statistics of '\w+' of shape .*, and the model observes goal \(3,\)"):
        spec.make(reach)


def test_files_that_hold_no_statistics_are_named(folder, reach):
    (folder / "stats.pkl").write_bytes(pickle.dumps([1.0]))
    spec = find_policy(folder / "model.zip", allow_pickle=True, normalize=folder / "stats.pkl")
    with pytest.raises(ConfigError, match=r"stats.pkl holds a list, not a VecNormalize"):
        spec.make(reach)
    with pytest.raises(ConfigError, match=r"absent.pkl: no such file"):
        find_policy(folder / "model.zip", allow_pickle=True, normalize=folder / "absent.pkl")
    with pytest.raises(UsageError, match=r"is for a .zip of Stable-Baselines3, and reach_bc is none"):
        find_policy("reach_bc", normalize=folder / "stats.pkl")
