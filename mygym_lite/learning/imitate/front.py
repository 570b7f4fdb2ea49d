"""What a network is given of a moment: numbers as they are, or these and what a trunk finds in pictures."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mygym_lite.learning.imitate.book import Book
from mygym_lite.learning.imitate.examples import Normal
from mygym_lite.learning.trunk import Trunk


class Front(nn.Module):
    """Nothing but numbers.

    Args:
        parts: Numbers of each array that it gives, side by side.
    """

    def __init__(self, parts: tuple[int, ...]) -> None:
        super().__init__()
        self.parts = parts

    def forward(self, book: Book, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What there was in these rows (..., numbers), and how far that is from what it is told there was."""
        return book.seen[rows], torch.zeros(())

    def normal(self, inputs: Normal) -> Normal:
        """How all that it gives is normalised, if numbers are so."""
        return inputs

    def backbone(self) -> list[nn.Parameter]:
        """Weights that had learned before."""
        return []


class Looking(Front):
    """Numbers, and after them where a trunk finds things in pictures.

    Args:
        parts: Numbers of each array that is no picture.
        trunk: Looks.
        told: How what it is told is normalised.
    """

    def __init__(self, parts: tuple[int, ...], trunk: Trunk, told: Normal) -> None:
        super().__init__((*parts, *trunk.parts))
        self.trunk, self.told = trunk, told

    def forward(self, book: Book, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What there was, as far as it can be seen."""
        flat = rows.flatten()
        numbers = book.seen[flat]
        spots, places = self.trunk(book.pictures(flat), numbers)
        true = (book.told[flat] - torch.from_numpy(self.told.mean)) / torch.from_numpy(self.told.std)
        found = torch.cat([numbers, spots, places], 1)
        return found.reshape(*rows.shape, -1), nn.functional.smooth_l1_loss(places, true, beta=0.5)

    def normal(self, inputs: Normal) -> Normal:
        """What the trunk finds is left as it is."""
        by = sum(self.trunk.parts)
        return Normal(
            np.concatenate([inputs.mean, np.zeros(by, np.float32)]),
            np.concatenate([inputs.std, np.ones(by, np.float32)]),
        )

    def backbone(self) -> list[nn.Parameter]:
        """The trunk's, which came from perception."""
        return self.trunk.backbone()
