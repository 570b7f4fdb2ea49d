"""Policies from archives of Stable-Baselines3."""

import numpy as np
import pytest

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.policies.policy_lookup import find_policy


def collect_actions(policy, observations, seed=0):
    policy.reset(seed)
    return np.array([policy.act(observation) for observation in observations])


def _tiny(algorithm, env, **settings):
    return algorithm("MultiInputPolicy", env, seed=0, device="cpu", policy_kwargs={"net_arch": [8]}, **settings)


@pytest.fixture(scope="module")
def models(reach, tmp_path_factory):
    """Barely trained models, and the folder that they are saved in."""
    from sb3_contrib import TQC, TRPO, RecurrentPPO
    from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3

    found = {
        "PPO": _tiny(PPO, reach, n_steps=32, batch_size=32).learn(32),
        **{kind.__name__: _tiny(kind, reach) for kind in (A2C, TRPO)},
        **{kind.__name__: _tiny(kind, reach, buffer_size=10) for kind in (SAC, TD3, DDPG, TQC)},
        "RecurrentPPO": RecurrentPPO(
            "MultiInputLstmPolicy", reach, seed=0, device="cpu", policy_kwargs={"lstm_hidden_size": 8}
        ),
    }
    folder = tmp_path_factory.mktemp("models")
    for name, model in found.items():
        model.save(folder / name)
    return folder, found


@pytest.mark.parametrize("name", ["PPO", "A2C", "TRPO", "SAC", "TD3", "DDPG", "TQC"])
def test_sb3_policies_act_like_their_models(models, reach, observations, name):
    folder, found = models
    policy = find_policy(folder / f"{name}.zip", allow_pickle=True)
    wanted = [found[name].predict(observation, deterministic=True)[0] for observation in observations]
    assert policy.label == name
    assert policy.read_observation_shapes() == {"goal": (3,), "proprio": (27,)}
    assert np.array_equal(collect_actions(policy.make(reach), observations), wanted)


def test_recurrent_state_lasts_one_episode(models, reach, observations):
    folder, found = models
    policy = find_policy(folder / "RecurrentPPO.zip", allow_pickle=True).make(reach)
    state, wanted = None, []
    for i, observation in enumerate(observations):
        action, state = found["RecurrentPPO"].predict(observation, state, np.array([i == 0]), deterministic=True)
        wanted.append(action)
    assert np.array_equal(collect_actions(policy, observations), wanted)
    assert np.array_equal(collect_actions(policy, observations), wanted)  # and forget it at the end
    assert not np.array_equal(collect_actions(policy, observations[1:])[0], wanted[1])


def test_sb3_policies_ignore_additional_observations(tmp_path):
    from stable_baselines3 import PPO

    arguments = {"observe": ["proprio", "rgb"], "cameras": ["wrist"], "size": (40, 36)}
    env = TaskEnv("reach", **arguments)
    try:
        _tiny(PPO, env, n_steps=2, batch_size=2).save(tmp_path / "eyes.zip")
        policy = find_policy(tmp_path / "eyes.zip", allow_pickle=True)
        assert policy.get_env_arguments() == arguments
        observation, _ = env.reset(seed=0)
        made = policy.make(env)
        made.reset(0)
        assert np.array_equal(made.act(observation), made.act({**observation, "more": np.zeros(3)}))
    finally:
        env.close()


def test_archives_need_allow_pickle(models):
    with pytest.raises(UsageError, match=r"can run any program when it is read.*--allow-pickle"):
        find_policy(models[0] / "PPO.zip")


@pytest.mark.parametrize(
    ("task", "how", "message"),
    [
        ("reach", {"observe": ["proprio"]}, r"wants to see 'goal' of shape \(3,\)"),
        ("reach", {"control": "joint_delta"}, r"gives actions of shape \(4,\).*takes \(8,\)"),
    ],
)
def test_sb3_policies_refuse_other_spaces(models, task, how, message):
    env = TaskEnv(task, **how)
    try:
        with pytest.raises(ConfigError, match=message):
            find_policy(models[0] / "PPO.zip", allow_pickle=True).make(env)
    finally:
        env.close()


def test_other_archives_are_refused(tmp_path, reach):
    import zipfile

    (tmp_path / "text.zip").write_text("no archive", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "something else")
    for name in ("text", "other"):
        with pytest.raises(ConfigError, match=r"not an archive of Stable-Baselines3"):
            find_policy(tmp_path / f"{name}.zip", allow_pickle=True).make(reach)
