"""A transformer that learns to say several actions ahead."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from torch import Tensor

from mygym_lite.learning.chunked import ChunkNetwork, Network
from mygym_lite.learning.imitate.book import Book
from mygym_lite.learning.imitate.examples import Array, Normal
from mygym_lite.learning.imitate.front import Front
from mygym_lite.learning.imitate.net import Net, missed, named


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
