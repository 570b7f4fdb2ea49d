"""A multilayer perceptron from state, run by NumPy: for one observation at a time torch costs several times as much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.inputs import Array, InputLayout, require_tensors
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Tensors, write_policy
from mygym_lite.schema import Location, build
from mygym_lite.weights import WEIGHTS

_MEAN, _STD = "observation.mean", "observation.std"


@dataclass(frozen=True)
class MlpPolicyConfig:
    """Its layers: how wide the hidden ones are, what follows each, and what brings the last one into [-1, 1].

    With a ``history`` of more than 1 it sees so many observations, the oldest first and the first one of an episode
    again where there were fewer, and after them as many of its own last actions, zeros where there were fewer.
    """

    hidden: tuple[int, ...]
    activation: Literal["tanh", "relu"] = "tanh"
    output: Literal["tanh", "clip"] = "tanh"
    history: int = 1


class MlpPolicy:
    """Acts by the present observation, and by the last few and what it did if it has a history.

    Args:
        metadata: What it was made for.
        tensors: ``observation.mean`` and ``observation.std``, by which what it sees is normalised, and for each
            layer ``layers.I.weight`` (outputs, inputs) and ``layers.I.bias``.
        name: What messages call it.
    """

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "mlp") -> None:
        self.metadata, self.tensors = metadata, dict(tensors)
        where = Location(f"{name}/{METADATA_FILE}")
        network = build(MlpPolicyConfig, metadata.network, where.at("network"))
        if network.history < 1:
            raise where.at("network", "history").error(f"is {network.history}; a policy sees 1 observation or more")
        self._inputs = InputLayout(metadata, where)
        self._row = np.empty(self._inputs.size, np.float32)
        self._memory = _Memory(network.history, self._inputs.size, metadata.action)
        widths = [len(self._memory.numbers), *network.hidden, metadata.action]
        require_tensors(tensors, _shapes(widths), f"{name}/{WEIGHTS}")
        self._mean, self._scale = tensors[_MEAN], np.float32(1.0) / tensors[_STD]
        layers = [(tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]) for i in range(len(widths) - 1)]
        self._hidden, self._last = layers[:-1], layers[-1]
        self._activation, self._output = _FUNCTIONS[network.activation], _FUNCTIONS[network.output]

    @classmethod
    def from_layers(
        cls, env: TaskEnv, layers: Sequence[tuple[Any, Any]], mean: Any, std: Any, *,
        activation: Literal["tanh", "relu"] = "tanh", output: Literal["tanh", "clip"] = "tanh", history: int = 1,
        provenance: Mapping[str, Any] | None = None,
    ) -> MlpPolicy:  # fmt: skip
        """A policy for the task that an environment holds, from what it shows.

        Args:
            env: Whose observations were seen, in its space's order.
            layers: Weight (outputs, inputs) and bias of each.
            mean: Of each number that it sees.
            std: Of each number that it sees.
            activation: After each hidden layer.
            output: What brings the last layer's numbers into [-1, 1].
            history: How many observations and actions it sees.
            provenance: How it came to be: command, seed, notes.
        """
        network = MlpPolicyConfig(tuple(len(bias) for _, bias in layers[:-1]), activation, output, history)
        description = PolicyMetadata.for_env(env, "mlp", config_to_dict(network), provenance or {})
        return cls(description, build_tensors(layers, mean, std))

    def reset(self, seed: int) -> None:
        """It forgets what it saw and did."""
        self._memory.clear()

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """The action, float32."""
        memory = self._memory
        self._inputs.write(observation, self._row)
        memory.see(self._row)
        x: Array = (memory.numbers - self._mean) * self._scale
        for weight, bias in self._hidden:
            x = weight @ x
            x += bias
            self._activation(x)
        x = self._last[0] @ x
        x += self._last[1]
        self._output(x)
        memory.did(x)
        return x

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""
        return write_policy(Path(folder), self.metadata, self.tensors)


class _Memory:
    """The last observations and actions as one row; with a history of 1 it is the present observation alone."""

    def __init__(self, history: int, inputs: int, outputs: int) -> None:
        seen = history * inputs
        self.numbers = np.zeros(seen if history == 1 else seen + history * outputs, np.float32)
        self._seen, self._done = self.numbers[:seen].reshape(history, inputs), self.numbers[seen:].reshape(-1, outputs)
        self.clear()

    def clear(self) -> None:
        """An episode begins."""
        self._done[:] = 0.0
        self._empty = True

    def see(self, row: Array) -> None:
        """This is what there is now; the first observation stands for those before it."""
        self._seen[:-1] = row if self._empty else self._seen[1:].copy()
        self._seen[-1] = row
        self._empty = False

    def did(self, action: Array) -> None:
        """This is what it does now."""
        if len(self._done):
            self._done[:-1] = self._done[1:].copy()
            self._done[-1] = action


def _tanh(x: Array) -> None:
    np.tanh(x, out=x)


def _relu(x: Array) -> None:
    np.maximum(x, 0.0, out=x)


def _clip(x: Array) -> None:
    np.clip(x, -1.0, 1.0, out=x)


_FUNCTIONS: Mapping[str, Callable[[Array], None]] = {"tanh": _tanh, "relu": _relu, "clip": _clip}


def config_to_dict(network: MlpPolicyConfig) -> dict[str, Any]:
    """As a policy's description holds it: a history is told where there is one."""
    card = asdict(network)
    return card if network.history > 1 else {name: value for name, value in card.items() if name != "history"}


def build_tensors(layers: Sequence[tuple[Any, Any]], mean: Any, std: Any) -> dict[str, Array]:
    """By the names under which they are saved."""
    tensors = {_MEAN: mean, _STD: std}
    for i, (weight, bias) in enumerate(layers):
        tensors |= {f"layers.{i}.weight": weight, f"layers.{i}.bias": bias}
    return {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}


def _shapes(widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
    wanted: dict[str, tuple[int, ...]] = {_MEAN: (widths[0],), _STD: (widths[0],)}
    for i, (inputs, outputs) in enumerate(pairwise(widths)):
        wanted |= {f"layers.{i}.weight": (outputs, inputs), f"layers.{i}.bias": (outputs,)}
    return wanted
