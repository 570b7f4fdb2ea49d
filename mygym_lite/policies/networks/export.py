"""Export of policies as ONNX graphs whose inputs have the names of the observations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mygym_lite.errors import ConfigError
from mygym_lite.policies.gru import RecurrentPolicy
from mygym_lite.policies.inputs import Array, get_layers
from mygym_lite.policies.metadata import PolicyMetadata
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.networks.graph import OnnxGraph
from mygym_lite.policies.networks.network import ONNX
from mygym_lite.policies.saved_policy import SavedPolicy

ACTIONS = "actions"
"""Name of the output with the action."""
_ACTIVATIONS = {"tanh": "Tanh", "relu": "Relu"}


Statistics = Mapping[str, tuple[Array, Array, float]]
"""Mean and standard deviation of observations, and the bound that they are clipped to afterwards."""


def write_onnx(policy: SavedPolicy[Any], file: Path, name: str, statistics: Statistics = MappingProxyType({})) -> None:
    """Write a policy as ONNX, with one input for each observation, and pairs ``X_in``, ``X_out`` of recurrent state.

    Args:
        policy: Perceptron or recurrent policy.
        file: File to write, ``.onnx``.
        name: Name of the policy in messages.
        statistics: Statistics by which observations are normalized before the policy.
    """
    if file.suffix != ONNX:
        raise ConfigError(f"{file}: a network is written as {ONNX}; use this suffix")
    if not isinstance(policy, MlpPolicy | RecurrentPolicy):
        raise ConfigError(
            f"policy {name}: is of the kind '{policy.metadata.kind}', and 'mlp' and 'recurrent' are exported; serve it "
            "with mygym-lite serve"
        )
    graph = OnnxGraph()
    row, size = _add_observation(graph, policy.metadata, statistics)
    add_policy = _add_mlp if isinstance(policy, MlpPolicy) else _add_recurrent
    action = add_policy(graph, policy, row, size)  # type: ignore[arg-type]
    graph.add_output(ACTIONS, action, policy.metadata.action)
    graph.write(file, policy.metadata.kind, _describe(policy.metadata))


def _describe(metadata: PolicyMetadata) -> dict[str, str]:
    return {"task": metadata.task, "robot": metadata.robot, "control": metadata.control}


def _add_observation(graph: OnnxGraph, metadata: PolicyMetadata, statistics: Statistics) -> tuple[str, int]:
    """Add an input for each observation; return their concatenation, normalized, and its size."""
    inputs = []
    for name, shape in metadata.observation.items():
        x = graph.add_input(name, shape[0])
        if name in statistics:
            mean, std, bound = statistics[name]
            x = graph.add_clip(_add_normalized(graph, x, mean, std), bound)
        inputs.append(x)
    return graph.add("Concat", *inputs, axis=1), sum(shape[0] for shape in metadata.observation.values())


def _add_mlp(graph: OnnxGraph, policy: MlpPolicy, row: str, size: int) -> str:
    config, tensors = policy.config, policy.tensors
    x = _add_history(graph, policy, row, size) if config.history > 1 else row
    features = [_add_normalized(graph, x, tensors["observation.mean"], tensors["observation.std"])]
    features += [graph.add("Tanh", graph.add("Mul", x, graph.add_constant(scale))) for scale in config.scales]
    y = graph.add("Concat", *features, axis=1)
    *hidden, last = get_layers(tensors)
    for weight, bias in hidden:
        y = graph.add(_ACTIVATIONS[config.activation], graph.add_layer(y, weight, bias))
    y = graph.add_layer(y, *last)
    action = graph.add("Tanh", y) if config.output == "tanh" else graph.add_clip(y)
    if config.history > 1:
        _add_action_history(graph, policy, action)
    return action


def _add_normalized(graph: OnnxGraph, x: str, mean: Array, std: Array) -> str:
    centred = graph.add("Sub", x, graph.add_constant(mean))
    return graph.add("Mul", centred, graph.add_constant(np.float32(1.0) / std))


def _add_history(graph: OnnxGraph, policy: MlpPolicy, row: str, size: int) -> str:
    """Add the last observations and actions; the first observation of an episode fills the history."""
    count, actions = policy.config.history, policy.config.history * policy.metadata.action
    past = graph.add_input("observations_in", count * size)
    past_actions = graph.add_input("actions_in", actions)
    started = graph.add_input("started_in", 1)
    shifted = graph.add("Concat", graph.add_slice(past, size, count * size), row, axis=1)
    repeated = graph.add("Concat", *[row] * count, axis=1)
    is_running = graph.add("Greater", started, graph.add_constant(0.5))
    observations = graph.add("Where", is_running, shifted, repeated)
    graph.add_output("observations_out", observations, count * size)
    graph.add_output("started_out", graph.add_constant([[1.0]]), 1)
    return graph.add("Concat", observations, past_actions, axis=1)


def _add_action_history(graph: OnnxGraph, policy: MlpPolicy, action: str) -> None:
    size, count = policy.metadata.action, policy.config.history * policy.metadata.action
    later = graph.add("Concat", graph.add_slice("actions_in", size, count), action, axis=1)
    graph.add_output("actions_out", later, count)


def _add_recurrent(graph: OnnxGraph, policy: RecurrentPolicy, row: str, _size: int) -> str:
    """Add a GRU; its state is the hidden state and the last action."""
    tensors, memory, size = policy.tensors, policy.config.memory, policy.metadata.action
    past, state = graph.add_input("action_in", size), graph.add_input("memory_in", memory)
    mean = np.concatenate([tensors["observation.mean"], tensors["action.mean"]])
    std = np.concatenate([tensors["observation.std"], tensors["action.std"]])
    x = _add_normalized(graph, graph.add("Concat", row, past, axis=1), mean, std)
    state = _add_cell(graph, policy, x, state)
    graph.add_output("memory_out", state, memory)
    joined = graph.add("Concat", state, x, axis=1)
    hidden = graph.add("Relu", graph.add_layer(joined, tensors["hidden.weight"], tensors["hidden.bias"]))
    y = graph.add_layer(hidden, tensors["out.weight"], tensors["out.bias"])
    scaled = graph.add("Mul", y, graph.add_constant(tensors["action.std"]))
    action = graph.add_clip(graph.add("Add", scaled, graph.add_constant(tensors["action.mean"])))
    graph.add_output("action_out", action, size)
    return action


def _add_cell(graph: OnnxGraph, policy: RecurrentPolicy, x: str, state: str) -> str:
    """Add the next hidden state of the GRU; gates in the order reset, update, new."""
    tensors, memory = policy.tensors, policy.config.memory
    from_x = graph.add_layer(x, tensors["cell.weight_ih"], tensors["cell.bias_ih"])
    from_h = graph.add_layer(state, tensors["cell.weight_hh"], tensors["cell.bias_hh"])
    gates_x, gates_h = (
        [graph.add_slice(gates, i * memory, (i + 1) * memory) for i in range(3)] for gates in (from_x, from_h)
    )
    reset, update = (graph.add("Sigmoid", graph.add("Add", gates_x[i], gates_h[i])) for i in range(2))
    new = graph.add("Tanh", graph.add("Add", gates_x[2], graph.add("Mul", reset, gates_h[2])))
    return graph.add("Add", new, graph.add("Mul", update, graph.add("Sub", state, new)))
