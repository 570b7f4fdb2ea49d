"""Configuration and construction of the network that imitation trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mygym_lite.errors import UsageError, suggest
from mygym_lite.learning.imitation.data import Examples, Normalizer
from mygym_lite.learning.imitation.networks import (
    ImitationNetwork,
    MlpNetwork,
    NetworkInterface,
    StateEncoder,
    VisionEncoder,
)
from mygym_lite.learning.instruction_network import INSTRUCTION_FEATURES, InstructionNetwork

if TYPE_CHECKING:
    from mygym_lite.policies.flow_matching import FlowMatchingPolicyConfig

NETWORK_KINDS = ("mlp", "recurrent", "action_chunking", "flow_matching")
"""Multilayer perceptron, gated recurrent unit (GRU), action chunking transformer (ACT), flow matching."""
ALGORITHM_NETWORKS = {"act": "action_chunking", "flow": "flow_matching"}
"""Algorithms that are defined by a kind of network; the others can train any."""
FEATURES: dict[str, tuple[float, ...]] = {"plain": (), "saturating": (4.0, 16.0)}
"""Scales by the name of the features of an mlp."""
_HISTORY_KINDS = ("mlp", "flow_matching")


@dataclass(frozen=True)
class NetworkConfig:
    """Architecture of the policy network.

    Args:
        kind: One of ``NETWORK_KINDS``.
        history: Observations and own actions in the input of an mlp or of flow matching; 1 for the present observation
            alone.
        scales: Factors s of the features tanh(s x) of the observation x, further inputs of an mlp that resolve small
            offsets.
        horizon: Actions per chunk (action chunking, flow matching).
        decay: Decay m of the temporal ensembling weights exp(-m i), oldest prediction first.
        execute: Actions executed per chunk; 0 for temporal ensembling at every step.
        perception: Trained perception that initialises the vision backbone; random weights if None.
        integration_steps: Euler steps from noise to actions (flow matching).
        start: Policy of the same architecture whose weights initialise the network; random weights if None.
    """

    kind: str = "mlp"
    history: int = 1
    scales: tuple[float, ...] = ()
    horizon: int = 10
    decay: float = 0.01
    execute: int = 0
    perception: str | None = None
    integration_steps: int = 10
    start: str | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown kind, a history for a kind without one, and a flow without a step."""
        if self.kind not in NETWORK_KINDS:
            raise UsageError(f"imitation: no head '{self.kind}'{suggest(self.kind, NETWORK_KINDS)}")
        if self.history < 1 or (self.history > 1 and self.kind not in _HISTORY_KINDS):
            raise UsageError(
                f"imitation: history {self.history} is not for head '{self.kind}'; "
                f"give 1, or one of {', '.join(_HISTORY_KINDS)}"
            )
        if self.integration_steps < 1:
            raise UsageError(f"imitation: {self.integration_steps} integration steps lead nowhere; give 1 or more")

    @classmethod
    def for_algorithm(cls, algo: str, has_images: bool = False, **overrides: Any) -> NetworkConfig:
        """Return the default of an algorithm, with or without images, with overrides."""
        return cls.for_kind(ALGORITHM_NETWORKS.get(algo, "mlp"), has_images, **overrides)

    @classmethod
    def for_kind(cls, kind: str, has_images: bool = False, **overrides: Any) -> NetworkConfig:
        """Return the default of a kind of network: an mlp over the present state has saturating features."""
        is_saturating = kind == "mlp" and not has_images and overrides.get("history", 1) == 1
        defaults: dict[str, Any] = {"scales": FEATURES["saturating"]} if is_saturating else {}
        return cls(kind, **{**defaults, **overrides})

    def make_network(self, train: Examples, hidden: tuple[int, ...]) -> ImitationNetwork:
        """Make a network with the weights and normalizers of ``start``, or random ones and those of the examples.

        Args:
            train: Training examples.
            hidden: Width of each hidden layer.
        """
        network = self._make_untrained_network(train, hidden)
        if self.start is not None:
            from mygym_lite.learning.imitation.transfer import load_weights

            load_weights(network, self.start)
        return network

    def _make_untrained_network(self, train: Examples, hidden: tuple[int, ...]) -> ImitationNetwork:
        normalizers = Normalizer.fit(train.observations), Normalizer.fit(train.actions)
        interface = NetworkInterface(self._make_encoder(train), *normalizers)
        if self.kind == "recurrent":
            from mygym_lite.learning.imitation.sequence_networks import RecurrentNetwork

            return RecurrentNetwork(hidden[0], hidden[-1], interface)
        if self.kind == "action_chunking":
            from mygym_lite.learning.imitation.sequence_networks import ActionChunkingNetwork
            from mygym_lite.policies.action_chunking import ActionChunkingPolicyConfig

            config = ActionChunkingPolicyConfig(hidden[0], self.horizon, self.decay, self.execute)
            return ActionChunkingNetwork(config, interface)
        if self.kind == "flow_matching":
            from mygym_lite.learning.imitation.flow_network import FlowMatchingNetwork

            return FlowMatchingNetwork(self._make_flow_config(hidden), interface)
        return MlpNetwork(hidden, self.history, self.scales, interface)

    def _make_flow_config(self, hidden: tuple[int, ...]) -> FlowMatchingPolicyConfig:
        """Make the configuration of a flow matching policy with hidden layers of these widths."""
        from mygym_lite.policies.flow_matching import FlowMatchingPolicyConfig

        return FlowMatchingPolicyConfig(
            hidden=hidden,
            horizon=self.horizon,
            integration_steps=self.integration_steps,
            history=self.history,
            decay=self.decay,
            execute=self.execute,
        )

    def _make_encoder(self, train: Examples) -> StateEncoder:
        """Make a vision encoder if the examples have images, with an instruction encoder if they have instructions."""
        instruction = None
        if train.vocabulary:
            instruction = InstructionNetwork(train.vocabulary, torch.from_numpy(np.unique(train.instructions)))
        if not train.images:
            return StateEncoder(train.group_sizes, instruction)
        from mygym_lite.perception.estimator import PoseEstimator
        from mygym_lite.policies.vision_backbone import VisionBackbone

        pretrained = None if self.perception is None else PoseEstimator.load(self.perception).network
        num_cameras, auxiliary_size = train.images[0].shape[1], train.auxiliary_targets.shape[1]
        vector_size = sum(train.group_sizes) + (0 if instruction is None else INSTRUCTION_FEATURES)
        backbone = VisionBackbone(num_cameras, vector_size, auxiliary_size, pretrained)
        return VisionEncoder(train.group_sizes, instruction, backbone, Normalizer.fit(train.auxiliary_targets))


DEFAULT_NETWORK = NetworkConfig()
"""Multilayer perceptron over the present observation."""
