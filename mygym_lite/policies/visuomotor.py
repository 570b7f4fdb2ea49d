"""A policy from pictures and from what the robot knows of itself; it is never told where anything is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.policies.inputs import Array, Inputs, require_tensors
from mygym_lite.policies.metadata import DESCRIPTION, Description, Tensors, write_policy
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.vision_backbone import Trunk
from mygym_lite.schema import Where, build
from mygym_lite.torch_threads import computing
from mygym_lite.weights import WEIGHTS

Make = Callable[[Description, Tensors, str], Policy]
SPOTS, PLACES = "spots", "places"
"""What its head sees beside numbers: where features are in pictures, and where it thinks things are."""
_HALF = np.float16  # as matrices are kept: half the room


@dataclass(frozen=True)
class Network:
    """What comes after its trunk, and how many numbers say where things are."""

    head: str
    told: int
    settings: dict[str, object]


class SightedPolicy:
    """Looks through a trunk, and acts by any other kind of policy on what this finds.

    Args:
        description: What it was made for.
        tensors: ``trunk.*``, ``numbers.mean`` and ``numbers.std``, and below ``head`` those of the policy that acts.
        name: What messages call it.
        kinds: Of policies that may act.
    """

    def __init__(
        self, description: Description, tensors: Tensors, name: str = "sighted", *, kinds: Mapping[str, Make]
    ) -> None:
        self.description = description
        self.tensors = {key: tensor.astype(_HALF) if tensor.ndim > 1 else tensor for key, tensor in tensors.items()}
        whole = {key: tensor.astype(np.float32) for key, tensor in self.tensors.items()}
        where = Where(f"{name}/{DESCRIPTION}")
        network = build(Network, description.network, where.at("network"))
        if network.head not in kinds:
            raise where.at("network", "head").error(f"'{network.head}' is not one of {', '.join(kinds)}")
        shapes = description.observation
        self._cameras = [key for key, shape in shapes.items() if len(shape) == 3]
        known = {key: shape for key, shape in shapes.items() if key not in self._cameras}
        self._inputs = Inputs(replace(description, observation=known), where)
        self._row = np.empty(self._inputs.size, np.float32)
        self._trunk = Trunk(len(self._cameras), self._inputs.size, network.told)
        own = {key: tensor for key, tensor in whole.items() if not key.startswith("head.")}
        wanted = {f"trunk.{key}": tuple(one.shape) for key, one in self._trunk.state_dict().items()}
        wanted |= {"numbers.mean": (self._inputs.size,), "numbers.std": (self._inputs.size,)}
        require_tensors(own, wanted, f"{name}/{WEIGHTS}")
        self._trunk.load_state_dict({key: torch.from_numpy(own[f"trunk.{key}"]) for key in self._trunk.state_dict()})
        self._trunk.eval()
        self._mean, self._std = own["numbers.mean"], own["numbers.std"]
        spots, places = self._trunk.parts
        seen = replace(
            description, kind=network.head, network=network.settings,
            observation={**known, SPOTS: (spots,), PLACES: (places,)},
        )  # fmt: skip
        acting = {key.removeprefix("head."): tensor for key, tensor in whole.items() if key.startswith("head.")}
        self._head = kinds[network.head](seen, acting, name)

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self._head.reset(seed)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """The action, float32."""
        spots, places = self.look(observation)
        action: Array = self._head.act({**observation, SPOTS: spots, PLACES: places})
        return action

    def look(self, observation: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        """Where features are in the pictures, and where it thinks things are, as normalised numbers."""
        self._inputs.write(observation, self._row)
        pictures = torch.from_numpy(np.stack([observation[camera] for camera in self._cameras]))
        numbers = torch.from_numpy((self._row - self._mean) / self._std)
        with computing(1), torch.inference_mode():
            spots, places = self._trunk(pictures[None], numbers[None])
        return spots[0].numpy(), places[0].numpy()

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder; each number of a matrix takes two bytes."""
        return write_policy(Path(folder), self.description, self.tensors)  # type: ignore[arg-type]
