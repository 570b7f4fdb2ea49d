"""A policy from pictures and from what the robot knows of itself; it is never told where anything is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.policies.inputs import Array, InputLayout, require_tensors
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Tensors, write_policy
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.vision_backbone import VisionBackbone
from mygym_lite.schema import Location, build
from mygym_lite.torch_threads import limit_torch_threads
from mygym_lite.weights import WEIGHTS

PolicyFactory = Callable[[PolicyMetadata, Tensors, str], Policy]
KEYPOINTS, AUXILIARY = "keypoints", "positions"
"""What its head sees beside numbers: where features are in pictures, and where it thinks things are."""
_HALF = np.float16  # as matrices are kept: half the room


@dataclass(frozen=True)
class VisuomotorPolicyConfig:
    """What comes after its trunk, and how many numbers say where things are."""

    head: str
    auxiliary_size: int
    head_config: dict[str, object]


class VisuomotorPolicy:
    """Looks through a trunk, and acts by any other kind of policy on what this finds.

    Args:
        metadata: What it was made for.
        tensors: ``backbone.*``, ``vectors.mean`` and ``vectors.std``, and below ``head`` those of the policy that acts.
        name: What messages call it.
        kinds: Of policies that may act.
    """

    def __init__(
        self,
        metadata: PolicyMetadata,
        tensors: Tensors,
        name: str = "visuomotor",
        *,
        kinds: Mapping[str, PolicyFactory],
    ) -> None:
        self.metadata = metadata
        self.tensors = {key: tensor.astype(_HALF) if tensor.ndim > 1 else tensor for key, tensor in tensors.items()}
        whole = {key: tensor.astype(np.float32) for key, tensor in self.tensors.items()}
        where = Location(f"{name}/{METADATA_FILE}")
        network = build(VisuomotorPolicyConfig, metadata.network, where.at("network"))
        if network.head not in kinds:
            raise where.at("network", "head").error(f"'{network.head}' is not one of {', '.join(kinds)}")
        shapes = metadata.observation
        self._cameras = [key for key, shape in shapes.items() if len(shape) == 3]
        known = {key: shape for key, shape in shapes.items() if key not in self._cameras}
        self._inputs = InputLayout(replace(metadata, observation=known), where)
        self._row = np.empty(self._inputs.size, np.float32)
        self._trunk = VisionBackbone(len(self._cameras), self._inputs.size, network.auxiliary_size)
        own = {key: tensor for key, tensor in whole.items() if not key.startswith("head.")}
        wanted = {f"backbone.{key}": tuple(one.shape) for key, one in self._trunk.state_dict().items()}
        wanted |= {"vectors.mean": (self._inputs.size,), "vectors.std": (self._inputs.size,)}
        require_tensors(own, wanted, f"{name}/{WEIGHTS}")
        self._trunk.load_state_dict({key: torch.from_numpy(own[f"backbone.{key}"]) for key in self._trunk.state_dict()})
        self._trunk.eval()
        self._mean, self._std = own["vectors.mean"], own["vectors.std"]
        spots, places = self._trunk.feature_sizes
        seen = replace(
            metadata, kind=network.head, network=network.head_config,
            observation={**known, KEYPOINTS: (spots,), AUXILIARY: (places,)},
        )  # fmt: skip
        acting = {key.removeprefix("head."): tensor for key, tensor in whole.items() if key.startswith("head.")}
        self._head = kinds[network.head](seen, acting, name)

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self._head.reset(seed)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """The action, float32."""
        spots, places = self.extract_features(observation)
        action: Array = self._head.act({**observation, KEYPOINTS: spots, AUXILIARY: places})
        return action

    def extract_features(self, observation: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        """Where features are in the pictures, and where it thinks things are, as normalised numbers."""
        self._inputs.write(observation, self._row)
        pictures = torch.from_numpy(np.stack([observation[camera] for camera in self._cameras]))
        numbers = torch.from_numpy((self._row - self._mean) / self._std)
        with limit_torch_threads(1), torch.inference_mode():
            spots, places = self._trunk(pictures[None], numbers[None])
        return spots[0].numpy(), places[0].numpy()

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder; each number of a matrix takes two bytes."""
        return write_policy(Path(folder), self.metadata, self.tensors)  # type: ignore[arg-type]
