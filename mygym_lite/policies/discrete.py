"""Q-network over a table of discrete actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.policies.inputs import Array, InputLayout, TensorShapes, build_layer_shapes, get_layers, name_layers
from mygym_lite.policies.metadata import PolicyMetadata, Shapes
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.schema import Location

_TABLE = "action_table"


@dataclass(frozen=True)
class DiscretePolicyConfig:
    """Sizes of the network.

    Args:
        hidden: Width of each hidden layer, with a ReLU after each.
        num_actions: Rows of the action table.
    """

    hidden: tuple[int, ...]
    num_actions: int


class DiscretePolicy(SavedPolicy[DiscretePolicyConfig]):
    """Perceptron that estimates the Q-value of each action of a table, and takes the best one.

    Its tensors are ``action_table``, one action per row, and for each layer ``layers.I.weight`` (outputs, inputs) and
    ``layers.I.bias``; the last layer gives the Q-values.
    """

    config_class = DiscretePolicyConfig

    @classmethod
    def from_layers(
        cls,
        env: TaskEnv,
        layers: Sequence[tuple[Any, Any]],
        action_table: Array,
        provenance: Mapping[str, Any] | None = None,
        observation: Shapes | None = None,
    ) -> DiscretePolicy:
        """Make a policy for the task and the observations of an environment.

        Args:
            env: Environment that the policy was trained in.
            layers: Weight (outputs, inputs) and bias of each layer.
            action_table: One action per row.
            provenance: Origin of the policy: command, seed, notes.
            observation: Shapes of the inputs; those of the environment if None.
        """
        config = DiscretePolicyConfig(tuple(len(bias) for _, bias in layers[:-1]), len(action_table))
        metadata = PolicyMetadata.for_env(env, "discrete", asdict(config), provenance or {}, observation)
        return cls(metadata, {_TABLE: np.asarray(action_table, np.float32), **name_layers(layers)})

    def build_network(self, location: Location) -> TensorShapes:
        """Lay out the input."""
        self._inputs = InputLayout(self.metadata, location)
        self._row = np.empty(self._inputs.size, np.float32)
        layers = build_layer_shapes([self._inputs.size, *self.config.hidden, self.config.num_actions])
        return {_TABLE: (self.config.num_actions, self.metadata.action), **layers}

    def load_tensors(self) -> None:
        """Separate hidden layers and output layer."""
        *self._hidden, self._last = get_layers(self.tensors)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action with the highest Q-value, float32."""
        self._inputs.write(observation, self._row)
        x: Array = self._row
        for weight, bias in self._hidden:
            x = np.maximum(weight @ x + bias, 0.0)
        weight, bias = self._last
        action: Array = self.tensors[_TABLE][int(np.argmax(weight @ x + bias))].copy()
        return action
