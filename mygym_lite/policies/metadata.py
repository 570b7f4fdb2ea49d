"""What a policy wants to be shown and may do, against what an environment shows and takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import IMAGE_KINDS
from mygym_lite.envs.faults.sensing import CONFIDENCE
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, MyGymError, suggest
from mygym_lite.weights import WeightsFolder

Shapes = Mapping[str, tuple[int, ...]]


def get_observation_shapes(env: TaskEnv) -> dict[str, tuple[int, ...]]:
    """What an environment shows: the shape of each array."""
    return {name: box.shape for name, box in env.observation_space.spaces.items()}  # type: ignore[attr-defined]


def make_env(kind: type[TaskEnv], task: Task, arguments: Mapping[str, Any], policy: str) -> TaskEnv:
    """An environment that shows a policy what it asks for; what cannot be shown is refused in the policy's name."""
    try:
        return kind(task, **arguments)
    except MyGymError as error:
        raise ConfigError(f"policy {policy}: {error}") if arguments else error from None


def require_observations(env: TaskEnv, names: Collection[str], owner: str) -> None:
    """Refuse an environment that does not show all of these arrays."""
    shown = get_observation_shapes(env)
    for name in sorted({*names} - {*shown}):
        raise ConfigError(f"{owner} wants '{name}', which {env.task.name} does not show{suggest(name, shown)}")


def require_compatible_spaces(env: TaskEnv, observation: Shapes, action: tuple[int, ...], policy: str) -> None:
    """Refuse an environment that shows or takes something else than a policy was made for, and name both."""
    shown = get_observation_shapes(env)
    unlike = {name: shape for name, shape in observation.items() if not _alike(shown.get(name), shape)}
    if unlike:
        raise ConfigError(
            f"policy {policy}: wants to see {_listed(unlike)}; {env.task.name} with {env.task.robot.model} shows it "
            f"{_listed(shown)}"
        )
    if action != env.action_space.shape:
        raise ConfigError(
            f"policy {policy}: gives actions of shape {action}; {env.task.name} with {env.task.robot.model} in "
            f"{env.task.robot.control} takes {env.action_space.shape}"
        )


def build_env_arguments(observation: Shapes) -> dict[str, Any]:
    """What an environment must be made with to show arrays of these names and shapes, beyond its task's own."""
    images = {name: shape for name, shape in observation.items() if _kind(name) and len(shape) > 1}
    groups = [name for name in observation if name not in images and name != CONFIDENCE]
    if not images:
        return {}
    kinds = [kind for kind in IMAGE_KINDS if any(_kind(name) == kind for name in images)]
    sizes = {_size(shape) for shape in images.values()}
    cameras = list(dict.fromkeys(name.rpartition("_")[0] for name in images))
    return {"observe": [*groups, *kinds], "cameras": cameras, "size": sizes.pop() if len(sizes) == 1 else None}


def _kind(name: str) -> str | None:
    kind = name.rpartition("_")[2]
    return kind if kind in IMAGE_KINDS else None


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of an image, whichever way its axes are ordered."""
    height, width = shape[1:] if len(shape) == 3 and shape[0] == 3 else shape[:2]
    return width, height


def _alike(shown: tuple[int, ...] | None, wanted: tuple[int, ...]) -> bool:
    """The same, or an image whose colours come first for the policy, which turns it round by itself."""
    return shown is not None and (shown == wanted or (len(shown) == 3 and (shown[2], *shown[:2]) == wanted))


def _listed(shapes: Shapes) -> str:
    return ", ".join(f"'{name}' of shape {shape}" for name, shape in shapes.items()) or "nothing"


METADATA_FILE = "policy.json"
_POLICY = WeightsFolder(
    METADATA_FILE, "a saved policy is a folder with this file", "save the policy again, or copy it again"
)
Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class PolicyMetadata:
    """What ``policy.json`` says.

    Args:
        kind: Of network.
        task: Which the policy was made for.
        robot: Which it moves.
        control: What its actions mean.
        observation: The arrays it sees, with their shapes, in the order in which it takes them.
        action: How many numbers it gives.
        network: What this kind of network needs to know beside its weights.
        provenance: How it came to be: command, seed, notes.
    """

    kind: str
    task: str
    robot: str
    control: str
    observation: dict[str, tuple[int, ...]]
    action: int
    network: dict[str, object]
    provenance: dict[str, object] = field(default_factory=dict)

    @classmethod
    def for_env(
        cls, env: TaskEnv, kind: str, network: Mapping[str, Any], provenance: Mapping[str, Any]
    ) -> PolicyMetadata:
        """Of a policy that was made in this environment."""
        robot, action = env.task.robot, env.action_space.shape[0]  # type: ignore[index]
        return cls(
            kind,
            env.task.name,
            robot.model,
            robot.control,
            get_observation_shapes(env),
            action,
            dict(network),
            dict(provenance),
        )

    def require_compatible(self, env: TaskEnv, policy: str) -> None:
        """Refuse an environment that this policy was not made for."""
        robot = env.task.robot
        for what, wanted, found in (
            ("task", self.task, env.task.name),
            ("robot", self.robot, robot.model),
            ("control", self.control, robot.control),
        ):
            if wanted != found:
                raise ConfigError(f"policy {policy}: was made for {what} '{wanted}', not for '{found}'")
        require_compatible_spaces(env, self.observation, (self.action,), policy)


def read_metadata(folder: Path) -> PolicyMetadata:
    """Read ``policy.json``."""
    return _POLICY.read_metadata(folder, PolicyMetadata)


def read_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read ``weights.safetensors``."""
    return _POLICY.read_weights(folder)


def write_policy(folder: Path, metadata: PolicyMetadata, tensors: Tensors) -> Path:
    """Write both files; a folder that holds a policy already is overwritten."""
    return _POLICY.write(folder, metadata, tensors)
