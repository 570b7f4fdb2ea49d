"""A perceptron that chooses one action of a table: the one that it expects most of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.inputs import Array, InputLayout, require_tensors
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Tensors, write_policy
from mygym_lite.schema import Location, build
from mygym_lite.weights import WEIGHTS

_TABLE = "action_table"


@dataclass(frozen=True)
class DiscretePolicyConfig:
    """Its layers: how wide the hidden ones are, with rectifiers between; and how many choices it has."""

    hidden: tuple[int, ...]
    num_actions: int


class DiscretePolicy:
    """Acts by the present observation alone.

    Args:
        metadata: What it was made for.
        tensors: ``choices``, an action in each row; for each layer ``layers.I.weight`` (outputs, inputs) and
            ``layers.I.bias``, of which the last one tells what each choice is worth.
        name: What messages call it.
    """

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "discrete") -> None:
        self.metadata, self.tensors = metadata, dict(tensors)
        where = Location(f"{name}/{METADATA_FILE}")
        network = build(DiscretePolicyConfig, metadata.network, where.at("network"))
        self._inputs = InputLayout(metadata, where)
        self._row = np.empty(self._inputs.size, np.float32)
        widths = [self._inputs.size, *network.hidden, network.num_actions]
        wanted: dict[str, tuple[int, ...]] = {_TABLE: (network.num_actions, metadata.action)}
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            wanted |= {f"layers.{i}.weight": (outputs, inputs), f"layers.{i}.bias": (outputs,)}
        require_tensors(tensors, wanted, f"{name}/{WEIGHTS}")
        self._layers = [(tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]) for i in range(len(widths) - 1)]

    @classmethod
    def from_layers(
        cls,
        env: TaskEnv,
        layers: Sequence[tuple[Any, Any]],
        action_table: Array,
        provenance: Mapping[str, Any] | None = None,
    ) -> DiscretePolicy:
        """A policy for the task that an environment holds, from what it shows.

        Args:
            env: Whose observations were seen, in its space's order.
            layers: Weight (outputs, inputs) and bias of each.
            action_table: An action in each row.
            provenance: How it came to be.
        """
        tensors = {_TABLE: action_table}
        for i, (weight, bias) in enumerate(layers):
            tensors |= {f"layers.{i}.weight": weight, f"layers.{i}.bias": bias}
        network = DiscretePolicyConfig(tuple(len(bias) for _, bias in layers[:-1]), len(action_table))
        description = PolicyMetadata.for_env(env, "discrete", asdict(network), provenance or {})
        return cls(description, {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()})

    def reset(self, seed: int) -> None:
        """It remembers nothing."""

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """The action, float32."""
        self._inputs.write(observation, self._row)
        x: Array = self._row
        for weight, bias in self._layers[:-1]:
            x = np.maximum(weight @ x + bias, 0.0)
        weight, bias = self._layers[-1]
        chosen: Array = self.tensors[_TABLE][int(np.argmax(weight @ x + bias))].copy()
        return chosen

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""
        return write_policy(Path(folder), self.metadata, self.tensors)
