"""Trainable networks: encoders of the observation, the base class, and the multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.learning.imitation.data import Array, Normalizer
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.learning.instruction_network import INSTRUCTION_FEATURES, InstructionNetwork
from mygym_lite.policies import mlp
from mygym_lite.policies.inputs import get_layers
from mygym_lite.policies.metadata import Tensors
from mygym_lite.policies.vision_backbone import VisionBackbone

_HUBER_BETA = 0.5  # normalised error below which the action loss is quadratic


class StateEncoder(nn.Module):
    """Encoder that passes state vectors through, and appends the features of the instruction, if it is observed.

    Args:
        group_sizes: Size of each state vector.
        instruction: Encoder of the instruction; None if it is not observed.
    """

    def __init__(self, group_sizes: tuple[int, ...], instruction: InstructionNetwork | None = None) -> None:
        super().__init__()
        self.instruction = instruction
        self.vector_sizes = group_sizes if instruction is None else (*group_sizes, INSTRUCTION_FEATURES)
        self.feature_sizes = self.vector_sizes
        """Size of each vector in the concatenated features."""

    def forward(self, dataset: TensorDataset, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the features (..., sum of sizes) of rows, and the auxiliary loss."""
        return self.encode_vectors(dataset, rows), torch.zeros(())

    def encode_vectors(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Concatenate the state vectors and the features of the instruction."""
        vectors = dataset.observations[rows]
        if self.instruction is None:
            return vectors
        episodes, index = torch.unique(dataset.episode_index[rows], return_inverse=True)
        return torch.cat([vectors, self.instruction(dataset.instructions[episodes])[index]], -1)

    def extend_vector_normalizer(self, inputs: Normalizer) -> Normalizer:
        """Extend the normalizer of the state vectors by the identity for the features of the instruction."""
        return inputs if self.instruction is None else _append_identity(inputs, INSTRUCTION_FEATURES)

    def extend_normalizer(self, inputs: Normalizer) -> Normalizer:
        """Extend the normalizer of the state vectors to all features."""
        return self.extend_vector_normalizer(inputs)

    def get_pretrained_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that are fine-tuned at a lower rate."""
        return []


class VisionEncoder(StateEncoder):
    """Encoder of images: state vectors, keypoints, and the predicted withheld state.

    The prediction is trained with an auxiliary loss against the ground truth.

    Args:
        group_sizes: Size of each state vector.
        instruction: Encoder of the instruction; None if it is not observed.
        backbone: Vision backbone.
        auxiliary_normalizer: Normalizer of the withheld state.
    """

    def __init__(
        self,
        group_sizes: tuple[int, ...],
        instruction: InstructionNetwork | None,
        backbone: VisionBackbone,
        auxiliary_normalizer: Normalizer,
    ) -> None:
        super().__init__(group_sizes, instruction)
        self.feature_sizes = (*self.vector_sizes, *backbone.feature_sizes)
        self.backbone, self.auxiliary_normalizer = backbone, auxiliary_normalizer

    def forward(self, dataset: TensorDataset, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the features of rows, and the auxiliary loss."""
        flat = rows.flatten()
        vectors = self.encode_vectors(dataset, flat)
        keypoints, predicted = self.backbone(dataset.get_images(flat), vectors)
        mean, std = (torch.from_numpy(x) for x in (self.auxiliary_normalizer.mean, self.auxiliary_normalizer.std))
        targets = (dataset.auxiliary_targets[flat] - mean) / std
        features = torch.cat([vectors, keypoints, predicted], 1)
        return features.reshape(*rows.shape, -1), nn.functional.smooth_l1_loss(predicted, targets, beta=0.5)

    def extend_normalizer(self, inputs: Normalizer) -> Normalizer:
        """Extend the normalizer by the identity for keypoints and predicted state."""
        return _append_identity(self.extend_vector_normalizer(inputs), sum(self.backbone.feature_sizes))

    def get_pretrained_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the backbone that come from perception."""
        return self.backbone.get_pretrained_parameters()


def _append_identity(normalizer: Normalizer, size: int) -> Normalizer:
    """Append columns that stay as they are to a normalizer."""
    mean = np.concatenate([normalizer.mean, np.zeros(size, np.float32)])
    return Normalizer(mean, np.concatenate([normalizer.std, np.ones(size, np.float32)]))


class NetworkInterface(NamedTuple):
    """Encoder of the observation, and normalizers of state vectors and actions."""

    encoder: StateEncoder
    input_normalizer: Normalizer
    action_normalizer: Normalizer


class ImitationNetwork(nn.Module):
    """Base of the networks from normalized features to normalized actions.

    Args:
        interface: Encoder of the observation, and normalizers.
    """

    kind: ClassVar[str]
    """Kind of the policy that the network becomes."""

    def __init__(self, interface: NetworkInterface) -> None:
        super().__init__()
        self.encoder, self.input_normalizer, self.action_normalizer = interface

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Compute the behaviour cloning loss of a batch of rows."""
        raise NotImplementedError

    def select_rows(self, dataset: TensorDataset) -> NDArray[np.int64]:
        """Select the rows that make up an epoch."""
        return np.flatnonzero(dataset.loss_mask.numpy())

    def to_config(self) -> dict[str, Any]:
        """Return the network configuration of the policy."""
        raise NotImplementedError

    def export_tensors(self) -> dict[str, Array]:
        """Export the tensors of the policy."""
        raise NotImplementedError

    def load_tensors(self, tensors: Tensors) -> None:
        """Load the tensors of a policy of the same architecture, and its normalizers."""
        raise NotImplementedError

    def load_normalizers(self, tensors: Tensors) -> None:
        """Load the normalizer of the state vectors, and that of the actions if the policy has one."""
        size = len(self.input_normalizer.mean)
        mean, std = (np.array(tensors[f"observation.{moment}"][:size]) for moment in ("mean", "std"))
        self.input_normalizer = Normalizer(mean, std)
        if "action.mean" in tensors:
            self.action_normalizer = Normalizer(np.array(tensors["action.mean"]), np.array(tensors["action.std"]))

    def make_history_normalizer(self, history: int) -> Normalizer:
        """Make the normalizer of as many features, and of as many actions if there is more than one."""
        inputs, actions = self.encoder.extend_normalizer(self.input_normalizer), self.action_normalizer
        parts = [inputs] * history + ([actions] * history if history > 1 else [])
        return Normalizer(np.concatenate([p.mean for p in parts]), np.concatenate([p.std for p in parts]))

    def export_normalizers(self, history: int = 1) -> dict[str, Array]:
        """Export the normalizers of input and actions, as most kinds of policies name them."""
        inputs = self.make_history_normalizer(history)
        return {
            "observation.mean": inputs.mean,
            "observation.std": inputs.std,
            "action.mean": self.action_normalizer.mean,
            "action.std": self.action_normalizer.std,
        }


def encode_history(encoder: StateEncoder, dataset: TensorDataset, rows: Tensor, history: int) -> tuple[Tensor, Tensor]:
    """Compute the features of the last observations and actions (n, inputs) of rows, and the auxiliary loss.

    Args:
        encoder: Encoder of the observation.
        dataset: Training examples.
        rows: Rows of the present observations.
        history: Number of observations and actions; with 1, the features of the present observation alone.
    """
    features, auxiliary_loss = encoder(dataset, dataset.get_history_rows(rows, history))
    x = features.flatten(1)
    if history > 1:
        x = torch.cat([x, dataset.get_previous_actions(rows, history).flatten(1)], 1)
    return x, auxiliary_loss


def compute_loss_terms(predictions: Tensor, targets: Tensor, auxiliary_loss: Tensor) -> Tensor:
    """Add the Huber loss of the actions and the auxiliary loss."""
    return nn.functional.smooth_l1_loss(predictions, targets, beta=_HUBER_BETA) + auxiliary_loss


def collect_tensors(module: nn.Module, prefix: str) -> dict[str, Array]:
    """Collect copies of the weights of a module, named below a prefix."""
    return {f"{prefix}.{name}": np.array(tensor.detach().numpy()) for name, tensor in module.state_dict().items()}


def load_module(module: nn.Module, tensors: Tensors, prefix: str) -> None:
    """Load the weights of a module, named below a prefix that ends with a dot."""
    state = {name: torch.tensor(np.asarray(tensors[f"{prefix}{name}"], np.float32)) for name in module.state_dict()}
    module.load_state_dict(state)


def append_saturated(normalized: Tensor, inputs: Normalizer, scales: Sequence[float]) -> Tensor:
    """Append tanh(s x) of the input x, for each scale s, to the normalised input."""
    x = normalized * torch.from_numpy(inputs.std) + torch.from_numpy(inputs.mean)
    return torch.cat([normalized, *(torch.tanh(scale * x) for scale in scales)], -1)


class MlpNetwork(ImitationNetwork):
    """Multilayer perceptron over the last observations and executed actions.

    Args:
        hidden: Width of each hidden layer.
        history: Number of observations and actions; 1 for the present observation alone.
        scales: Factors of the saturating features.
        interface: Encoder of the observation, and normalizers.
    """

    kind = "mlp"

    def __init__(
        self, hidden: tuple[int, ...], history: int, scales: tuple[float, ...], interface: NetworkInterface
    ) -> None:
        super().__init__(interface)
        self.history, self.scales, actions = history, scales, len(self.action_normalizer.mean)
        inputs = history * sum(self.encoder.feature_sizes) + (history * actions if history > 1 else 0)
        linear = [nn.Linear(a, b) for a, b in pairwise(((1 + len(scales)) * inputs, *hidden, actions))]
        self.layers = nn.Sequential(*(part for layer in linear[:-1] for part in (layer, nn.ReLU())), linear[-1])

    def forward(self, x: Tensor) -> Tensor:
        """Predict normalized actions."""
        if self.scales:
            x = append_saturated(x, self.make_history_normalizer(self.history), self.scales)
        action: Tensor = self.layers(x)
        return action

    def compute_loss(self, dataset: TensorDataset, rows: Tensor) -> Tensor:
        """Compute the loss of the action of each row."""
        x, auxiliary_loss = encode_history(self.encoder, dataset, rows, self.history)
        return compute_loss_terms(self(x), dataset.actions[rows], auxiliary_loss)

    def list_linear_layers(self) -> list[nn.Linear]:
        """List the linear layers."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def to_config(self) -> dict[str, Any]:
        """Return layers and history."""
        hidden = tuple(layer.out_features for layer in self.list_linear_layers()[:-1])
        return mlp.config_to_dict(mlp.MlpPolicyConfig(hidden, "relu", "clip", self.history, self.scales))

    def export_tensors(self) -> dict[str, Array]:
        """Export the layers, with the denormalization of the actions folded into the last one."""
        layers = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in self.list_linear_layers()]
        (weight, bias), mean, std = layers[-1], self.action_normalizer.mean, self.action_normalizer.std
        layers[-1] = (std[:, None] * weight, std * bias + mean)
        copies = [(np.array(weight), np.array(bias)) for weight, bias in layers]
        inputs = self.make_history_normalizer(self.history)
        return mlp.build_tensors(copies, inputs.mean, inputs.std)

    def load_tensors(self, tensors: Tensors) -> None:
        """Load the layers, and divide the normalization of the actions out of the last one."""
        self.load_normalizers(tensors)
        if self.history > 1:  # the input ends with an action
            rows = (tensors[f"observation.{moment}"][-len(self.action_normalizer.mean) :] for moment in ("mean", "std"))
            self.action_normalizer = Normalizer(*map(np.array, rows))
        layers, mean, std = get_layers(tensors), self.action_normalizer.mean, self.action_normalizer.std
        weight, bias = layers[-1]
        layers[-1] = weight / std[:, None], (bias - mean) / std
        with torch.no_grad():
            for layer, (weight, bias) in zip(self.list_linear_layers(), layers, strict=True):
                layer.weight.copy_(torch.tensor(weight))
                layer.bias.copy_(torch.tensor(bias))
