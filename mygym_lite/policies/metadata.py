"""Metadata of saved policies, and the compatibility check between a policy and an environment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.cameras import IMAGE_KINDS
from mygym_lite.envs.entry_observations import PRESENCE, list_entries
from mygym_lite.envs.faults.sensing import CONFIDENCE
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, MyGymError, suggest
from mygym_lite.terms import bind_terms
from mygym_lite.weights import WeightsFolder

Shapes = Mapping[str, tuple[int, ...]]


def get_observation_shapes(env: TaskEnv) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array that an environment observes."""
    return {name: box.shape for name, box in env.observation_space.spaces.items()}  # type: ignore[attr-defined]


def make_env(kind: type[TaskEnv], task: Task, arguments: Mapping[str, Any], policy: str) -> TaskEnv:
    """Make an environment with the observations of a policy; errors about them name the policy."""
    try:
        return kind(task, **arguments)
    except MyGymError as error:
        raise ConfigError(f"policy {policy}: {error}") if arguments else error from None


def require_observations(env: TaskEnv, names: Collection[str], owner: str) -> None:
    """Refuse an environment that does not observe all of these arrays."""
    shapes = get_observation_shapes(env)
    for name in sorted({*names} - {*shapes}):
        raise ConfigError(f"{owner} wants '{name}', which {env.task.name} does not show{suggest(name, shapes)}")


def require_compatible_spaces(env: TaskEnv, observation: Shapes, action: tuple[int, ...], policy: str) -> None:
    """Refuse an environment with other observations or actions than the policy was made for, and name both."""
    shapes = get_observation_shapes(env)
    different = {name: shape for name, shape in observation.items() if not _match_shape(shapes.get(name), shape)}
    if different:
        raise ConfigError(
            f"policy {policy}: wants to see {_format_shapes(different)}; {env.task.name} with {env.task.robot.model} "
            f"shows it {_format_shapes(shapes)}"
        )
    if action != env.action_space.shape:
        raise ConfigError(
            f"policy {policy}: gives actions of shape {action}; {env.task.name} with {env.task.robot.model} in "
            f"{env.task.robot.control} takes {env.action_space.shape}"
        )


def build_env_arguments(observation: Shapes) -> dict[str, Any]:
    """Build the arguments of an environment that observes these arrays; empty if they are groups of numbers alone."""
    images = {name: shape for name, shape in observation.items() if _get_image_kind(name) and len(shape) > 1}
    groups = [name for name in observation if name not in images and name != CONFIDENCE]
    if not images:
        return {"observe": groups} if INSTRUCTION in groups else {}
    kinds = [kind for kind in IMAGE_KINDS if any(_get_image_kind(name) == kind for name in images)]
    sizes = {_get_image_size(shape) for shape in images.values()}
    cameras = list(dict.fromkeys(name.rpartition("_")[0] for name in images))
    return {"observe": [*groups, *kinds], "cameras": cameras, "size": sizes.pop() if len(sizes) == 1 else None}


def _list_spaces(control: str, observation: Shapes, action: int) -> dict[str, object]:
    """List the spaces of a policy or a training by the names that an error gives them."""
    observed = {f"observation '{name}'": tuple(shape) for name, shape in observation.items()}
    return {"control mode": f"'{control}'", **observed, "size of an action": action}


def _get_image_kind(name: str) -> str | None:
    kind = name.rpartition("_")[2]
    return kind if kind in IMAGE_KINDS else None


def _get_image_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return width and height of an image, channels first or last."""
    height, width = shape[1:] if len(shape) == 3 and shape[0] == 3 else shape[:2]
    return width, height


def _match_shape(shape: tuple[int, ...] | None, expected: tuple[int, ...]) -> bool:
    """Compare two shapes; an image also matches with its channels first, since such a policy transposes it itself."""
    return shape is not None and (shape == expected or (len(shape) == 3 and (shape[2], *shape[:2]) == expected))


def _format_shapes(shapes: Shapes) -> str:
    return ", ".join(f"'{name}' of shape {shape}" for name, shape in shapes.items()) or "nothing"


METADATA_FILE = "policy.json"
_POLICY = WeightsFolder(
    METADATA_FILE, "a saved policy is a folder with this file", "save the policy again, or copy it again"
)
Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class PolicyMetadata:
    """Contents of ``policy.json``.

    Args:
        kind: Kind of policy, see ``saved.POLICY_KINDS``.
        task: Task that the policy was made for; the first one of several.
        robot: Model of the robot.
        control: Control mode, which gives the actions their meaning.
        observation: Observed arrays and their shapes, in the order of the network's input.
        action: Size of an action.
        network: Configuration of the network, apart from its weights.
        provenance: Origin of the policy: command, seed, notes.
        tasks: All tasks that a multi-task policy was made for; none otherwise.
    """

    kind: str
    task: str
    robot: str
    control: str
    observation: dict[str, tuple[int, ...]]
    action: int
    network: dict[str, object]
    provenance: dict[str, object] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()

    @classmethod
    def for_env(
        cls,
        env: TaskEnv,
        kind: str,
        network: Mapping[str, Any],
        provenance: Mapping[str, Any],
        observation: Shapes | None = None,
        tasks: Sequence[str] = (),
    ) -> PolicyMetadata:
        """Describe a policy that was made in this environment, whose whole observation it reads by default."""
        robot, action = env.task.robot, env.action_space.shape[0]  # type: ignore[index]
        return cls(
            kind=kind,
            task=env.task.name,
            robot=robot.model,
            control=robot.control,
            observation=get_observation_shapes(env) if observation is None else dict(observation),
            action=action,
            network=dict(network),
            provenance=dict(provenance),
            tasks=tuple(tasks),
        )

    @property
    def perception(self) -> str | None:
        """Trained perception whose estimates the policy observes, by the name or folder that its training was given."""
        if CONFIDENCE not in self.observation:
            return None
        observation = self.provenance.get("observation")  # of imitation
        name = (observation if isinstance(observation, Mapping) else self.provenance).get("perception")
        return None if name is None else str(name)

    def require_compatible(self, env: TaskEnv, policy: str) -> None:
        """Refuse an environment that this policy was not made for; a multi-task policy needs the same entries alone."""
        robot = env.task.robot
        for name, own, other in (
            ("task", env.task.name if self.tasks else self.task, env.task.name),
            ("robot", self.robot, robot.model),
            ("control", self.control, robot.control),
        ):
            if own != other:
                raise ConfigError(f"policy {policy}: was made for {name} '{own}', not for '{other}'")
        if self.tasks:
            self._require_entries(env, policy)
        require_compatible_spaces(env, self.observation, (self.action,), policy)

    def _require_entries(self, env: TaskEnv, policy: str) -> None:
        """Refuse an environment that observes no entries, and a task with others than those of the policy."""
        task = env.task.name
        if PRESENCE not in get_observation_shapes(env):
            raise ConfigError(
                f"policy {policy}: observes the entries of several tasks; make its environment by "
                f"TaskEnv('{task}', **find_policy('{policy}').get_env_arguments())"
            )
        own = list_entries(bind_terms(env.task).observe, env.state)
        lacking = next((name for name in own if name not in self.observation), None)
        if lacking is not None:
            raise ConfigError(
                f"policy {policy}: lacks '{lacking}', which {task} observes; it was made for "
                f"{', '.join(self.tasks)}, and acts on other tasks with the entries of these"
            )

    def require_same_spaces(self, env: TaskEnv, observation: Shapes, policy: str) -> None:
        """Refuse to train on in an environment with other spaces, and name the first difference.

        Args:
            env: Environment of the training.
            observation: Shapes of the arrays that the training observes.
            policy: Name of the policy in the message.
        """
        own = _list_spaces(self.control, self.observation, self.action)
        action: int = env.action_space.shape[0]  # type: ignore[index]
        other = _list_spaces(env.task.robot.control, observation, action)
        different = next((name for name in [*own, *other] if own.get(name) != other.get(name)), None)
        if different is not None:
            raise ConfigError(
                f"start {policy}: {different} is {own.get(different, 'missing')} there, and "
                f"{other.get(different, 'missing')} in {env.task.name} with {env.task.robot.model}; start from a "
                "policy with the same observations, actions and control mode"
            )


def read_metadata(folder: Path) -> PolicyMetadata:
    """Read ``policy.json``."""
    return _POLICY.read_metadata(folder, PolicyMetadata)


def read_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read ``weights.safetensors``."""
    return _POLICY.read_weights(folder)


def write_policy(folder: Path, metadata: PolicyMetadata, tensors: Tensors) -> Path:
    """Write both files; an existing policy is overwritten."""
    return _POLICY.write(folder, metadata, tensors)
