"""Stable-Baselines3 trains on environments as they are, from states and from images."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest
from stable_baselines3 import PPO, SAC

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.terms import load_task

OBSERVATION_SETS = [
    (task, groups) for task in ("reach", "grasp") for groups in (*[[g] for g in load_task(task).observe], None)
]


@pytest.mark.parametrize("algorithm", [SAC, PPO])
@pytest.mark.parametrize(
    ("task", "groups"), [s if s[1] is None else pytest.param(*s, marks=pytest.mark.slow) for s in OBSERVATION_SETS]
)
def test_sac_and_ppo_train_on_every_observation_set(task: str, groups: list[str] | None, algorithm: Any) -> None:
    env = TaskEnv(task, observe=groups)
    tiny: dict[str, Any] = {"policy_kwargs": {"net_arch": [16]}, "seed": 0, "device": "cpu"}
    tiny |= (
        {"learning_starts": 50, "train_freq": 10}
        if algorithm is SAC
        else {"n_steps": 125, "batch_size": 25, "n_epochs": 1}
    )
    model = algorithm("MultiInputPolicy", env, **tiny)
    before = [p.detach().clone() for p in model.policy.parameters()]
    model.learn(500)
    assert model.num_timesteps == 500
    assert any(not bool((a == b).all()) for a, b in zip(before, model.policy.parameters(), strict=True))
    assert all(bool(p.isfinite().all()) for p in model.policy.parameters())
    env.close()


def test_ppo_trains_on_images() -> None:
    env = gym.make("mygym_lite/Grasp-v0", observe=["proprio", "rgb", "depth", "mask"], cameras=["head"], size=(64, 48))
    model = PPO("MultiInputPolicy", env, n_steps=32, batch_size=32, n_epochs=1, seed=0, device="cpu")
    before = {name: p.detach().clone() for name, p in model.policy.named_parameters()}
    model.learn(64)
    assert model.num_timesteps == 64
    after = dict(model.policy.named_parameters())
    assert all(bool(p.isfinite().all()) for p in after.values())
    cnn = [name for name in after if "head_rgb.cnn" in name and name.endswith("weight")]
    assert cnn
    assert not any(bool((before[name] == after[name]).all()) for name in cnn)
    env.close()
