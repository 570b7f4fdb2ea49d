"""The tasks as environments of LeRobot, where LeRobot and the plugin are installed."""

import sys

import numpy as np
import pytest

plugin = pytest.importorskip("lerobot_env_mygym_lite", reason="the plugin for LeRobot is not installed")

from lerobot.envs.configs import EnvConfig  # noqa: E402
from lerobot.envs.factory import make_env  # noqa: E402
from lerobot.envs.utils import close_envs, env_to_policy_features, preprocess_observation  # noqa: E402
from lerobot.utils.import_utils import register_third_party_plugins  # noqa: E402

import mygym_lite as mg  # noqa: E402
from mygym_lite.errors import UsageError  # noqa: E402


def make_config(**fields):
    return EnvConfig.get_choice_class("mygym_lite")(**fields)


def test_lerobot_finds_the_plugin():
    register_third_party_plugins()
    assert EnvConfig.get_choice_class("mygym_lite") is plugin.MyGymEnvConfig


def test_features_have_the_names_and_shapes_of_our_datasets():
    config = make_config(task="reach", cameras="front", observation_width=64, observation_height=48)
    features = {name: feature.shape for name, feature in env_to_policy_features(config).items()}
    assert features == {"action": (4,), "observation.state": (27,), "observation.images.front": (3, 48, 64)}
    features = env_to_policy_features(make_config(task="reach", cameras="none"))
    assert features["observation.environment_state"].shape == (3,)
    assert config.fps == 20


@pytest.mark.parametrize("asynchronous", [False, True])
def test_rollouts_show_observations_success_and_a_reset_in_the_same_step(asynchronous):
    config = make_config(task="reach", cameras="none", settings=["episode.seconds=0.5"])
    envs = make_env(config, n_envs=2, use_async_envs=asynchronous)
    env = envs["reach"][0]
    observation, info = env.reset(seed=[3, 4], options={"lerobot_new_rollout": True})
    assert preprocess_observation(observation)["observation.state"].shape == (2, 27)
    assert not info["is_success"].any()
    assert env.call("_max_episode_steps") == (10, 10)
    for _ in range(10):
        *_, info = env.step(np.zeros((2, 4), np.float32))
    assert info["final_info"]["is_success"].tolist() == [False, False]
    close_envs(envs)
    assert env.reset(seed=[3, 4])[0]["agent_pos"].shape == (2, 27)  # as between two evaluations of a training
    close_envs(envs)


def test_each_condition_is_a_group():
    config = make_config(task="push,grasp", suite="sim2real", axes="nominal,light_color", severity=2)
    assert [*make_env(config)] == ["push", "push-light_color-2", "grasp", "grasp-light_color-2"]


def test_tasks_with_different_actions_are_evaluated_apart(tmp_path):
    with pytest.raises(UsageError, match="give both or neither"):
        make_config(observation_width=64)
    with pytest.raises(UsageError, match="task: is empty"):
        make_config(task="")
    with pytest.raises(UsageError, match="push has other observations or actions than reach; evaluate them apart"):
        make_config(task="reach,push", cameras="none")


@pytest.fixture
def checkpoint(tmp_path):
    """Folder of an untrained ACT policy that sees a camera."""
    torch = pytest.importorskip("torch")
    from lerobot.policies.act.configuration_act import ACTConfig
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors

    torch.manual_seed(0)
    features = env_to_policy_features(make_config(**VIEW))
    config = ACTConfig(
        input_features={name: feature for name, feature in features.items() if name != "action"},
        output_features={"action": features["action"]},
        device="cpu", pretrained_backbone_weights=None, chunk_size=4, n_action_steps=2, dim_model=32, n_heads=2,
        dim_feedforward=32, n_encoder_layers=1, n_vae_encoder_layers=1,
    )  # fmt: skip
    statistics = {
        name: {"mean": torch.zeros(feature.shape), "std": torch.full(feature.shape, 0.3)}
        for name, feature in features.items()
    }
    ACTPolicy(config).save_pretrained(tmp_path / "act")
    for part in make_pre_post_processors(config, dataset_stats=statistics):
        part.save_pretrained(tmp_path / "act")
    return tmp_path / "act"


VIEW = {
    "task": "reach", "cameras": "front", "observation_width": 64, "observation_height": 64,
    "settings": ["episode.seconds=1"],
}  # fmt: skip


def test_a_checkpoint_acts_in_lerobot_as_in_our_own_harness(checkpoint):
    import torch
    from lerobot.configs.policies import PreTrainedConfig
    from lerobot.envs.factory import make_env_pre_post_processors
    from lerobot.policies.factory import make_policy, make_pre_post_processors
    from lerobot.scripts.lerobot_eval import eval_policy

    torch.set_num_threads(1)
    records = mg.run(
        "reach", f"lerobot:{checkpoint}", episodes=2, seed=3, settings=VIEW["settings"], python=sys.executable
    )
    environment, config = make_config(**VIEW), PreTrainedConfig.from_pretrained(checkpoint)
    config.pretrained_path = checkpoint
    result = eval_policy(
        make_env(environment)["reach"][0],
        make_policy(config, env_cfg=environment),
        *make_env_pre_post_processors(environment, config),
        *make_pre_post_processors(config, checkpoint),
        n_episodes=2,
        start_seed=3,
    )
    theirs = [(entry["success"], entry["seed"]) for entry in result["per_episode"]]
    assert theirs == [(record.success, record.seed) for record in records]
    rewards = [entry["sum_reward"] for entry in result["per_episode"]]
    assert rewards == pytest.approx([record.reward for record in records], abs=1e-12)
