"""Visuomotor policy: camera images and proprioception in, no ground-truth poses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.policies.action_chunking import ActionChunkingPolicy
from mygym_lite.policies.flow_matching import FlowMatchingPolicy
from mygym_lite.policies.gru import RecurrentPolicy
from mygym_lite.policies.inputs import Array, InputLayout, TensorShapes
from mygym_lite.policies.metadata import PolicyMetadata, Tensors, write_policy
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.policies.vision_backbone import VisionBackbone
from mygym_lite.schema import Location
from mygym_lite.torch_threads import limit_torch_threads

KEYPOINTS, AUXILIARY = "keypoints", "positions"
"""Inputs of the head besides the state vectors: keypoints in the images, and the predicted withheld state."""
_HEADS: dict[str, type[SavedPolicy[Any]]] = {
    "mlp": MlpPolicy,
    "recurrent": RecurrentPolicy,
    "action_chunking": ActionChunkingPolicy,
    "flow_matching": FlowMatchingPolicy,
}
_STORED = np.float16  # type of saved matrices


@dataclass(frozen=True)
class VisuomotorPolicyConfig:
    """Configuration of the head and size of the auxiliary output.

    Args:
        head: Kind of policy over the features.
        auxiliary_size: Size of the predicted withheld state.
        head_config: Network configuration of the head.
    """

    head: str
    auxiliary_size: int
    head_config: dict[str, object]


class VisuomotorPolicy(SavedPolicy[VisuomotorPolicyConfig]):
    """Vision backbone whose keypoints and predicted state are the input of a policy over vectors, the head.

    Its tensors are ``backbone.*``, ``vectors.mean`` and ``vectors.std``, and below ``head`` those of the head. Matrices
    are rounded to float16, the precision of the saved file.
    """

    config_class = VisuomotorPolicyConfig

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "") -> None:
        stored = {key: tensor.astype(_STORED) if tensor.ndim > 1 else tensor for key, tensor in tensors.items()}
        restored = {key: tensor.astype(np.float32) for key, tensor in stored.items()}
        super().__init__(
            metadata, {key: tensor for key, tensor in restored.items() if not key.startswith("head.")}, name
        )
        self.tensors = stored  # type: ignore[assignment]
        keypoints, auxiliary = self._backbone.feature_sizes
        head_metadata = replace(
            metadata,
            kind=self.config.head,
            network=self.config.head_config,
            observation={**self._vectors, KEYPOINTS: (keypoints,), AUXILIARY: (auxiliary,)},
        )
        head = {key.removeprefix("head."): tensor for key, tensor in restored.items() if key.startswith("head.")}
        self._head = _HEADS[self.config.head](head_metadata, head, name or metadata.kind)

    @property
    def head(self) -> SavedPolicy[Any]:
        """Policy over keypoints, predicted state and state vectors."""
        return self._head

    def build_network(self, location: Location) -> TensorShapes:
        """Build the backbone."""
        if self.config.head not in _HEADS:
            raise location.at("network", "head").error(f"'{self.config.head}' is not one of {', '.join(_HEADS)}")
        shapes = self.metadata.observation
        self._cameras = [key for key, shape in shapes.items() if len(shape) == 3]
        self._vectors = {key: shape for key, shape in shapes.items() if key not in self._cameras}
        self._inputs = InputLayout(replace(self.metadata, observation=self._vectors), location)
        self._row = np.empty(self._inputs.size, np.float32)
        self._backbone = VisionBackbone(len(self._cameras), self._inputs.size, self.config.auxiliary_size)
        expected = {f"backbone.{key}": tuple(weight.shape) for key, weight in self._backbone.state_dict().items()}
        return expected | {"vectors.mean": (self._inputs.size,), "vectors.std": (self._inputs.size,)}

    def load_tensors(self) -> None:
        """Load the backbone."""
        state = {key: torch.from_numpy(self.tensors[f"backbone.{key}"]) for key in self._backbone.state_dict()}
        self._backbone.load_state_dict(state)
        self._backbone.eval()
        self._mean, self._std = self.tensors["vectors.mean"], self.tensors["vectors.std"]

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self._head.reset(seed)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
        keypoints, auxiliary = self.extract_features(observation)
        return self._head.act({**observation, KEYPOINTS: keypoints, AUXILIARY: auxiliary})

    def extract_features(self, observation: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        """Extract the keypoints of the images, in [-1, 1], and the predicted withheld state, normalised."""
        self._inputs.write(observation, self._row)
        images = torch.from_numpy(np.stack([observation[camera] for camera in self._cameras]))
        vectors = torch.from_numpy((self._row - self._mean) / self._std)
        with limit_torch_threads(1), torch.inference_mode():
            keypoints, auxiliary = self._backbone(images[None], vectors[None])
        return keypoints[0].numpy(), auxiliary[0].numpy()

    def save(self, folder: str | Path) -> Path:
        """Write metadata and weights into a folder, with matrices as float16."""
        return write_policy(Path(folder), self.metadata, self.tensors)
