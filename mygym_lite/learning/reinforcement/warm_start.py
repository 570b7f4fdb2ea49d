"""Warm start: initialise an actor with an imitation policy."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.reinforcement.export import get_extractor, get_layers, get_output_activation
from mygym_lite.learning.reinforcement.feature_extractors import SaturatingExtractor
from mygym_lite.policies.metadata import METADATA_FILE, get_observation_shapes
from mygym_lite.policies.mlp import MlpPolicy, MlpPolicyConfig
from mygym_lite.policies.saved import load_policy
from mygym_lite.schema import Location, build

INIT_LOG_STD = -2.5
"""Logarithm of the initial standard deviation of a stochastic actor."""
_EPISODES, _STEPS, _BATCH_SIZE, _LEARNING_RATE = 30, 2000, 256, 3e-4  # of the distillation
_MAX_ACTION = 0.98  # target of a tanh output, which cannot reach 1


def load_init_policy(folder: str | Path, env: TaskEnv) -> tuple[MlpPolicy, MlpPolicyConfig]:
    """Load the policy that initialises an actor.

    Raises:
        ConfigError: Its observations, actions or control mode are not those of the environment.
        UsageError: It is not a multilayer perceptron over the present observation.
    """
    policy = load_policy(folder)
    policy.metadata.require_same_spaces(env, get_observation_shapes(env), str(folder))
    if not isinstance(policy, MlpPolicy):
        raise UsageError(f"{folder}: is no 'mlp', which is the only kind that reinforcement can start from")
    network = build(MlpPolicyConfig, policy.metadata.network, Location(f"{folder}/{METADATA_FILE}").at("network"))
    if network.history > 1:
        raise UsageError(f"{folder}: sees {network.history} moments at once; start from a policy that sees one")
    return policy, network


def initialize_actor(model: Any, policy: MlpPolicy, network: MlpPolicyConfig, env: TaskEnv, seed: int) -> None:
    """Initialise an actor with a policy.

    The layers are copied. The input normalization is copied to an actor that has one, and folded into the first layer
    of any other. If actor and policy differ in the function that maps the output into [-1, 1], the copy is then
    distilled on rollouts of the policy.

    Args:
        model: Model whose actor has layers of the same sizes.
        policy: Source of the weights.
        network: Network configuration of the policy.
        env: Environment of the rollouts.
        seed: Seed of the first rollout.
    """
    _copy_layers(model, policy)
    if get_output_activation(model) != network.output:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            _distill(model, *_collect_rollouts(policy, env, seed), np.random.default_rng(seed))
    _reduce_exploration(model)
    model.is_initialized = True
    if hasattr(model, "actor_target"):
        model.actor_target.load_state_dict(model.actor.state_dict())


def _copy_layers(model: Any, policy: MlpPolicy) -> None:
    tensors = {name: torch.from_numpy(np.array(tensor)) for name, tensor in policy.tensors.items()}
    mean, std = tensors["observation.mean"], tensors["observation.std"]
    extractors = [module for module in model.policy.modules() if isinstance(module, SaturatingExtractor)]
    with torch.no_grad():
        for extractor in extractors:  # of actor and critics
            extractor.mean.copy_(mean)
            extractor.std.copy_(std)
        for i, layer in enumerate(get_layers(model)):
            weight, bias = tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]
            if i == 0 and not extractors:
                weight = weight / std
                bias = bias - weight @ mean
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def _collect_rollouts(policy: MlpPolicy, env: TaskEnv, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Collect input rows and actions of the policy."""
    names, rows, actions = list(policy.metadata.observation), [], []
    for episode in range(seed, seed + _EPISODES):
        for before, after in pairwise(iterate_steps(env, policy, episode)):
            rows.append(np.concatenate([before.observation[name] for name in names]))
            actions.append(after.action.copy())
    return torch.from_numpy(np.stack(rows).astype(np.float32)), torch.from_numpy(np.stack(actions))


def _distill(model: Any, rows: torch.Tensor, actions: torch.Tensor, rng: np.random.Generator) -> None:
    """Fit the actor to the actions of the policy."""
    layers, extractor = get_layers(model), get_extractor(model)
    optimizer = torch.optim.Adam([weights for layer in layers for weights in layer.parameters()], _LEARNING_RATE)
    targets = actions.clamp(-_MAX_ACTION, _MAX_ACTION)
    for _ in range(_STEPS):
        batch = torch.from_numpy(rng.integers(0, len(rows), _BATCH_SIZE))
        x = extractor.extract(rows[batch]) if isinstance(extractor, SaturatingExtractor) else rows[batch]
        for layer in layers[:-1]:
            x = model.policy.activation_fn()(layer(x))
        loss = torch.nn.functional.smooth_l1_loss(torch.tanh(layers[-1](x)), targets[batch], beta=0.05)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _reduce_exploration(model: Any) -> None:
    """Reduce the standard deviation of a stochastic actor to ``INIT_LOG_STD``."""
    with torch.no_grad():
        if hasattr(model.policy, "log_std"):
            model.policy.log_std.fill_(INIT_LOG_STD)
        elif hasattr(model.policy.actor, "log_std"):
            model.policy.actor.log_std.weight.zero_()
            model.policy.actor.log_std.bias.fill_(INIT_LOG_STD)
