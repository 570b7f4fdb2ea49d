"""Feature extractors for Stable-Baselines3: images, instructions, relative goals, and saturating features."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.learning.instruction_network import INSTRUCTION_FEATURES, InstructionNetwork
from mygym_lite.policies.metadata import Shapes
from mygym_lite.policies.pixel_policy import ObservationEncoder

GOAL_OFFSET_SCALE = 10.0
"""Factor of the offset between achieved and desired position, 1/m."""


class PixelExtractor(BaseFeaturesExtractor):
    """Extractor of image features and state vectors; images have channels first and values in [0, 1]."""

    def __init__(self, observation_space: spaces.Dict) -> None:
        encoder = ObservationEncoder({name: box.shape for name, box in observation_space.spaces.items()})  # type: ignore[misc]
        super().__init__(observation_space, features_dim=encoder.size)
        self.encoder = encoder

    def forward(self, observations: Any) -> torch.Tensor:
        """Encode a batch of observations."""
        features: torch.Tensor = self.encoder(observations)
        return features


class InstructionExtractor(BaseFeaturesExtractor):
    """Extractor of state vectors, and of the features of the instruction, whose tokens arrive as one-hot vectors."""

    def __init__(self, observation_space: spaces.Dict) -> None:
        tokens: Any = observation_space[INSTRUCTION]
        vectors = {name: box.shape for name, box in observation_space.spaces.items() if name != INSTRUCTION}
        self.input_shapes: Shapes = {**vectors, INSTRUCTION: (INSTRUCTION_FEATURES,)}  # type: ignore[dict-item]
        super().__init__(observation_space, features_dim=sum(size for (size,) in self.input_shapes.values()))
        self.network = InstructionNetwork(int(tokens.nvec[0]))
        self.words = len(tokens.nvec)

    def forward(self, observations: Any) -> torch.Tensor:
        """Concatenate the state vectors and the features of the instruction."""
        vectors = [observations[name] for name in self.input_shapes if name != INSTRUCTION]
        tokens = observations[INSTRUCTION].unflatten(1, (self.words, -1)).argmax(-1)
        return torch.cat([*vectors, self.network(tokens)], dim=1)


class SaturatingExtractor(BaseFeaturesExtractor):
    """Extractor of the normalised state vectors x, and of tanh(s x) for each scale s, as an mlp of imitation has them.

    Args:
        observation_space: Space of the state vectors.
        scales: Factors of the saturating features.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, observation_space: spaces.Dict, scales: tuple[float, ...]) -> None:
        size = spaces.flatdim(observation_space)
        super().__init__(observation_space, features_dim=(1 + len(scales)) * size)
        self.scales, self._names = scales, list(observation_space)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("std", torch.ones(size))

    def forward(self, observations: Any) -> torch.Tensor:
        """Extract the features of a batch of observations."""
        return self.extract(torch.cat([observations[name] for name in self._names], dim=1))

    def extract(self, rows: torch.Tensor) -> torch.Tensor:
        """Extract the features of concatenated state vectors (n, size)."""
        return torch.cat([(rows - self.mean) / self.std, *(torch.tanh(scale * rows) for scale in self.scales)], dim=1)


class GoalExtractor(BaseFeaturesExtractor):
    """Extractor of the achieved goal, the scaled offset to the desired goal, and the observation.

    Goals are positions in metres that differ by little, hence the factor ``GOAL_OFFSET_SCALE``. The map is linear,
    so it is folded into the first layer of the saved policy.
    """

    def __init__(self, observation_space: spaces.Dict) -> None:
        super().__init__(observation_space, features_dim=spaces.flatdim(observation_space))

    def forward(self, observations: Any) -> torch.Tensor:
        """Concatenate achieved goal, offset and observation."""
        achieved, desired = observations["achieved_goal"], observations["desired_goal"]
        return torch.cat([achieved, GOAL_OFFSET_SCALE * (desired - achieved), observations["observation"]], dim=1)

    @staticmethod
    def fold_weights(weight: torch.Tensor, goal_size: int) -> torch.Tensor:
        """Fold the extractor into the first layer of a network.

        Args:
            weight: Weight of the first layer.
            goal_size: Size of a goal.
        """
        sizes = [goal_size, goal_size, weight.shape[1] - 2 * goal_size]
        achieved, offset, rest = weight.split(sizes, dim=1)  # type: ignore[no-untyped-call]
        return torch.cat([achieved - GOAL_OFFSET_SCALE * offset, GOAL_OFFSET_SCALE * offset, rest], dim=1)
