"""Flow matching policy (arXiv 2210.02747, 2209.03003), in NumPy: it samples chunks of actions.

A multilayer perceptron, conditioned on the observation, predicts the velocity that carries Gaussian noise at time 0 to
a chunk of actions at time 1 along straight lines (rectified flow). The noise is drawn from a stream of the episode's
seed: an episode is the same in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.policies.chunk_execution import ChunkExecution
from mygym_lite.policies.history import HistoryBuffer
from mygym_lite.policies.inputs import Array, InputLayout, TensorShapes, build_layer_shapes, get_layers
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.rng import make_stream
from mygym_lite.schema import Location

TIME_FREQUENCIES: Array = (np.pi * 2.0 ** np.arange(6)).astype(np.float32)
"""Angular frequencies of the sines and cosines of time, which follow the chunk in the input."""


@dataclass(frozen=True)
class FlowMatchingPolicyConfig:
    """Layers of the perceptron, integration of the flow, and execution of its chunks.

    Args:
        hidden: Width of each hidden layer.
        horizon: Actions per chunk, the present one included.
        integration_steps: Euler steps from noise to actions.
        history: Number of observations and own actions in the input, as in ``HistoryBuffer``.
        decay: Decay of the ensembling weights, as in ``ChunkExecution``.
        execute: Actions executed per chunk; 0 for temporal ensembling at every step.
    """

    hidden: tuple[int, ...]
    horizon: int
    integration_steps: int = 10
    history: int = 1
    decay: float = 0.01
    execute: int = 0


def integrate_flow(compute_velocity: Callable[[Array, float], Array], noise: Array, steps: int) -> Array:
    """Carry noise to actions with Euler's method.

    Args:
        compute_velocity: Velocity as a function of a point of the flow and of time, from 0 to 1.
        noise: Point of the flow at time 0.
        steps: Number of steps.
    """
    actions = noise
    for step in range(steps):
        actions = actions + compute_velocity(actions, step / steps) / np.float32(steps)
    return actions


class FlowMatchingPolicy(SavedPolicy[FlowMatchingPolicyConfig]):
    """Policy that samples chunks of actions, and ensembles overlapping ones or executes their first actions.

    Its tensors are ``observation.mean`` and ``observation.std`` of observations and history; ``action.mean`` and
    ``action.std``; and for each layer ``layers.I.weight`` (outputs, inputs) and ``layers.I.bias``. The input is the
    history, the noisy chunk and the sines and cosines of time; SiLU follows each hidden layer.
    """

    config_class = FlowMatchingPolicyConfig

    def build_network(self, location: Location) -> TensorShapes:
        """Lay out the history buffer and the layers."""
        config, outputs = self.config, self.metadata.action
        self._execution = ChunkExecution(config.horizon, config.decay, config.execute)
        _validate(config, self._execution, location.at("network"))
        self._inputs = InputLayout(self.metadata, location)
        self._observation = np.empty(self._inputs.size, np.float32)
        self._history = HistoryBuffer(config.history, self._inputs.size, outputs)
        size, chunk = len(self._history.row), config.horizon * outputs
        normalized = {"observation": (size,), "action": (outputs,)}
        shapes = {f"{name}.{moment}": shape for name, shape in normalized.items() for moment in ("mean", "std")}
        return shapes | build_layer_shapes([size + chunk + 2 * len(TIME_FREQUENCIES), *config.hidden, chunk])

    def load_tensors(self) -> None:
        """Separate the weights of the observation, which is the same in all steps, and begin an episode."""
        (weight, self._first_bias), *self._layers = get_layers(self.tensors)
        parts = np.split(weight, [len(self._history.row)], axis=1)
        self._observation_weight, self._flow_weight = (np.ascontiguousarray(part) for part in parts)
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Clear history and predictions, and start the stream of noise of this episode."""
        self._history.clear()
        self._execution.clear()
        self._rng = make_stream(seed, "policy/flow_matching")

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
        self._inputs.write(observation, self._observation)
        self._history.add_observation(self._observation)
        action = self._execution.select_action(lambda: self.sample_chunk(self._history.row))
        self._history.add_action(action)
        return action

    def sample_chunk(self, row: Array) -> Array:
        """Sample the actions from the present step on (horizon, outputs)."""
        tensors, config, outputs = self.tensors, self.config, self.metadata.action
        x = (row - tensors["observation.mean"]) / tensors["observation.std"]
        condition = self._observation_weight @ x + self._first_bias
        noise = self._rng.standard_normal(config.horizon * outputs, np.float32)
        chunk = integrate_flow(
            lambda actions, time: self._compute_velocity(condition, actions, time), noise, config.integration_steps
        ).reshape(config.horizon, outputs)
        actions: Array = np.clip(chunk * tensors["action.std"] + tensors["action.mean"], -1.0, 1.0)
        return actions

    def _compute_velocity(self, condition: Array, actions: Array, time: float) -> Array:
        """Compute the velocity of normalised actions, from the first layer's response to the observation."""
        angles = TIME_FREQUENCIES * np.float32(time)
        x: Array = condition + self._flow_weight @ np.concatenate([actions, np.sin(angles), np.cos(angles)])
        for weight, bias in self._layers:
            x = weight @ _apply_silu(x) + bias
        return x


def _apply_silu(x: Array) -> Array:
    half = np.float32(0.5)
    y: Array = half * x * (np.tanh(half * x) + np.float32(1.0))  # never overflows
    return y


def _validate(config: FlowMatchingPolicyConfig, execution: ChunkExecution, location: Location) -> None:
    """Refuse a configuration that no chunk can be sampled with."""
    execution.validate(location)
    if not config.hidden:
        raise location.at("hidden").error("is empty; give the width of 1 layer or more")
    for name in ("horizon", "integration_steps", "history"):
        if (value := getattr(config, name)) < 1:
            raise location.at(name).error(f"is {value}; use 1 or more")
