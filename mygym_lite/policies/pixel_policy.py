"""A policy that looks: a small convolutional network for each picture, and a perceptron over what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.inputs import require_tensors
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Shapes, Tensors, write_policy
from mygym_lite.schema import Location, build
from mygym_lite.weights import WEIGHTS

IMAGE_FEATURES = 64
"""Numbers that are told of a picture."""
_LAYERS = ((16, 5, 3), (32, 3, 2), (32, 3, 2), (32, 3, 2))  # channels, width, stride


class CameraEncoder(nn.Sequential):
    """What a picture of (channels, height, width) in [0, 1] tells, as ``IMAGE_FEATURES`` numbers."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        channels = [shape[0], *(out for out, _, _ in _LAYERS)]
        parts: list[nn.Module] = []
        for (ins, outs), (_, width, stride) in zip(pairwise(channels), _LAYERS, strict=True):
            parts += [nn.Conv2d(ins, outs, width, stride), nn.ReLU()]
        with torch.no_grad():
            size = nn.Sequential(*parts)(torch.zeros(1, *shape)).numel()
        super().__init__(*parts, nn.Flatten(), nn.Linear(size, IMAGE_FEATURES), nn.LayerNorm(IMAGE_FEATURES), nn.Tanh())


class ObservationEncoder(nn.Module):
    """Everything that is seen, as one row: pictures as their eyes tell them, other groups as they are."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict({name: CameraEncoder(shape) for name, shape in shapes.items() if len(shape) == 3})
        self.size = sum(IMAGE_FEATURES if len(shape) == 3 else int(np.prod(shape)) for shape in shapes.values())
        self._names = list(shapes)

    def forward(self, seen: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """In the order of the shapes."""
        parts = [
            self.encoders[name](seen[name]) if name in self.encoders else seen[name].flatten(1) for name in self._names
        ]
        return torch.cat(parts, dim=1)


@dataclass(frozen=True)
class PixelPolicyConfig:
    """How wide the hidden layers are, what follows each, and what brings the last one into [-1, 1]."""

    hidden: tuple[int, ...]
    activation: Literal["tanh", "relu"] = "relu"
    output: Literal["tanh", "clip"] = "tanh"


class PixelPolicy:
    """Acts by the present observation alone.

    Args:
        metadata: What it was made for; pictures are (height, width, channels) of uint8.
        tensors: ``sight.*`` and ``layers.I.*``.
        name: What messages call it.
    """

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "pixels") -> None:
        self.metadata, self.tensors = metadata, dict(tensors)
        network = build(PixelPolicyConfig, metadata.network, Location(f"{name}/{METADATA_FILE}").at("network"))
        self._sight = ObservationEncoder(to_channels_first(metadata.observation))
        widths = [self._sight.size, *network.hidden, metadata.action]
        self._layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        modules = nn.ModuleDict({"encoder": self._sight, "layers": self._layers})
        wanted = {key: tuple(tensor.shape) for key, tensor in modules.state_dict().items()}
        require_tensors(tensors, wanted, f"{name}/{WEIGHTS}")
        modules.load_state_dict({key: torch.from_numpy(np.array(tensor)) for key, tensor in tensors.items()})
        self._activation = torch.tanh if network.activation == "tanh" else torch.relu
        self._squash = network.output == "tanh"

    @classmethod
    def from_tensors(
        cls, env: TaskEnv, tensors: Tensors, network: PixelPolicyConfig, provenance: Mapping[str, Any] | None = None
    ) -> PixelPolicy:
        """A policy for the task that an environment holds, from what it shows."""
        return cls(PolicyMetadata.for_env(env, "pixels", asdict(network), provenance or {}), tensors)

    def reset(self, seed: int) -> None:
        """It remembers nothing."""

    def act(self, observation: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """The action, float32."""
        with torch.inference_mode():
            x = self._sight({name: to_tensor(observation[name]) for name in self.metadata.observation})
            for layer in self._layers[:-1]:
                x = self._activation(layer(x))
            x = self._layers[-1](x)[0]
            action: NDArray[np.float32] = (torch.tanh(x) if self._squash else x.clamp(-1.0, 1.0)).numpy()
        return action

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""
        return write_policy(Path(folder), self.metadata, self.tensors)


def to_channels_first(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """The shapes as convolutions want them."""
    return {name: (shape[2], *shape[:2]) if len(shape) == 3 else shape for name, shape in shapes.items()}


def to_tensor(array: NDArray[Any]) -> torch.Tensor:
    """A batch of one, a picture with its channels first and in [0, 1]."""
    if array.ndim == 3:
        return torch.from_numpy(array.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0))
    return torch.from_numpy(np.asarray(array, np.float32)[None])
