"""Trainable sequence networks: the action chunking transformer (ACT) and the gated recurrent unit (GRU)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.learning.imitation.data import Array
from mygym_lite.learning.imitation.networks import (
    ImitationNetwork,
    NetworkInterface,
    collect_tensors,
    compute_loss_terms,
    load_module,
)
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.policies.action_chunking import ActionChunkingPolicyConfig, ActionChunkingTransformer
from mygym_lite.policies.gru import RecurrentPolicyConfig
from mygym_lite.policies.metadata import Tensors


class ActionChunkingNetwork(ImitationNetwork):
    """Action chunking transformer in training.

    Args:
        config: Size of the transformer and of its chunks.
        interface: Encoder of the observation, and normalizers.
    """

    kind = "action_chunking"

    def __init__(self, config: ActionChunkingPolicyConfig, interface: NetworkInterface) -> None:
        super().__init__(interface)
        self._config = config
        outputs, sizes = len(self.action_normalizer.mean), self.encoder.feature_sizes
        self.network = ActionChunkingTransformer(sizes, outputs, config.width, config.horizon)

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Compute the loss of the chunk that starts at each row; it ends with the episode."""
        future, mask = dataset.get_future_rows(rows, self._config.horizon)
        features, auxiliary_loss = self.encoder(dataset, rows)
        return compute_loss_terms(self.network(features)[mask], dataset.actions[future[mask]], auxiliary_loss)

    def to_config(self) -> dict[str, Any]:
        """Return size and horizon."""
        return asdict(self._config)

    def export_tensors(self) -> dict[str, Array]:
        """Export normalizers and transformer."""
        return {**self.export_normalizers(), **collect_tensors(self.network, "network")}

    def load_tensors(self, tensors: Tensors) -> None:
        """Load normalizers and transformer."""
        self.load_normalizers(tensors)
        load_module(self.network, tensors, "network.")


class RecurrentNetwork(ImitationNetwork):
    """GRU over features and last action, and a layer over its hidden state and input, in training.

    Args:
        memory: Size of the hidden state.
        hidden: Width of the layer.
        interface: Encoder of the observation, and normalizers.
    """

    kind = "recurrent"

    def __init__(self, memory: int, hidden: int, interface: NetworkInterface) -> None:
        super().__init__(interface)
        self._config = RecurrentPolicyConfig(memory, hidden)
        outputs = len(self.action_normalizer.mean)
        inputs = sum(self.encoder.feature_sizes) + outputs
        self.cell = nn.GRU(inputs, memory, batch_first=True)
        self.hidden, self.out = nn.Linear(memory + inputs, hidden), nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Predict normalized actions (n, steps, outputs) from features and last actions (n, steps, inputs)."""
        states, _ = self.cell(x)
        actions: Tensor = self.out(torch.relu(self.hidden(torch.cat([states, x], -1))))
        return actions

    def select_rows(self, dataset: TensorDataset) -> NDArray[np.int64]:
        """Select the first row of each episode: a batch consists of whole episodes."""
        return dataset.episode_starts.numpy()

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Compute the loss of all unmasked actions of the episodes that start at these rows."""
        steps, mask = dataset.get_future_rows(rows, dataset.get_max_remaining(rows))
        flat = steps[mask]
        features, auxiliary_loss = self.encoder(dataset, flat)
        x = torch.zeros(*steps.shape, self.cell.input_size)
        x[mask] = torch.cat([features, dataset.get_previous_actions(flat, 1).flatten(1)], 1)
        counted = mask & dataset.loss_mask[steps]
        return compute_loss_terms(self(x)[counted], dataset.actions[steps[counted]], auxiliary_loss)

    def to_config(self) -> dict[str, Any]:
        """Return the sizes of hidden state and layer."""
        return asdict(self._config)

    def export_tensors(self) -> dict[str, Array]:
        """Export normalizers, GRU and layers."""
        cell = {name.removesuffix("_l0"): tensor for name, tensor in collect_tensors(self.cell, "cell").items()}
        layers = {**collect_tensors(self.hidden, "hidden"), **collect_tensors(self.out, "out")}
        return {**self.export_normalizers(), **cell, **layers}

    def load_tensors(self, tensors: Tensors) -> None:
        """Load normalizers, GRU and layers."""
        self.load_normalizers(tensors)
        renamed = {f"{name}_l0" if name.startswith("cell.") else name: tensor for name, tensor in tensors.items()}
        for prefix, module in (("cell.", self.cell), ("hidden.", self.hidden), ("out.", self.out)):
            load_module(module, renamed, prefix)
