"""Export of the actor of a Stable-Baselines3 model as a saved policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.reinforcement.feature_extractors import (
    GoalExtractor,
    InstructionExtractor,
    PixelExtractor,
    SaturatingExtractor,
)
from mygym_lite.policies.discrete import DiscretePolicy
from mygym_lite.policies.language_conditioned import LanguageConditionedPolicy
from mygym_lite.policies.metadata import Shapes
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.pixel_policy import PixelPolicy, PixelPolicyConfig

ReinforcementPolicy = MlpPolicy | DiscretePolicy | PixelPolicy | LanguageConditionedPolicy
"""Kinds of policies that reinforcement learning produces."""


def export_actor(
    model: Any,
    env: TaskEnv,
    action_table: NDArray[np.float32] | None = None,
    provenance: Mapping[str, Any] | None = None,
    observation: Shapes | None = None,
) -> ReinforcementPolicy:
    """Export the deterministic actions of a model as a policy.

    Args:
        model: Model of any of the algorithms.
        env: Environment with the observations of the training.
        action_table: Table of discrete actions, if any.
        provenance: Origin of the policy.
        observation: Shapes of the observed vectors in the order of the model's input; those of the environment if None.
    """
    layers, extractor = get_layers(model), get_extractor(model)
    arrays = [(layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy()) for layer in layers]
    if isinstance(extractor, GoalExtractor):
        goal = env.observation_space["desired_goal"].shape[0]  # type: ignore[index]
        arrays[0] = (extractor.fold_weights(layers[0].weight.detach(), goal).numpy(), arrays[0][1])
    if isinstance(extractor, InstructionExtractor):
        head = _make_vector_policy(model, env, arrays, action_table, provenance, extractor.input_shapes)
        return LanguageConditionedPolicy.from_head(head, extractor.network.export_tensors(), extractor.words)
    if isinstance(extractor, PixelExtractor) and action_table is None:
        activation, output = get_activation(model), get_output_activation(model)
        encoder = {f"encoder.{name}": tensor for name, tensor in extractor.encoder.state_dict().items()}
        perceptron = {f"layers.{name}": tensor for name, tensor in nn.ModuleList(layers).state_dict().items()}
        tensors = {name: np.array(tensor.detach().numpy()) for name, tensor in {**encoder, **perceptron}.items()}
        hidden = tuple(layer.out_features for layer in layers[:-1])
        return PixelPolicy.from_tensors(env, tensors, PixelPolicyConfig(hidden, activation, output), provenance)
    return _make_vector_policy(model, env, arrays, action_table, provenance, observation)


def _make_vector_policy(
    model: Any,
    env: TaskEnv,
    layers: Sequence[tuple[Any, Any]],
    action_table: NDArray[np.float32] | None,
    provenance: Mapping[str, Any] | None,
    observation: Shapes | None = None,
) -> MlpPolicy | DiscretePolicy:
    """Make a policy over vectors: those of the environment, or of these shapes."""
    if action_table is not None:
        return DiscretePolicy.from_layers(env, layers, action_table, provenance, observation)
    size, extractor, scales = layers[0][0].shape[1], get_extractor(model), tuple[float, ...]()
    mean, std = np.zeros(size), np.ones(size)
    if isinstance(extractor, SaturatingExtractor):
        mean, std, scales = extractor.mean.numpy(), extractor.std.numpy(), extractor.scales
    return MlpPolicy.from_layers(
        env,
        layers,
        mean,
        std,
        activation=get_activation(model),
        output=get_output_activation(model),
        scales=scales,
        provenance=provenance,
        observation=observation,
    )


def get_layers(model: Any) -> list[nn.Linear]:
    """Return the linear layers of the actor, or of the Q-network, in order."""
    policy = model.policy
    if hasattr(policy, "mlp_extractor"):
        return [*_list_linear_layers(policy.mlp_extractor.policy_net), policy.action_net]
    if hasattr(policy, "actor"):
        hidden = _list_linear_layers(policy.actor.latent_pi) if hasattr(policy.actor, "latent_pi") else []
        return [*hidden, *_list_linear_layers(policy.actor.mu)]
    return _list_linear_layers(policy.q_net.q_net)


def get_extractor(model: Any) -> nn.Module:
    """Return the features extractor of the actor, or of the Q-network."""
    policy = model.policy
    owner = policy.actor if hasattr(policy, "actor") else getattr(policy, "q_net", policy)
    extractor: nn.Module = owner.features_extractor
    return extractor


def get_activation(model: Any) -> Literal["tanh", "relu"]:
    """Return the activation after each hidden layer."""
    return "tanh" if model.policy.activation_fn is nn.Tanh else "relu"


def get_output_activation(model: Any) -> Literal["tanh", "clip"]:
    """Return the function that maps the last layer into [-1, 1]."""
    return "tanh" if hasattr(model.policy, "actor") else "clip"


def _list_linear_layers(module: nn.Module) -> list[nn.Linear]:
    return [part for part in module.modules() if isinstance(part, nn.Linear)]
