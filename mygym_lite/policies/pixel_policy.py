"""Convolutional policy: a small CNN for each camera image, and a perceptron over image features and state vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.inputs import Array, TensorShapes
from mygym_lite.policies.metadata import PolicyMetadata, Shapes, Tensors
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.schema import Location

IMAGE_FEATURES = 64
"""Size of the feature vector of an image."""
_LAYERS = ((16, 5, 3), (32, 3, 2), (32, 3, 2), (32, 3, 2))  # channels, kernel size, stride


class CameraEncoder(nn.Sequential):
    """CNN from an image (channels, height, width) in [0, 1] to ``IMAGE_FEATURES`` features."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        channels = [shape[0], *(out for out, _, _ in _LAYERS)]
        layers: list[nn.Module] = []
        for (inputs, outputs), (_, kernel_size, stride) in zip(pairwise(channels), _LAYERS, strict=True):
            layers += [nn.Conv2d(inputs, outputs, kernel_size, stride), nn.ReLU()]
        with torch.no_grad():
            size = nn.Sequential(*layers)(torch.zeros(1, *shape)).numel()
        head = (nn.Flatten(), nn.Linear(size, IMAGE_FEATURES), nn.LayerNorm(IMAGE_FEATURES), nn.Tanh())
        super().__init__(*layers, *head)


class ObservationEncoder(nn.Module):
    """Concatenation of image features and state vectors into one row, in the order of the shapes."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict({name: CameraEncoder(shape) for name, shape in shapes.items() if len(shape) == 3})
        self.size = sum(IMAGE_FEATURES if len(shape) == 3 else int(np.prod(shape)) for shape in shapes.values())
        self._names = list(shapes)

    def forward(self, observation: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Encode a batch of observations."""
        groups = [
            self.encoders[name](observation[name]) if name in self.encoders else observation[name].flatten(1)
            for name in self._names
        ]
        return torch.cat(groups, dim=1)


@dataclass(frozen=True)
class PixelPolicyConfig:
    """Layers of the perceptron.

    Args:
        hidden: Width of each hidden layer.
        activation: Activation after each hidden layer.
        output: Function that maps the last layer into [-1, 1].
    """

    hidden: tuple[int, ...]
    activation: Literal["tanh", "relu"] = "relu"
    output: Literal["tanh", "clip"] = "tanh"


class PixelPolicy(SavedPolicy[PixelPolicyConfig]):
    """Policy over images (height, width, channels) of uint8 and state vectors.

    Its tensors are ``encoder.*``, the image encoders, and ``layers.I.*``, the perceptron.
    """

    config_class = PixelPolicyConfig

    @classmethod
    def from_tensors(
        cls, env: TaskEnv, tensors: Tensors, config: PixelPolicyConfig, provenance: Mapping[str, Any] | None = None
    ) -> PixelPolicy:
        """Make a policy for the task and the observations of an environment."""
        return cls(PolicyMetadata.for_env(env, "pixels", asdict(config), provenance or {}), tensors)

    def build_network(self, _location: Location) -> TensorShapes:
        """Build encoders and perceptron."""
        self._encoder = ObservationEncoder(to_channels_first(self.metadata.observation))
        widths = [self._encoder.size, *self.config.hidden, self.metadata.action]
        self._layers = nn.ModuleList(nn.Linear(inputs, outputs) for inputs, outputs in pairwise(widths))
        self._modules = nn.ModuleDict({"encoder": self._encoder, "layers": self._layers})
        return {key: tuple(weight.shape) for key, weight in self._modules.state_dict().items()}

    def load_tensors(self) -> None:
        """Load encoders and perceptron."""
        self._modules.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in self.tensors.items()})
        self._activation = torch.tanh if self.config.activation == "tanh" else torch.relu

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
        with torch.inference_mode():
            x = self._encoder({name: to_tensor(observation[name]) for name in self.metadata.observation})
            for layer in self._layers[:-1]:
                x = self._activation(layer(x))
            x = self._layers[-1](x)[0]
            action: Array = (torch.tanh(x) if self.config.output == "tanh" else x.clamp(-1.0, 1.0)).numpy()
        return action


def to_channels_first(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Move the channels of image shapes to the front."""
    return {name: (shape[2], *shape[:2]) if len(shape) == 3 else shape for name, shape in shapes.items()}


def to_tensor(array: NDArray[Any]) -> torch.Tensor:
    """Convert an array to a batch of one; images get their channels first and are scaled to [0, 1]."""
    if array.ndim == 3:
        return torch.from_numpy(array.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0))
    return torch.from_numpy(np.asarray(array, np.float32)[None])
