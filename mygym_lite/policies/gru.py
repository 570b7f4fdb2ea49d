"""A gated recurrent network from state, run by NumPy: it remembers of an episode what it has learned to remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.policies.inputs import Array, InputLayout, require_tensors
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Tensors, write_policy
from mygym_lite.schema import Location, build
from mygym_lite.weights import WEIGHTS


@dataclass(frozen=True)
class RecurrentPolicyConfig:
    """How many numbers it remembers, and how wide the layer between these and the action is."""

    memory: int
    hidden: int


class RecurrentPolicy:
    """Acts by what it sees, by what it did last, and by what it remembers.

    Args:
        metadata: What it was made for.
        tensors: ``observation.mean`` and ``observation.std``; ``action.mean`` and ``action.std``; the cell's
            ``cell.weight_ih``, ``cell.weight_hh``, ``cell.bias_ih`` and ``cell.bias_hh``, its gates in the order reset,
            update, new; ``hidden.weight`` over memory and input, and ``hidden.bias``; ``out.weight`` and ``out.bias``.
        name: What messages call it.
    """

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "recurrent") -> None:
        self.metadata, self.tensors = metadata, dict(tensors)
        where = Location(f"{name}/{METADATA_FILE}")
        network = build(RecurrentPolicyConfig, metadata.network, where.at("network"))
        self._inputs = InputLayout(metadata, where)
        wanted = _shapes(network, self._inputs.size, metadata.action)
        require_tensors(tensors, wanted, f"{name}/{WEIGHTS}")
        self._mean = np.concatenate([tensors["observation.mean"], tensors["action.mean"]])
        self._scale = np.float32(1.0) / np.concatenate([tensors["observation.std"], tensors["action.std"]])
        self._cell = [tensors[f"cell.{name}"] for name in ("weight_ih", "bias_ih", "weight_hh", "bias_hh")]
        self._row = np.empty(len(self._mean), np.float32)
        self._memory = np.zeros(network.memory, np.float32)
        self.reset(0)

    def reset(self, seed: int) -> None:
        """It forgets what it saw and did."""
        self._memory = np.zeros_like(self._memory)
        self._row[self._inputs.size :] = 0.0

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """The action, float32."""
        self._inputs.write(observation, self._row[: self._inputs.size])
        x: Array = (self._row - self._mean) * self._scale
        self._memory = self._remembered(x)
        tensors = self.tensors
        hidden = tensors["hidden.weight"] @ np.concatenate([self._memory, x]) + tensors["hidden.bias"]
        said = tensors["out.weight"] @ np.maximum(hidden, 0.0) + tensors["out.bias"]
        action: Array = np.clip(said * tensors["action.std"] + tensors["action.mean"], -1.0, 1.0)
        self._row[self._inputs.size :] = action
        return action

    def _remembered(self, x: Array) -> Array:
        """What it remembers from now on."""
        weight_x, bias_x, weight_h, bias_h = self._cell
        from_x, from_h = np.split(weight_x @ x + bias_x, 3), np.split(weight_h @ self._memory + bias_h, 3)
        reset, update = (_sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
        new = np.tanh(from_x[2] + reset * from_h[2])
        memory: Array = new + update * (self._memory - new)
        return memory

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""
        return write_policy(Path(folder), self.metadata, self.tensors)


def _sigmoid(x: Array) -> Array:
    half = np.float32(0.5)
    y: Array = half * (np.tanh(half * x) + np.float32(1.0))  # never overflows
    return y


def _shapes(network: RecurrentPolicyConfig, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    memory, hidden, gates = network.memory, network.hidden, 3 * network.memory
    return {
        "observation.mean": (inputs,), "observation.std": (inputs,), "action.mean": (outputs,),
        "action.std": (outputs,), "cell.weight_ih": (gates, inputs + outputs), "cell.weight_hh": (gates, memory),
        "cell.bias_ih": (gates,), "cell.bias_hh": (gates,), "hidden.weight": (hidden, memory + inputs + outputs),
        "hidden.bias": (hidden,), "out.weight": (outputs, hidden), "out.bias": (outputs,),
    }  # fmt: skip
