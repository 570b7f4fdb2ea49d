"""Transfer of the weights of a saved policy into a network of the same architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mygym_lite.learning.imitation.networks import ImitationNetwork, VisionEncoder, load_module
from mygym_lite.policies.language_conditioned import ENCODER, LanguageConditionedPolicy
from mygym_lite.policies.saved import load_policy
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.policies.visuomotor import VisuomotorPolicy


def load_weights(network: ImitationNetwork, start: str | Path) -> None:
    """Load weights and normalizers of a saved policy, which then acts and trains on from where it was.

    Args:
        network: Network of the architecture of the policy.
        start: Folder of the policy, or the name of a shipped one.
    """
    policy: SavedPolicy[Any] = load_policy(start)
    encoder = network.encoder
    if isinstance(policy, LanguageConditionedPolicy):
        assert encoder.instruction is not None
        load_module(encoder.instruction, policy.tensors, ENCODER)
        policy = policy.head
    if isinstance(policy, VisuomotorPolicy):
        assert isinstance(encoder, VisionEncoder)
        load_module(encoder.backbone, policy.tensors, "backbone.")
        policy = policy.head
    network.load_tensors(policy.tensors)
