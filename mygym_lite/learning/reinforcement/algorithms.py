"""Construction of the algorithms of Stable-Baselines3 and sb3-contrib from hyperparameters."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env.base_vec_env import VecEnv
from torch import nn

from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.learning.reinforcement.behaviour_cloning import BehaviourCloning, WarmStart, add_layer_norm
from mygym_lite.learning.reinforcement.feature_extractors import (
    GoalExtractor,
    InstructionExtractor,
    PixelExtractor,
    SaturatingExtractor,
)
from mygym_lite.learning.reinforcement.hyperparameters import (
    ActorCritic,
    CommonHyperparameters,
    OffPolicy,
    OnPolicy,
    Td3,
)
from mygym_lite.learning.reinforcement.replay_buffers import MixedHerReplayBuffer, MixedReplayBuffer
from mygym_lite.policies.mlp import MlpPolicyConfig

_CONTRIB_ALGORITHMS = ("tqc", "trpo")
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
    """Make an untrained model.

    Args:
        algo: Name of the algorithm.
        hyperparameters: Hyperparameters of the algorithm.
        envs: Training environments.
        seed: Seed of weights and exploration.
        her: Use hindsight experience replay.
        uses_images: Encode the images of the observation.
        init_network: Network of the policy that will initialise the actor, if any.
    """
    algorithm = _import_algorithm(algo)
    accepted = inspect.signature(algorithm).parameters
    arguments = {name: value for name, value in asdict(hyperparameters).items() if name in accepted}
    policy = algorithm.policy_aliases["MultiInputPolicy"]
    mixin: type = WarmStart
    if isinstance(hyperparameters, OffPolicy):
        arguments |= _make_replay_arguments(hyperparameters, envs, her)
    if isinstance(hyperparameters, ActorCritic):
        mixin = BehaviourCloning
        policy = add_layer_norm(policy) if hyperparameters.layer_norm else policy
    if isinstance(hyperparameters, Td3):
        size = envs.action_space.shape[0]  # type: ignore[index]
        arguments["action_noise"] = NormalActionNoise(np.zeros(size), np.full(size, hyperparameters.noise))
    if arguments.get("target_entropy", 0.0) is None:
        arguments["target_entropy"] = "auto"
    networks = _make_policy_arguments(hyperparameters, init_network)
    if uses_images or her:
        networks["features_extractor_class"] = PixelExtractor if uses_images else GoalExtractor
    elif INSTRUCTION in envs.observation_space.spaces:  # type: ignore[attr-defined]
        networks["features_extractor_class"] = InstructionExtractor
    elif init_network is not None and init_network.scales:
        networks["features_extractor_class"] = SaturatingExtractor
        networks["features_extractor_kwargs"] = {"scales": init_network.scales}
    model_class = type(
        f"{mixin.__name__}{algorithm.__name__}", (mixin, algorithm), {"hyperparameters": hyperparameters}
    )
    return model_class(policy, envs, policy_kwargs=networks, seed=seed, device="cpu", verbose=0, **arguments)


def _import_algorithm(algo: str) -> type[Any]:
    package = importlib.import_module("sb3_contrib" if algo in _CONTRIB_ALGORITHMS else "stable_baselines3")
    algorithm: type[Any] = getattr(package, algo.upper())
    return algorithm


def _make_replay_arguments(hyperparameters: OffPolicy, envs: VecEnv, her: bool) -> dict[str, Any]:
    """Choose the replay buffer, and the gradient steps per rollout; their ratio to steps is independent of ``envs``."""
    steps = hyperparameters.gradient_steps
    return {
        "replay_buffer_class": MixedHerReplayBuffer if her else MixedReplayBuffer,
        "gradient_steps": steps * envs.num_envs * hyperparameters.train_freq if steps > 0 else steps,
    }


def _make_policy_arguments(
    hyperparameters: CommonHyperparameters, init_network: MlpPolicyConfig | None
) -> dict[str, Any]:
    """Choose the layers of actor and critics; those of the actor follow the policy that initialises it."""
    hidden = list(hyperparameters.hidden)
    actor, activation = (
        (hidden, "relu") if init_network is None else (list(init_network.hidden), init_network.activation)
    )
    arguments: dict[str, Any] = {"net_arch": hidden, "activation_fn": _ACTIVATIONS[activation]}
    if isinstance(hyperparameters, OffPolicy):
        arguments["optimizer_kwargs"] = {"fused": True}
    if isinstance(hyperparameters, ActorCritic):
        arguments["net_arch"] = {"pi": actor, "qf": hidden}
    elif isinstance(hyperparameters, OnPolicy):
        arguments |= {"net_arch": {"pi": actor, "vf": hidden}, "log_std_init": hyperparameters.log_std_init}
        arguments["activation_fn"] = nn.Tanh if init_network is None else _ACTIVATIONS[activation]
    return arguments
