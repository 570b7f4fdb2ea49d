"""Networks that learn from examples, and the first of them: a multilayer perceptron."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.learning.imitation.data import Array, Normalizer
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.policies import mlp
from mygym_lite.policies.vision_backbone import VisionBackbone


class StateEncoder(nn.Module):
    """Nothing but numbers.

    Args:
        feature_sizes: Numbers of each array that it gives, side by side.
    """

    def __init__(self, feature_sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.feature_sizes = feature_sizes

    def forward(self, dataset: TensorDataset, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What there was in these rows (..., numbers), and how far that is from what it is told there was."""
        return dataset.observations[rows], torch.zeros(())

    def extend_normalizer(self, inputs: Normalizer) -> Normalizer:
        """How all that it gives is normalised, if numbers are so."""
        return inputs

    def get_pretrained_parameters(self) -> list[nn.Parameter]:
        """Weights that had learned before."""
        return []


class VisionEncoder(StateEncoder):
    """Numbers, and after them where a trunk finds things in pictures.

    Args:
        feature_sizes: Numbers of each array that is no picture.
        backbone: Looks.
        auxiliary_normalizer: How what it is told is normalised.
    """

    def __init__(
        self, group_sizes: tuple[int, ...], backbone: VisionBackbone, auxiliary_normalizer: Normalizer
    ) -> None:
        super().__init__((*group_sizes, *backbone.feature_sizes))
        self.backbone, self.auxiliary_normalizer = backbone, auxiliary_normalizer

    def forward(self, dataset: TensorDataset, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What there was, as far as it can be seen."""
        flat = rows.flatten()
        numbers = dataset.observations[flat]
        spots, places = self.backbone(dataset.get_images(flat), numbers)
        true = (dataset.auxiliary_targets[flat] - torch.from_numpy(self.auxiliary_normalizer.mean)) / torch.from_numpy(
            self.auxiliary_normalizer.std
        )
        found = torch.cat([numbers, spots, places], 1)
        return found.reshape(*rows.shape, -1), nn.functional.smooth_l1_loss(places, true, beta=0.5)

    def extend_normalizer(self, inputs: Normalizer) -> Normalizer:
        """What the trunk finds is left as it is."""
        by = sum(self.backbone.feature_sizes)
        return Normalizer(
            np.concatenate([inputs.mean, np.zeros(by, np.float32)]),
            np.concatenate([inputs.std, np.ones(by, np.float32)]),
        )

    def get_pretrained_parameters(self) -> list[nn.Parameter]:
        """The trunk's, which came from perception."""
        return self.backbone.get_pretrained_parameters()


_BEND = 0.5  # deviation up to which a loss is of squares


class ImitationNetwork(nn.Module):
    """A network between normalised numbers; it knows how they were normalised.

    Args:
        input_normalizer: How numbers that are seen are normalised.
        action_normalizer: How actions are.
        encoder: What it is given of a moment.
    """

    kind: ClassVar[str]
    """Of the policy that it becomes."""

    def __init__(self, input_normalizer: Normalizer, action_normalizer: Normalizer, encoder: StateEncoder) -> None:
        super().__init__()
        self.input_normalizer, self.action_normalizer, self.encoder = input_normalizer, action_normalizer, encoder

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """How far it is from what was right."""
        raise NotImplementedError

    def select_rows(self, dataset: TensorDataset) -> NDArray[np.int64]:
        """The rows that it is to be asked about in an epoch."""
        return np.flatnonzero(dataset.loss_mask.numpy())

    def to_config(self) -> dict[str, Any]:
        """What the policy's description says of it."""
        raise NotImplementedError

    def export_tensors(self) -> dict[str, Array]:
        """The policy's weights."""
        raise NotImplementedError

    def export_normalizers(self) -> dict[str, Array]:
        """How numbers are normalised, as most kinds of policies have it."""
        seen = self.encoder.extend_normalizer(self.input_normalizer)
        return {
            "observation.mean": seen.mean, "observation.std": seen.std,
            "action.mean": self.action_normalizer.mean, "action.std": self.action_normalizer.std,
        }  # fmt: skip


def compute_loss_terms(predictions: Tensor, targets: Tensor, auxiliary_loss: Tensor) -> Tensor:
    """How far answers are from what is right, and what is seen from what there is."""
    return nn.functional.smooth_l1_loss(predictions, targets, beta=_BEND) + auxiliary_loss


def collect_tensors(weights: nn.Module, below: str) -> dict[str, Array]:
    """Weights by name."""
    return {f"{below}.{name}": np.array(tensor.detach().numpy()) for name, tensor in weights.state_dict().items()}


class MlpNetwork(ImitationNetwork):
    """A multilayer perceptron, from the last few observations and what was done.

    Args:
        hidden: How wide each layer is.
        history: Observations and actions that it sees; with 1 it sees the present observation alone.
        input_normalizer: How numbers that are seen are normalised.
        action_normalizer: How actions are.
        encoder: What it is given of a moment.
    """

    kind = "mlp"

    def __init__(
        self,
        hidden: tuple[int, ...],
        history: int,
        input_normalizer: Normalizer,
        action_normalizer: Normalizer,
        encoder: StateEncoder,
    ) -> None:
        super().__init__(input_normalizer, action_normalizer, encoder)
        self.history, actions = history, len(action_normalizer.mean)
        seen = history * sum(encoder.feature_sizes) + (history * actions if history > 1 else 0)
        linear = [nn.Linear(a, b) for a, b in pairwise((seen, *hidden, actions))]
        self.layers = nn.Sequential(*(part for layer in linear[:-1] for part in (layer, nn.ReLU())), linear[-1])

    def forward(self, x: Tensor) -> Tensor:
        """The normalised action for what is seen, normalised."""
        action: Tensor = self.layers(x)
        return action

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Of the action of each of these rows."""
        seen, strayed = self.encoder(dataset, dataset.get_history_rows(rows, self.history))
        x = seen.flatten(1)
        if self.history > 1:
            x = torch.cat([x, dataset.get_previous_actions(rows, self.history).flatten(1)], 1)
        return compute_loss_terms(self(x), dataset.actions[rows], strayed)

    def list_linear_layers(self) -> list[nn.Linear]:
        """The layers that have weights."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def to_config(self) -> dict[str, Any]:
        """Its layers and its history."""
        hidden = tuple(layer.out_features for layer in self.list_linear_layers()[:-1])
        return mlp.config_to_dict(mlp.MlpPolicyConfig(hidden, "relu", "clip", self.history))

    def export_tensors(self) -> dict[str, Array]:
        """How actions were normalised becomes part of its last layer."""
        layers = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in self.list_linear_layers()]
        (weight, bias), mean, std = layers[-1], self.action_normalizer.mean, self.action_normalizer.std
        layers[-1] = (std[:, None] * weight, std * bias + mean)
        copies = [(np.array(weight), np.array(bias)) for weight, bias in layers]
        return mlp.build_tensors(copies, *(self._repeated(name) for name in ("mean", "std")))

    def _repeated(self, name: str) -> Array:
        """A part of how everything in its row is normalised."""
        seen, done = (
            getattr(self.encoder.extend_normalizer(self.input_normalizer), name),
            getattr(self.action_normalizer, name),
        )
        return np.concatenate([np.tile(seen, self.history), np.tile(done, self.history if self.history > 1 else 0)])
