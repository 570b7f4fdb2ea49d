"""From a network that was fitted to a policy that can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.imitation.data import Array, ObservationSplit
from mygym_lite.learning.imitation.networks import ImitationNetwork, VisionEncoder, collect_tensors
from mygym_lite.policies.metadata import PolicyMetadata, Tensors, get_observation_shapes
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.saved import POLICY_LOADERS


class SavablePolicy(Policy, Protocol):
    """A policy that says what it was made for, and can be saved."""

    metadata: PolicyMetadata

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""


def export_policy(
    env: TaskEnv, network: ImitationNetwork, provenance: Mapping[str, Any] | None = None
) -> SavablePolicy:
    """The policy of a network.

    Args:
        env: In which it was shown what to do.
        network: Between normalised numbers.
        provenance: How it came to be.
    """
    plain = PolicyMetadata.for_env(env, network.kind, network.to_config(), provenance or {})
    if isinstance(network.encoder, VisionEncoder):
        return _made(_sighted(env, network, plain), _halves(network, network.encoder))
    return _made(plain, network.export_tensors())


def _made(description: PolicyMetadata, tensors: Tensors) -> SavablePolicy:
    policy: Any = POLICY_LOADERS[description.kind](description, tensors, description.kind)
    return policy  # type: ignore[no-any-return]


def _sighted(env: TaskEnv, net: ImitationNetwork, plain: PolicyMetadata) -> PolicyMetadata:
    """Of a policy that sees pictures, and of numbers only what the robot knows of itself."""
    shapes = get_observation_shapes(env)
    network = {"head": net.kind, "auxiliary_size": net.encoder.feature_sizes[-1], "head_config": net.to_config()}
    seen = {name: shapes[name] for name in ObservationSplit.for_env(env).policy_inputs}
    return replace(plain, kind="visuomotor", network=network, observation=seen)


def _halves(net: ImitationNetwork, front: VisionEncoder) -> dict[str, Array]:
    """The weights that look, and those that act."""
    return {
        **collect_tensors(front.backbone, "backbone"),
        "vectors.mean": net.input_normalizer.mean,
        "vectors.std": net.input_normalizer.std,
        **{f"head.{name}": tensor for name, tensor in net.export_tensors().items()},
    }
