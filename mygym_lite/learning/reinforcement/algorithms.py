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

from mygym_lite.learning.reinforcement.behaviour_cloning import Cloning, normalised
from mygym_lite.learning.reinforcement.feature_extractors import GoalExtractor, PixelExtractor
from mygym_lite.learning.reinforcement.hyperparameters import ActorCritic, OffPolicy, OnPolicy, Shared, Td3
from mygym_lite.learning.reinforcement.replay_buffers import HindsightReplay, Replay
from mygym_lite.policies.mlp import Network

_CONTRIBUTED = ("tqc", "trpo")
_OURS = (  # what is not an argument of an algorithm
    "steps", "hidden", "shaped", "bonus", "shown", "layer_norm", "critic_first", "offline", "clone", "clone_better",
    "noise", "push", "log_std_init",
)  # fmt: skip
_ACTIVATIONS: Mapping[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}


def make_model(
    algo: str, table: Shared, envs: VecEnv, *, seed: int, her: bool, pixels: bool, start: Network | None
) -> Any:
    """A model that has learned nothing.

    Args:
        algo: Of which algorithm.
        table: Its hyperparameters.
        envs: Where it learns.
        seed: Of first weights and of chance.
        her: Whether it also learns towards goals that were reached instead.
        pixels: Whether it sees pictures.
        start: The network of the policy that it will begin from.
    """
    given = {name: value for name, value in asdict(table).items() if name not in _OURS}
    kind = _class_of(algo)
    policy = kind.policy_aliases["MultiInputPolicy"]
    if isinstance(table, OffPolicy):
        given |= _remembering(table, envs, her)
    if isinstance(table, ActorCritic):
        kind = type(f"Cloning{kind.__name__}", (Cloning, kind), {"table": table})
        policy = normalised(policy) if table.layer_norm else policy
    if isinstance(table, Td3):
        size = envs.action_space.shape[0]  # type: ignore[index]
        given["action_noise"] = NormalActionNoise(np.zeros(size), np.full(size, table.noise))
    if given.get("target_entropy", 0.0) is None:
        given["target_entropy"] = "auto"
    networks = _networks(table, start)
    if pixels or her:
        networks["features_extractor_class"] = PixelExtractor if pixels else GoalExtractor
    return kind(policy, envs, policy_kwargs=networks, seed=seed, device="cpu", verbose=0, **given)


def _class_of(algo: str) -> type[Any]:
    package = importlib.import_module("sb3_contrib" if algo in _CONTRIBUTED else "stable_baselines3")
    found: type[Any] = getattr(package, algo.upper())
    return found


def _remembering(table: OffPolicy, envs: VecEnv, her: bool) -> dict[str, Any]:
    """With a replay buffer of ours; lessons are as many however many environments there are."""
    kind = HindsightReplay if her else Replay
    steps = table.gradient_steps
    return {
        "replay_buffer_class": kind, "gradient_steps": steps * envs.num_envs * table.train_freq if steps > 0 else steps,
    }  # fmt: skip


def _networks(table: Shared, start: Network | None) -> dict[str, Any]:
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
