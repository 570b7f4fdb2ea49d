"""A network that remembers, and learns from whole episodes what to remember."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.learning.imitation.data import Array, Normal
from mygym_lite.learning.imitation.networks import Front, Net, missed, named
from mygym_lite.learning.imitation.tensors import Book
from mygym_lite.policies.action_chunking import ChunkNetwork, Network
from mygym_lite.policies.gru import Network as GruNetwork


class ChunkNet(Net):
    """The policy's own network, which learns.

    Args:
        network: How wide it is, and how far it looks ahead.
        inputs: How numbers that are seen are normalised.
        outputs: How actions are.
        front: What it is given of a moment.
    """

    kind = "chunks"

    def __init__(self, network: Network, inputs: Normal, outputs: Normal, front: Front) -> None:
        super().__init__(inputs, outputs, front)
        self._network = network
        self.network = ChunkNetwork(front.parts, len(outputs.mean), network.width, network.horizon)

    def loss(self, book: Book, rows: Tensor) -> Tensor:
        """Of the actions of these rows and those to come, up to the end of the episode."""
        moments, counts = book.ahead(rows, self._network.horizon)
        seen, strayed = self.front(book, rows)
        return missed(self.network(seen)[counts], book.right[moments[counts]], strayed)

    def card(self) -> dict[str, Any]:
        """How wide it is, and how far it looks ahead."""
        return asdict(self._network)

    def tensors(self) -> dict[str, Array]:
        """The weights by the names that the policy knows."""
        return {**self.normals(), **named(self.network, "network")}


class RecurrentNet(Net):
    """A gated recurrent cell over what is seen and what was done last, and a layer over both of them and its memory.

    Args:
        memory: Numbers that it remembers.
        hidden: How wide the layer is.
        inputs: How numbers that are seen are normalised.
        outputs: How actions are.
        front: What it is given of a moment.
    """

    kind = "recurrent"

    def __init__(self, memory: int, hidden: int, inputs: Normal, outputs: Normal, front: Front) -> None:
        super().__init__(inputs, outputs, front)
        self._network = GruNetwork(memory, hidden)
        actions = len(outputs.mean)
        given = sum(front.parts) + actions
        self.cell = nn.GRU(given, memory, batch_first=True)
        self.hidden, self.out = nn.Linear(memory + given, hidden), nn.Linear(hidden, actions)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised actions (n, moments, outputs) for what is seen and was done last in them, normalised."""
        remembered, _ = self.cell(x)
        said: Tensor = self.out(torch.relu(self.hidden(torch.cat([remembered, x], -1))))
        return said

    def rows(self, book: Book) -> NDArray[np.int64]:
        """It is asked about episodes, from their beginning on."""
        return book.begins.numpy()

    def loss(self, book: Book, rows: Tensor) -> Tensor:
        """Of all actions of the episodes that begin with these rows."""
        moments, counts = book.ahead(rows, book.longest(rows))
        flat = moments[counts]
        found, strayed = self.front(book, flat)
        x = torch.zeros(*moments.shape, self.cell.input_size)
        x[counts] = torch.cat([found, book.done(flat, 1).flatten(1)], 1)
        wanted = counts & book.counted[moments]
        return missed(self(x)[wanted], book.right[moments[wanted]], strayed)

    def card(self) -> dict[str, Any]:
        """How much it remembers, and how wide its layer is."""
        return asdict(self._network)

    def tensors(self) -> dict[str, Array]:
        """The weights by the names that the policy knows."""
        cell = {name.removesuffix("_l0"): tensor for name, tensor in named(self.cell, "cell").items()}
        return {**self.normals(), **cell, **named(self.hidden, "hidden"), **named(self.out, "out")}
