"""Trainable flow matching network: it regresses the velocity from noise to the chunk of actions (rectified flow)."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from mygym_lite.learning.imitation.data import Array
from mygym_lite.learning.imitation.networks import ImitationNetwork, NetworkInterface, encode_history
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.policies.flow_matching import TIME_FREQUENCIES, FlowMatchingPolicyConfig
from mygym_lite.policies.inputs import get_layers, name_layers
from mygym_lite.policies.metadata import Tensors

_DRAWS = 4  # points of the flow for each row of a batch, whose observation is encoded once
_TIME_EXPONENT = 2 / 3  # of the distance to the actions: early times, which decide where the flow leads, are frequent
_VALIDATION_SEED = 0  # of noise and times in validation, the same in every epoch, so that epochs are comparable


class FlowMatchingNetwork(ImitationNetwork):
    """Velocity network in training.

    Args:
        config: Layers, input and chunks.
        interface: Encoder of the observation, and normalizers.
    """

    kind = "flow_matching"

    def __init__(self, config: FlowMatchingPolicyConfig, interface: NetworkInterface) -> None:
        super().__init__(interface)
        self._config = config
        outputs = len(self.action_normalizer.mean)
        chunk, inputs = config.horizon * outputs, len(self.make_history_normalizer(config.history).mean)
        widths = (inputs + chunk + 2 * len(TIME_FREQUENCIES), *config.hidden, chunk)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, rows: Tensor, actions: Tensor, time: Tensor) -> Tensor:
        """Predict the velocity of chunks.

        Args:
            rows: Normalized observations and history (n, inputs).
            actions: Points of the flow (n, horizon * outputs).
            time: Time of each (n,), 0 for noise and 1 for actions.
        """
        angles = time[:, None] * torch.from_numpy(TIME_FREQUENCIES)
        x = torch.cat([rows, actions, angles.sin(), angles.cos()], 1)
        for layer in self.layers[:-1]:
            x = nn.functional.silu(layer(x))
        velocity: Tensor = self.layers[-1](x)
        return velocity

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Compute the squared error of the velocity at random points between noise and the chunk of each row.

        At the end of an episode, its last action is repeated: without it, the network would meet noise that it has
        never removed.
        """
        future, _ = dataset.get_future_rows(rows, self._config.horizon)
        x, auxiliary_loss = encode_history(self.encoder, dataset, rows, self._config.history)
        x, actions = (part.repeat(_DRAWS, 1) for part in (x, dataset.actions[future].flatten(1)))
        noise, time = self._sample(actions)
        weight = time[:, None]
        velocity = self(x, (1.0 - weight) * noise + weight * actions, time)
        loss: Tensor = nn.functional.mse_loss(velocity, actions - noise) + auxiliary_loss
        return loss

    def _sample(self, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Sample noise for chunks (n, horizon * outputs), and a time for each (n,)."""
        generator = None if self.training else torch.Generator().manual_seed(_VALIDATION_SEED)
        noise = torch.randn(actions.shape, generator=generator)
        return noise, 1.0 - torch.rand(len(actions), generator=generator) ** _TIME_EXPONENT

    def to_config(self) -> dict[str, Any]:
        """Return the configuration of the policy."""
        return asdict(self._config)

    def export_tensors(self) -> dict[str, Array]:
        """Export normalizers and layers."""
        layers = [
            (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy()) for layer in self._list_layers()
        ]
        return {**self.export_normalizers(self._config.history), **name_layers(layers)}

    def load_tensors(self, tensors: Tensors) -> None:
        """Load normalizers and layers."""
        self.load_normalizers(tensors)
        with torch.no_grad():
            for layer, (weight, bias) in zip(self._list_layers(), get_layers(tensors), strict=True):
                layer.weight.copy_(torch.tensor(weight))
                layer.bias.copy_(torch.tensor(bias))

    def _list_layers(self) -> list[nn.Linear]:
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]
