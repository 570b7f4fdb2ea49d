"""What the networks of Stable-Baselines3 are given: the way to a goal, and what eyes tell of pictures."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

from mygym_lite.policies.pixel_policy import ObservationEncoder

GOAL_OFFSET_SCALE = 10.0
"""What a metre between where something is and where it should be counts."""


class PixelExtractor(BaseFeaturesExtractor):
    """Everything that is seen, as one row; pictures come with their channels first and in [0, 1]."""

    def __init__(self, observation_space: spaces.Dict) -> None:
        sight = ObservationEncoder({name: box.shape for name, box in observation_space.spaces.items()})  # type: ignore[misc]
        super().__init__(observation_space, features_dim=sight.size)
        self.encoder = sight

    def forward(self, observations: Any) -> torch.Tensor:
        """In the order of the space."""
        row: torch.Tensor = self.encoder(observations)
        return row


class GoalExtractor(BaseFeaturesExtractor):
    """One row of what is achieved, how far that is from what is desired, and what else is seen.

    Goals are positions in metres, which differ by little; the difference, ``GOAL_OFFSET_SCALE`` times, is what a network can learn
    from. It is linear, so that it becomes part of the first layer of a policy that is saved.
    """

    def __init__(self, observation_space: spaces.Dict) -> None:
        super().__init__(observation_space, features_dim=spaces.flatdim(observation_space))

    def forward(self, observations: Any) -> torch.Tensor:
        """In the order of the space."""
        achieved, desired = observations["achieved_goal"], observations["desired_goal"]
        return torch.cat([achieved, GOAL_OFFSET_SCALE * (desired - achieved), observations["observation"]], dim=1)

    @staticmethod
    def fold_weights(weight: torch.Tensor, goal_size: int) -> torch.Tensor:
        """The weights that do the same to what is seen as it is.

        Args:
            weight: Of the first layer.
            goal_size: Numbers of a goal.
        """
        achieved, way, rest = weight.split([goal_size, goal_size, weight.shape[1] - 2 * goal_size], dim=1)  # type: ignore[no-untyped-call]
        return torch.cat([achieved - GOAL_OFFSET_SCALE * way, GOAL_OFFSET_SCALE * way, rest], dim=1)
