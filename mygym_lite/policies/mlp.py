"""Multilayer perceptron over state vectors, in NumPy: for a single observation, torch takes several times as long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.history import HistoryBuffer
from mygym_lite.policies.inputs import Array, InputLayout, TensorShapes, build_layer_shapes, get_layers, name_layers
from mygym_lite.policies.metadata import PolicyMetadata, Shapes
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.schema import Location

_MEAN, _STD = "observation.mean", "observation.std"


@dataclass(frozen=True)
class MlpPolicyConfig:
    """Layers and history of the perceptron.

    With a ``history`` of more than 1, the input is the last ``history`` observations, oldest first and padded with the
    first one of the episode, followed by as many of the policy's own last actions, padded with zeros.

    Args:
        hidden: Width of each hidden layer.
        activation: Activation after each hidden layer.
        output: Function that maps the last layer into [-1, 1].
        history: Number of observations.
        scales: Factors s of the features tanh(s x) of the input x, which follow the normalised input. They resolve
            small values of an observed offset, the last millimetres before a contact, and saturate beyond.
    """

    hidden: tuple[int, ...]
    activation: Literal["tanh", "relu"] = "tanh"
    output: Literal["tanh", "clip"] = "tanh"
    history: int = 1
    scales: tuple[float, ...] = ()


class MlpPolicy(SavedPolicy[MlpPolicyConfig]):
    """Perceptron over the present observation, or over a short history of observations and actions.

    Its tensors are ``observation.mean`` and ``observation.std``, which normalise the input, and for each layer
    ``layers.I.weight`` (outputs, inputs) and ``layers.I.bias``.
    """

    config_class = MlpPolicyConfig

    @classmethod
    def from_layers(
        cls,
        env: TaskEnv,
        layers: Sequence[tuple[Any, Any]],
        mean: Any,
        std: Any,
        *,
        activation: Literal["tanh", "relu"] = "tanh",
        output: Literal["tanh", "clip"] = "tanh",
        history: int = 1,
        scales: Sequence[float] = (),
        provenance: Mapping[str, Any] | None = None,
        observation: Shapes | None = None,
    ) -> MlpPolicy:
        """Make a policy for the task and the observations of an environment.

        Args:
            env: Environment that the policy was trained in.
            layers: Weight (outputs, inputs) and bias of each layer.
            mean: Mean of each input.
            std: Standard deviation of each input.
            activation: Activation after each hidden layer.
            output: Function that maps the last layer into [-1, 1].
            history: Number of observations and actions in the input.
            scales: Factors of the saturating features.
            provenance: Origin of the policy: command, seed, notes.
            observation: Shapes of the inputs; those of the environment if None.
        """
        config = MlpPolicyConfig(
            tuple(len(bias) for _, bias in layers[:-1]), activation, output, history, tuple(scales)
        )
        metadata = PolicyMetadata.for_env(env, "mlp", config_to_dict(config), provenance or {}, observation)
        return cls(metadata, build_tensors(layers, mean, std))

    def build_network(self, location: Location) -> TensorShapes:
        """Lay out the history buffer."""
        if self.config.history < 1:
            count = self.config.history
            raise location.at("network", "history").error(f"is {count}; a policy sees 1 observation or more")
        self._inputs = InputLayout(self.metadata, location)
        self._row = np.empty(self._inputs.size, np.float32)
        self._history = HistoryBuffer(self.config.history, self._inputs.size, self.metadata.action)
        size, features = len(self._history.row), 1 + len(self.config.scales)
        layers = build_layer_shapes([features * size, *self.config.hidden, self.metadata.action])
        return {_MEAN: (size,), _STD: (size,), **layers}

    def load_tensors(self) -> None:
        """Separate hidden layers and output layer."""
        self._mean, self._scale = self.tensors[_MEAN], np.float32(1.0) / self.tensors[_STD]
        *self._hidden, self._last = get_layers(self.tensors)
        self._activation, self._output = _FUNCTIONS[self.config.activation], _FUNCTIONS[self.config.output]

    def reset(self, _seed: int) -> None:
        """Clear the history."""
        self._history.clear()

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
        history = self._history
        self._inputs.write(observation, self._row)
        history.add_observation(self._row)
        normalized: Array = (history.row - self._mean) * self._scale
        x = append_saturated(normalized, history.row, self.config.scales)
        for weight, bias in self._hidden:
            x = weight @ x
            x += bias
            self._activation(x)
        x = self._last[0] @ x
        x += self._last[1]
        self._output(x)
        history.add_action(x)
        return x


def append_saturated(normalized: Array, x: Array, scales: Sequence[float]) -> Array:
    """Append tanh(s x) for each scale s to the normalised input."""
    return np.concatenate([normalized, *(np.tanh(np.float32(scale) * x) for scale in scales)]) if scales else normalized


def _apply_tanh(x: Array) -> None:
    np.tanh(x, out=x)


def _apply_relu(x: Array) -> None:
    np.maximum(x, 0.0, out=x)


def _clip(x: Array) -> None:
    np.clip(x, -1.0, 1.0, out=x)


_FUNCTIONS: Mapping[str, Callable[[Array], None]] = {"tanh": _apply_tanh, "relu": _apply_relu, "clip": _clip}


def config_to_dict(config: MlpPolicyConfig) -> dict[str, Any]:
    """Convert a configuration for ``policy.json``; a history of 1 and no scales are left out."""
    defaults = {"history": 1, "scales": ()}
    return {name: value for name, value in asdict(config).items() if value != defaults.get(name)}


def build_tensors(layers: Sequence[tuple[Any, Any]], mean: Any, std: Any) -> dict[str, Array]:
    """Name the tensors as they are saved."""
    normalizer = {_MEAN: np.asarray(mean, np.float32), _STD: np.asarray(std, np.float32)}
    return {**normalizer, **name_layers(layers)}
