"""Networks that learn from examples, and the first of them: a multilayer perceptron."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.learning.imitation.data import Array, Normal
from mygym_lite.learning.imitation.tensors import Book
from mygym_lite.policies import mlp
from mygym_lite.policies.vision_backbone import Trunk


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


_BEND = 0.5  # deviation up to which a loss is of squares


class Net(nn.Module):
    """A network between normalised numbers; it knows how they were normalised.

    Args:
        inputs: How numbers that are seen are normalised.
        outputs: How actions are.
        front: What it is given of a moment.
    """

    kind: ClassVar[str]
    """Of the policy that it becomes."""

    def __init__(self, inputs: Normal, outputs: Normal, front: Front) -> None:
        super().__init__()
        self.inputs, self.outputs, self.front = inputs, outputs, front

    def loss(self, book: Book, rows: Tensor) -> Tensor:
        """How far it is from what was right."""
        raise NotImplementedError

    def rows(self, book: Book) -> NDArray[np.int64]:
        """The rows that it is to be asked about in an epoch."""
        return np.flatnonzero(book.counted.numpy())

    def card(self) -> dict[str, Any]:
        """What the policy's description says of it."""
        raise NotImplementedError

    def tensors(self) -> dict[str, Array]:
        """The policy's weights."""
        raise NotImplementedError

    def normals(self) -> dict[str, Array]:
        """How numbers are normalised, as most kinds of policies have it."""
        seen = self.front.normal(self.inputs)
        return {
            "observation.mean": seen.mean, "observation.std": seen.std,
            "action.mean": self.outputs.mean, "action.std": self.outputs.std,
        }  # fmt: skip


def missed(said: Tensor, right: Tensor, strayed: Tensor) -> Tensor:
    """How far answers are from what is right, and what is seen from what there is."""
    return nn.functional.smooth_l1_loss(said, right, beta=_BEND) + strayed


def named(weights: nn.Module, below: str) -> dict[str, Array]:
    """Weights by name."""
    return {f"{below}.{name}": np.array(tensor.detach().numpy()) for name, tensor in weights.state_dict().items()}


class MlpNet(Net):
    """A multilayer perceptron, from the last few observations and what was done.

    Args:
        hidden: How wide each layer is.
        history: Observations and actions that it sees; with 1 it sees the present observation alone.
        inputs: How numbers that are seen are normalised.
        outputs: How actions are.
        front: What it is given of a moment.
    """

    kind = "mlp"

    def __init__(self, hidden: tuple[int, ...], history: int, inputs: Normal, outputs: Normal, front: Front) -> None:
        super().__init__(inputs, outputs, front)
        self.history, actions = history, len(outputs.mean)
        seen = history * sum(front.parts) + (history * actions if history > 1 else 0)
        linear = [nn.Linear(a, b) for a, b in pairwise((seen, *hidden, actions))]
        self.layers = nn.Sequential(*(part for layer in linear[:-1] for part in (layer, nn.ReLU())), linear[-1])

    def forward(self, x: Tensor) -> Tensor:
        """The normalised action for what is seen, normalised."""
        action: Tensor = self.layers(x)
        return action

    def loss(self, book: Book, rows: Tensor) -> Tensor:
        """Of the action of each of these rows."""
        seen, strayed = self.front(book, book.before(rows, self.history))
        x = seen.flatten(1)
        if self.history > 1:
            x = torch.cat([x, book.done(rows, self.history).flatten(1)], 1)
        return missed(self(x), book.right[rows], strayed)

    def linear(self) -> list[nn.Linear]:
        """The layers that have weights."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def card(self) -> dict[str, Any]:
        """Its layers and its history."""
        hidden = tuple(layer.out_features for layer in self.linear()[:-1])
        return mlp.card_of(mlp.Network(hidden, "relu", "clip", self.history))

    def tensors(self) -> dict[str, Array]:
        """How actions were normalised becomes part of its last layer."""
        layers = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in self.linear()]
        (weight, bias), mean, std = layers[-1], self.outputs.mean, self.outputs.std
        layers[-1] = (std[:, None] * weight, std * bias + mean)
        copies = [(np.array(weight), np.array(bias)) for weight, bias in layers]
        return mlp.tensors_of(copies, *(self._repeated(name) for name in ("mean", "std")))

    def _repeated(self, name: str) -> Array:
        """A part of how everything in its row is normalised."""
        seen, done = getattr(self.front.normal(self.inputs), name), getattr(self.outputs, name)
        return np.concatenate([np.tile(seen, self.history), np.tile(done, self.history if self.history > 1 else 0)])
