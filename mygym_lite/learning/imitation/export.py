"""Export of a trained network as a saved policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.imitation.data import Array, ObservationSplit
from mygym_lite.learning.imitation.networks import ImitationNetwork, VisionEncoder, collect_tensors
from mygym_lite.policies.metadata import PolicyMetadata, get_observation_shapes
from mygym_lite.policies.saved import get_policy_class
from mygym_lite.policies.saved_policy import SavedPolicy


def export_policy(
    env: TaskEnv, network: ImitationNetwork, provenance: Mapping[str, Any] | None = None
) -> SavedPolicy[Any]:
    """Export a network as a policy.

    Args:
        env: Environment of the training.
        network: Trained network.
        provenance: Origin of the policy.
    """
    metadata = PolicyMetadata.for_env(env, network.kind, network.to_config(), provenance or {})
    tensors = network.export_tensors()
    if isinstance(network.encoder, VisionEncoder):
        metadata = _describe_visuomotor(env, network, metadata)
        tensors = _combine_tensors(network, network.encoder, tensors)
    return get_policy_class(metadata.kind)(metadata, tensors)


def _describe_visuomotor(env: TaskEnv, network: ImitationNetwork, metadata: PolicyMetadata) -> PolicyMetadata:
    """Describe a policy over images and proprioception, whose head is the network."""
    shapes = get_observation_shapes(env)
    config = {
        "head": network.kind,
        "auxiliary_size": network.encoder.feature_sizes[-1],
        "head_config": network.to_config(),
    }
    inputs = {name: shapes[name] for name in ObservationSplit.for_env(env).policy_inputs}
    return replace(metadata, kind="visuomotor", network=config, observation=inputs)


def _combine_tensors(network: ImitationNetwork, encoder: VisionEncoder, head: Mapping[str, Array]) -> dict[str, Array]:
    """Combine the tensors of backbone, normalizer and head."""
    return {
        **collect_tensors(encoder.backbone, "backbone"),
        "vectors.mean": network.input_normalizer.mean,
        "vectors.std": network.input_normalizer.std,
        **{f"head.{name}": tensor for name, tensor in head.items()},
    }
