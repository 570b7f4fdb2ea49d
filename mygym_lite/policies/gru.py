"""Gated recurrent unit (GRU) over state vectors, in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.policies.inputs import Array, InputLayout, TensorShapes
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.schema import Location


@dataclass(frozen=True)
class RecurrentPolicyConfig:
    """Sizes of the network.

    Args:
        memory: Size of the hidden state of the GRU.
        hidden: Width of the layer between the hidden state and the action.
    """

    memory: int
    hidden: int


class RecurrentPolicy(SavedPolicy[RecurrentPolicyConfig]):
    """GRU over the observation and the last action, and a layer over its hidden state and input.

    Its tensors are ``observation.mean`` and ``observation.std``; ``action.mean`` and ``action.std``; those of the GRU,
    ``cell.weight_ih``, ``cell.weight_hh``, ``cell.bias_ih`` and ``cell.bias_hh`` with the gates in the order reset,
    update, new; ``hidden.weight`` over hidden state and input, and ``hidden.bias``; ``out.weight`` and ``out.bias``.
    """

    config_class = RecurrentPolicyConfig

    def build_network(self, location: Location) -> TensorShapes:
        """Lay out the input: the observation, then the last action."""
        self._inputs = InputLayout(self.metadata, location)
        inputs, outputs = self._inputs.size, self.metadata.action
        memory, hidden, gates = self.config.memory, self.config.hidden, 3 * self.config.memory
        return {
            "observation.mean": (inputs,),
            "observation.std": (inputs,),
            "action.mean": (outputs,),
            "action.std": (outputs,),
            "cell.weight_ih": (gates, inputs + outputs),
            "cell.weight_hh": (gates, memory),
            "cell.bias_ih": (gates,),
            "cell.bias_hh": (gates,),
            "hidden.weight": (hidden, memory + inputs + outputs),
            "hidden.bias": (hidden,),
            "out.weight": (outputs, hidden),
            "out.bias": (outputs,),
        }

    def load_tensors(self) -> None:
        """Join the normalization of observation and action, and clear the state."""
        tensors = self.tensors
        self._mean = np.concatenate([tensors["observation.mean"], tensors["action.mean"]])
        self._scale = np.float32(1.0) / np.concatenate([tensors["observation.std"], tensors["action.std"]])
        self._cell = [tensors[f"cell.{name}"] for name in ("weight_ih", "bias_ih", "weight_hh", "bias_hh")]
        self._row = np.empty(len(self._mean), np.float32)
        self.reset(0)

    def reset(self, _seed: int) -> None:
        """Clear the hidden state and the last action."""
        self._state = np.zeros(self.config.memory, np.float32)
        self._row[self._inputs.size :] = 0.0

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
        self._inputs.write(observation, self._row[: self._inputs.size])
        x: Array = (self._row - self._mean) * self._scale
        self._state = self._compute_state(x)
        tensors = self.tensors
        hidden = tensors["hidden.weight"] @ np.concatenate([self._state, x]) + tensors["hidden.bias"]
        output = tensors["out.weight"] @ np.maximum(hidden, 0.0) + tensors["out.bias"]
        action: Array = np.clip(output * tensors["action.std"] + tensors["action.mean"], -1.0, 1.0)
        self._row[self._inputs.size :] = action
        return action

    def _compute_state(self, x: Array) -> Array:
        """Compute the next hidden state of the GRU."""
        weight_x, bias_x, weight_h, bias_h = self._cell
        from_x, from_h = np.split(weight_x @ x + bias_x, 3), np.split(weight_h @ self._state + bias_h, 3)
        reset, update = (_compute_sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
        new = np.tanh(from_x[2] + reset * from_h[2])
        state: Array = new + update * (self._state - new)
        return state


def _compute_sigmoid(x: Array) -> Array:
    half = np.float32(0.5)
    y: Array = half * (np.tanh(half * x) + np.float32(1.0))  # never overflows
    return y
