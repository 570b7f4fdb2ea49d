"""Algorithms of Stable-Baselines3 and sb3-contrib, made as a table of hyperparameters says."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env.base_vec_env import VecEnv
from torch import nn

from mygym_lite.learning.reinforcement.behaviour_cloning import BehaviourCloning, add_layer_norm
from mygym_lite.learning.reinforcement.feature_extractors import GoalExtractor, PixelExtractor
from mygym_lite.learning.reinforcement.hyperparameters import (
    ActorCritic,
    CommonHyperparameters,
    OffPolicy,
    OnPolicy,
    Td3,
)
from mygym_lite.learning.reinforcement.replay_buffers import MixedHerReplayBuffer, MixedReplayBuffer
from mygym_lite.policies.mlp import MlpPolicyConfig

_CONTRIBUTED = ("tqc", "trpo")
_OURS = (  # what is not an argument of an algorithm
    "steps", "hidden", "reward_scale", "bonus", "demonstration_fraction", "layer_norm", "critic_warmup_steps", "offline_steps", "cloning_steps", "q_filter",
    "noise", "push", "log_std_init",
)  # fmt: skip
_ACTIVATIONS: Mapping[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}


def make_model(
    algo: str,
    hyperparameters: CommonHyperparameters,
    envs: VecEnv,
    *,
    seed: int,
    her: bool,
    uses_images: bool,
    init_network: MlpPolicyConfig | None,
) -> Any:
    """A model that has learned nothing.

    Args:
        algo: Of which algorithm.
        hyperparameters: Its hyperparameters.
        envs: Where it learns.
        seed: Of first weights and of chance.
        her: Whether it also learns towards goals that were reached instead.
        uses_images: Whether it sees pictures.
        init_network: The network of the policy that it will begin from.
    """
    given = {name: value for name, value in asdict(hyperparameters).items() if name not in _OURS}
    kind = _class_of(algo)
    policy = kind.policy_aliases["MultiInputPolicy"]
    if isinstance(hyperparameters, OffPolicy):
        given |= _remembering(hyperparameters, envs, her)
    if isinstance(hyperparameters, ActorCritic):
        kind = type(f"Cloning{kind.__name__}", (BehaviourCloning, kind), {"table": hyperparameters})
        policy = add_layer_norm(policy) if hyperparameters.layer_norm else policy
    if isinstance(hyperparameters, Td3):
        size = envs.action_space.shape[0]  # type: ignore[index]
        given["action_noise"] = NormalActionNoise(np.zeros(size), np.full(size, hyperparameters.noise))
    if given.get("target_entropy", 0.0) is None:
        given["target_entropy"] = "auto"
    networks = _networks(hyperparameters, init_network)
    if uses_images or her:
        networks["features_extractor_class"] = PixelExtractor if uses_images else GoalExtractor
    return kind(policy, envs, policy_kwargs=networks, seed=seed, device="cpu", verbose=0, **given)


def _class_of(algo: str) -> type[Any]:
    package = importlib.import_module("sb3_contrib" if algo in _CONTRIBUTED else "stable_baselines3")
    found: type[Any] = getattr(package, algo.upper())
    return found


def _remembering(table: OffPolicy, envs: VecEnv, her: bool) -> dict[str, Any]:
    """With a replay buffer of ours; lessons are as many however many environments there are."""
    kind = MixedHerReplayBuffer if her else MixedReplayBuffer
    steps = table.gradient_steps
    return {
        "replay_buffer_class": kind, "gradient_steps": steps * envs.num_envs * table.train_freq if steps > 0 else steps,
    }  # fmt: skip


def _networks(table: CommonHyperparameters, start: MlpPolicyConfig | None) -> dict[str, Any]:
    """Of actor and critics, the actor's as in the policy that it begins from."""
    hidden = list(table.hidden)
    actor, activation = (hidden, "relu") if start is None else (list(start.hidden), start.activation)
    networks: dict[str, Any] = {"net_arch": hidden, "activation_fn": _ACTIVATIONS[activation]}
    if isinstance(table, OffPolicy):
        networks["optimizer_kwargs"] = {"fused": True}
    if isinstance(table, ActorCritic):
        networks["net_arch"] = {"pi": actor, "qf": hidden}
    elif isinstance(table, OnPolicy):
        networks |= {"net_arch": {"pi": actor, "vf": hidden}, "log_std_init": table.log_std_init}
        networks["activation_fn"] = nn.Tanh if start is None else _ACTIVATIONS[activation]
    return networks
