"""From a network that was fitted to a policy that can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.imitate.fit import Net
from mygym_lite.learning.mlp import MlpPolicy


def student(env: TaskEnv, net: Net, made: Mapping[str, Any] | None = None) -> MlpPolicy:
    """The policy of a network; how actions were normalised becomes part of its last layer.

    Args:
        env: In which it was shown what to do.
        net: Between normalised numbers.
        made: How it came to be.
    """
    layers = [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in net.linear()]
    (weight, bias), mean, std = layers[-1], net.outputs.mean, net.outputs.std
    layers[-1] = (std[:, None] * weight, std * bias + mean)
    copies = [(np.array(weight), np.array(bias)) for weight, bias in layers]
    return MlpPolicy.of(env, copies, net.inputs.mean, net.inputs.std, activation="relu", output="clip", made=made)
