"""A saved policy's folder: ``policy.json``, which says what the policy is for, and ``weights.safetensors``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError
from mygym_lite.learning.shown import require_fit, shapes_of
from mygym_lite.trained import Trained

DESCRIPTION = "policy.json"
_POLICY = Trained(DESCRIPTION, "a saved policy is a folder with this file", "save the policy again, or copy it again")
Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Description:
    """What ``policy.json`` says.

    Args:
        kind: Of network.
        task: Which the policy was made for.
        robot: Which it moves.
        control: What its actions mean.
        observation: The arrays it sees, with their shapes, in the order in which it takes them.
        action: How many numbers it gives.
        network: What this kind of network needs to know beside its weights.
        made: How it came to be: command, seed, notes.
    """

    kind: str
    task: str
    robot: str
    control: str
    observation: dict[str, tuple[int, ...]]
    action: int
    network: dict[str, object]
    made: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, env: TaskEnv, kind: str, network: Mapping[str, Any], made: Mapping[str, Any]) -> Description:
        """Of a policy that was made in this environment."""
        robot, action = env.task.robot, env.action_space.shape[0]  # type: ignore[index]
        return cls(kind, env.task.name, robot.model, robot.control, shapes_of(env), action, dict(network), dict(made))

    def require_fit(self, env: TaskEnv, policy: str) -> None:
        """Refuse an environment that this policy was not made for."""
        robot = env.task.robot
        for what, wanted, found in (
            ("task", self.task, env.task.name),
            ("robot", self.robot, robot.model),
            ("control", self.control, robot.control),
        ):
            if wanted != found:
                raise SpecError(f"policy {policy}: was made for {what} '{wanted}', not for '{found}'")
        require_fit(env, self.observation, (self.action,), policy)


def read_description(folder: Path) -> Description:
    """Read ``policy.json``."""
    return _POLICY.read_card(folder, Description)


def read_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read ``weights.safetensors``."""
    return _POLICY.read_weights(folder)


def write_policy(folder: Path, description: Description, tensors: Tensors) -> Path:
    """Write both files; a folder that holds a policy already is overwritten."""
    return _POLICY.write(folder, description, tensors)
