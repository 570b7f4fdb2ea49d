"""An actor that begins where an imitation policy ended."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mygym_lite.envs.steps import iterate_steps
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.reinforcement.export import get_layers, get_output_activation
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.policies.mlp import MlpPolicy, MlpPolicyConfig
from mygym_lite.policies.saved import load_policy
from mygym_lite.schema import Location, build

INIT_LOG_STD = -2.5
"""Logarithm of the deviation with which a stochastic actor begins to try other actions than the policy's."""
_EPISODES, _STEPS, _BATCH, _RATE = 30, 2000, 256, 3e-4  # of matching the policy
_MOST = 0.98  # of an action that a hyperbolic tangent is asked to give


def load_init_policy(folder: str | Path, env: TaskEnv) -> tuple[MlpPolicy, MlpPolicyConfig]:
    """A saved policy to begin from.

    Raises:
        SpecError: It was made for something else.
        UsageError: It is of a kind that an actor cannot begin from.
    """
    policy = load_policy(folder, env)
    if not isinstance(policy, MlpPolicy):
        raise UsageError(f"{folder}: is no 'mlp', which is the only kind that reinforcement can start from")
    network = build(MlpPolicyConfig, policy.metadata.network, Location(f"{folder}/{METADATA_FILE}").at("network"))
    if network.history > 1:
        raise UsageError(f"{folder}: sees {network.history} moments at once; start from a policy that sees one")
    return policy, network


def initialize_actor(model: Any, policy: MlpPolicy, network: MlpPolicyConfig, env: TaskEnv, seed: int) -> None:
    """Make the actor do what the policy does.

    Its layers are copied, and how it normalises becomes part of the first one, so that an actor whose actions are
    cut off at -1 and 1 begins as exactly the policy. A hyperbolic tangent bends the actions of one that is cut off;
    the copy is then fitted to what the policy does in episodes that it plays.

    Args:
        model: Whose actor has the layers of the policy.
        policy: What it begins from.
        network: Of the policy.
        env: To play in.
        seed: Of the episodes.
    """
    _copy(model, policy)
    if get_output_activation(model) != network.output:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            _match(model, *_visited(policy, env, seed), np.random.default_rng(seed))
    _calm(model)
    model.is_initialized = True
    if hasattr(model, "actor_target"):
        model.actor_target.load_state_dict(model.actor.state_dict())


def _copy(model: Any, policy: MlpPolicy) -> None:
    tensors = {name: torch.from_numpy(np.array(tensor)) for name, tensor in policy.tensors.items()}
    mean, std = tensors["observation.mean"], tensors["observation.std"]
    with torch.no_grad():
        for i, layer in enumerate(get_layers(model)):
            weight, bias = tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]
            if i == 0:
                weight = weight / std
                bias = bias - weight @ mean
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def _visited(policy: MlpPolicy, env: TaskEnv, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What the policy sees, side by side, and what it does then."""
    names, rows, actions = list(policy.metadata.observation), [], []
    for episode in range(seed, seed + _EPISODES):
        for before, after in pairwise(iterate_steps(env, policy, episode)):
            rows.append(np.concatenate([before.observation[name] for name in names]))
            actions.append(after.action.copy())
    return torch.from_numpy(np.stack(rows).astype(np.float32)), torch.from_numpy(np.stack(actions))


def _match(model: Any, rows: torch.Tensor, actions: torch.Tensor, rng: np.random.Generator) -> None:
    layers = get_layers(model)
    optimizer = torch.optim.Adam([weights for layer in layers for weights in layer.parameters()], _RATE)
    wanted = actions.clamp(-_MOST, _MOST)
    for _ in range(_STEPS):
        some = torch.from_numpy(rng.integers(0, len(rows), _BATCH))
        x = rows[some]
        for layer in layers[:-1]:
            x = model.policy.activation_fn()(layer(x))
        loss = torch.nn.functional.smooth_l1_loss(torch.tanh(layers[-1](x)), wanted[some], beta=0.05)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _calm(model: Any) -> None:
    """Let a stochastic actor stray little from where it begins."""
    with torch.no_grad():
        if hasattr(model.policy, "log_std"):
            model.policy.log_std.fill_(INIT_LOG_STD)
        elif hasattr(model.policy.actor, "log_std"):
            model.policy.actor.log_std.weight.zero_()
            model.policy.actor.log_std.bias.fill_(INIT_LOG_STD)
