"""A multilayer perceptron from state, run by NumPy: for one observation at a time torch costs several times as much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError
from mygym_lite.learning.description import DESCRIPTION, WEIGHTS, Description, Tensors, write_policy
from mygym_lite.strict import Where, build

Array = NDArray[np.float32]
_MEAN, _STD = "observation.mean", "observation.std"


@dataclass(frozen=True)
class Network:
    """Its layers: how wide the hidden ones are, what follows each, and what brings the last one into [-1, 1]."""

    hidden: tuple[int, ...]
    activation: Literal["tanh", "relu"] = "tanh"
    output: Literal["tanh", "clip"] = "tanh"


class MlpPolicy:
    """Acts by the present observation alone.

    Args:
        description: What it was made for.
        tensors: ``observation.mean`` and ``observation.std``, by which observations are normalised, and for each
            layer ``layers.I.weight`` (outputs, inputs) and ``layers.I.bias``.
        name: What messages call it.
    """

    def __init__(self, description: Description, tensors: Tensors, name: str = "mlp") -> None:
        self.description, self.tensors = description, dict(tensors)
        where = Where(f"{name}/{DESCRIPTION}")
        network = build(Network, description.network, where.at("network"))
        ends = list(accumulate(_size(shape, where.at("observation", key)) for key, shape in _shapes(description)))
        widths = [ends[-1], *network.hidden, description.action]
        _require_shapes(tensors, widths, f"{name}/{WEIGHTS}")
        self._parts = [
            (key, slice(*ends_of)) for key, ends_of in zip(description.observation, pairwise([0, *ends]), strict=True)
        ]
        self._input = np.empty(widths[0], np.float32)
        self._mean, self._scale = tensors[_MEAN], np.float32(1.0) / tensors[_STD]
        layers = [(tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]) for i in range(len(widths) - 1)]
        self._hidden, self._last = layers[:-1], layers[-1]
        self._activation, self._output = _FUNCTIONS[network.activation], _FUNCTIONS[network.output]

    @classmethod
    def of(
        cls, env: TaskEnv, layers: Sequence[tuple[Any, Any]], mean: Any, std: Any, *,
        activation: Literal["tanh", "relu"] = "tanh", output: Literal["tanh", "clip"] = "tanh",
        made: Mapping[str, Any] | None = None,
    ) -> MlpPolicy:  # fmt: skip
        """A policy for the task that an environment holds, from what it shows.

        Args:
            env: Whose observations were seen, in its space's order.
            layers: Weight (outputs, inputs) and bias of each.
            mean: Of each observed number.
            std: Of each observed number.
            activation: After each hidden layer.
            output: What brings the last layer's numbers into [-1, 1].
            made: How it came to be: command, seed, notes.
        """
        tensors = {_MEAN: mean, _STD: std}
        for i, (weight, bias) in enumerate(layers):
            tensors |= {f"layers.{i}.weight": weight, f"layers.{i}.bias": bias}
        network = Network(tuple(len(bias) for _, bias in layers[:-1]), activation, output)
        description = Description.of(env, "mlp", asdict(network), made or {})
        return cls(description, {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()})

    def reset(self, seed: int) -> None:
        """It remembers nothing."""

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """The action, float32."""
        numbers = self._input
        for key, part in self._parts:
            numbers[part] = observation[key]
        x: Array = (numbers - self._mean) * self._scale
        for weight, bias in self._hidden:
            x = weight @ x
            x += bias
            self._activation(x)
        x = self._last[0] @ x
        x += self._last[1]
        self._output(x)
        return x

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""
        return write_policy(Path(folder), self.description, self.tensors)


def _tanh(x: Array) -> None:
    np.tanh(x, out=x)


def _relu(x: Array) -> None:
    np.maximum(x, 0.0, out=x)


def _clip(x: Array) -> None:
    np.clip(x, -1.0, 1.0, out=x)


_FUNCTIONS: Mapping[str, Callable[[Array], None]] = {"tanh": _tanh, "relu": _relu, "clip": _clip}


def _shapes(description: Description) -> list[tuple[str, tuple[int, ...]]]:
    return list(description.observation.items())


def _size(shape: tuple[int, ...], where: Where) -> int:
    if len(shape) != 1:
        raise where.error(f"has shape {shape}, and an mlp sees rows of numbers; use another kind of policy for images")
    return shape[0]


def _require_shapes(tensors: Tensors, widths: Sequence[int], file: str) -> None:
    """Refuse weights that are not those of this network."""
    wanted: dict[str, tuple[int, ...]] = {_MEAN: (widths[0],), _STD: (widths[0],)}
    for i, (inputs, outputs) in enumerate(pairwise(widths)):
        wanted |= {f"layers.{i}.weight": (outputs, inputs), f"layers.{i}.bias": (outputs,)}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    for name in sorted({*wanted, *found}):
        if wanted.get(name) != found.get(name):
            raise SpecError(f"{file}: {name}: has shape {found.get(name, 'none')}, "
                            f"{DESCRIPTION} asks for {wanted.get(name, 'none')}")  # fmt: skip
        if tensors[name].dtype != np.float32:
            raise SpecError(f"{file}: {name}: is {tensors[name].dtype}; save the policy as float32")
