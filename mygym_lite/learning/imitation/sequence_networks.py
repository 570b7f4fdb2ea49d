"""A network that remembers, and learns from whole episodes what to remember."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.learning.imitation.data import Array, Normalizer
from mygym_lite.learning.imitation.networks import ImitationNetwork, StateEncoder, collect_tensors, compute_loss_terms
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.policies.action_chunking import ActionChunkingPolicyConfig, ActionChunkingTransformer
from mygym_lite.policies.gru import RecurrentPolicyConfig as GruNetwork


class ActionChunkingNetwork(ImitationNetwork):
    """The policy's own network, which learns.

    Args:
        network: How wide it is, and how far it looks ahead.
        input_normalizer: How numbers that are seen are normalised.
        action_normalizer: How actions are.
        encoder: What it is given of a moment.
    """

    kind = "action_chunking"

    def __init__(
        self,
        network: ActionChunkingPolicyConfig,
        input_normalizer: Normalizer,
        action_normalizer: Normalizer,
        encoder: StateEncoder,
    ) -> None:
        super().__init__(input_normalizer, action_normalizer, encoder)
        self._network = network
        self.network = ActionChunkingTransformer(
            encoder.feature_sizes, len(action_normalizer.mean), network.width, network.horizon
        )

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Of the actions of these rows and those to come, up to the end of the episode."""
        moments, counts = dataset.get_future_rows(rows, self._network.horizon)
        seen, strayed = self.encoder(dataset, rows)
        return compute_loss_terms(self.network(seen)[counts], dataset.actions[moments[counts]], strayed)

    def to_config(self) -> dict[str, Any]:
        """How wide it is, and how far it looks ahead."""
        return asdict(self._network)

    def export_tensors(self) -> dict[str, Array]:
        """The weights by the names that the policy knows."""
        return {**self.export_normalizers(), **collect_tensors(self.network, "network")}


class RecurrentNetwork(ImitationNetwork):
    """A gated recurrent cell over what is seen and what was done last, and a layer over both of them and its memory.

    Args:
        memory: Numbers that it remembers.
        hidden: How wide the layer is.
        input_normalizer: How numbers that are seen are normalised.
        action_normalizer: How actions are.
        encoder: What it is given of a moment.
    """

    kind = "recurrent"

    def __init__(
        self,
        memory: int,
        hidden: int,
        input_normalizer: Normalizer,
        action_normalizer: Normalizer,
        encoder: StateEncoder,
    ) -> None:
        super().__init__(input_normalizer, action_normalizer, encoder)
        self._network = GruNetwork(memory, hidden)
        actions = len(action_normalizer.mean)
        given = sum(encoder.feature_sizes) + actions
        self.cell = nn.GRU(given, memory, batch_first=True)
        self.hidden, self.out = nn.Linear(memory + given, hidden), nn.Linear(hidden, actions)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised actions (n, moments, outputs) for what is seen and was done last in them, normalised."""
        remembered, _ = self.cell(x)
        said: Tensor = self.out(torch.relu(self.hidden(torch.cat([remembered, x], -1))))
        return said

    def select_rows(self, dataset: TensorDataset) -> NDArray[np.int64]:
        """It is asked about episodes, from their beginning on."""
        return dataset.episode_starts.numpy()

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Of all actions of the episodes that begin with these rows."""
        moments, counts = dataset.get_future_rows(rows, dataset.get_max_remaining(rows))
        flat = moments[counts]
        found, strayed = self.encoder(dataset, flat)
        x = torch.zeros(*moments.shape, self.cell.input_size)
        x[counts] = torch.cat([found, dataset.get_previous_actions(flat, 1).flatten(1)], 1)
        wanted = counts & dataset.loss_mask[moments]
        return compute_loss_terms(self(x)[wanted], dataset.actions[moments[wanted]], strayed)

    def to_config(self) -> dict[str, Any]:
        """How much it remembers, and how wide its layer is."""
        return asdict(self._network)

    def export_tensors(self) -> dict[str, Array]:
        """The weights by the names that the policy knows."""
        cell = {name.removesuffix("_l0"): tensor for name, tensor in collect_tensors(self.cell, "cell").items()}
        return {
            **self.export_normalizers(),
            **cell,
            **collect_tensors(self.hidden, "hidden"),
            **collect_tensors(self.out, "out"),
        }
