"""Export of a trained network as a saved policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.imitation.data import Array, ObservationSplit
from mygym_lite.learning.imitation.networks import ImitationNetwork, VisionEncoder, collect_tensors
from mygym_lite.learning.instruction_network import INSTRUCTION_FEATURES, InstructionNetwork
from mygym_lite.policies.language_conditioned import LanguageConditionedPolicy
from mygym_lite.policies.metadata import PolicyMetadata, get_observation_shapes
from mygym_lite.policies.saved import get_policy_class
from mygym_lite.policies.saved_policy import SavedPolicy


def export_policy(
    env: TaskEnv, network: ImitationNetwork, provenance: Mapping[str, Any] | None = None, tasks: Sequence[str] = ()
) -> SavedPolicy[Any]:
    """Export a network as a policy.

    Args:
        env: Environment of the training.
        network: Trained network.
        provenance: Origin of the policy.
        tasks: Tasks of a multi-task policy.
    """
    inputs = get_input_shapes(env)
    metadata = PolicyMetadata.for_env(env, network.kind, network.to_config(), provenance or {}, inputs, tasks)
    tensors = network.export_tensors()
    if isinstance(network.encoder, VisionEncoder):
        metadata = _describe_visuomotor(network, metadata)
        tensors = _combine_tensors(network, network.encoder, tensors)
    if network.encoder.instruction is None:
        return get_policy_class(metadata.kind)(metadata, tensors)
    return _add_instruction(metadata, tensors, network.encoder.instruction)


def get_input_shapes(env: TaskEnv) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays that the policy observes, in the order of its input."""
    shapes = get_observation_shapes(env)
    return {name: shapes[name] for name in ObservationSplit.for_env(env).policy_inputs}


def _add_instruction(
    metadata: PolicyMetadata, tensors: Mapping[str, Array], encoder: InstructionNetwork
) -> LanguageConditionedPolicy:
    """Add the instruction encoder to a policy that observes its features."""
    observation = {**metadata.observation, INSTRUCTION: (INSTRUCTION_FEATURES,)}
    head = get_policy_class(metadata.kind)(replace(metadata, observation=observation), tensors)
    return LanguageConditionedPolicy.from_head(head, encoder.export_tensors(), *metadata.observation[INSTRUCTION])


def _describe_visuomotor(network: ImitationNetwork, metadata: PolicyMetadata) -> PolicyMetadata:
    """Describe a policy over images and proprioception, whose head is the network."""
    config = {
        "head": network.kind,
        "auxiliary_size": network.encoder.feature_sizes[-1],
        "head_config": network.to_config(),
    }
    return replace(metadata, kind="visuomotor", network=config)


def _combine_tensors(network: ImitationNetwork, encoder: VisionEncoder, head: Mapping[str, Array]) -> dict[str, Array]:
    """Combine the tensors of backbone, normalizer and head."""
    vectors = encoder.extend_vector_normalizer(network.input_normalizer)
    return {
        **collect_tensors(encoder.backbone, "backbone"),
        "vectors.mean": vectors.mean,
        "vectors.std": vectors.std,
        **{f"head.{name}": tensor for name, tensor in head.items()},
    }
