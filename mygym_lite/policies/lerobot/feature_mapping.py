"""Observations of a task under the names of LeRobot's features."""

from __future__ import annotations

import numpy as np

from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.policies.lerobot.checkpoint import LeRobotCheckpoint
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.policies.remote.mapping import ActionMapping, RemoteMapping

STATE, ENVIRONMENT, IMAGES = "observation.state", "observation.environment_state", "observation.images."
_PROPRIO = "proprio"
_PROMPT = "{instruction}"
_REMEDY = "name its observations in a --remote-mapping"


def build_mapping(checkpoint: LeRobotCheckpoint, env: TaskEnv | None = None) -> RemoteMapping:
    """Build the mapping of a checkpoint whose features have the names of our datasets.

    ``observation.state`` is ``proprio``. Without images, ``observation.environment_state`` joins all other groups of
    the task in alphabetical order. LeRobot's policies ignore other vectors.

    Args:
        checkpoint: Checkpoint.
        env: Environment whose groups are joined; the groups of images and state alone if left out.
    """
    observation: dict[str, object] = {STATE: _PROPRIO} if STATE in checkpoint.sizes else {}
    for name, size in checkpoint.images.items():
        observation[name] = {"camera": _get_camera(checkpoint, name), "size": list(size)}
    if ENVIRONMENT in checkpoint.sizes and checkpoint.images:
        raise ConfigError(f"policy {checkpoint.name}: wants {ENVIRONMENT} beside images; {_REMEDY}")
    if ENVIRONMENT in checkpoint.sizes and env is not None:
        observation[ENVIRONMENT] = sorted({*env.task.observe} - {_PROPRIO, INSTRUCTION})
    try:
        return RemoteMapping(observation, prompt=_PROMPT, action=ActionMapping(clip=True))
    except ValueError as error:
        raise ConfigError(f"policy {checkpoint.name}: {error}") from error


def _get_camera(checkpoint: LeRobotCheckpoint, name: str) -> str:
    if not name.startswith(IMAGES):
        raise ConfigError(f"policy {checkpoint.name}: its image '{name}' names no camera; {_REMEDY}")
    return name.removeprefix(IMAGES)


def require_fitting(checkpoint: LeRobotCheckpoint, mapping: RemoteMapping, env: TaskEnv) -> None:
    """Refuse an environment whose observations or actions have other sizes than those of the training."""
    inputs = _measure_inputs(mapping, env)
    wanted = {name: size for name, size in checkpoint.sizes.items() if name in (STATE, ENVIRONMENT)}
    for name in [*wanted, *checkpoint.images]:
        if name not in inputs:
            raise ConfigError(f"policy {checkpoint.name}: wants '{name}', which the mapping does not give; add it")
    for name, size in wanted.items():
        if inputs[name] != size:
            raise ConfigError(
                f"policy {checkpoint.name}: wants {size} numbers as {name}, and {env.task.name} with "
                f"{env.task.robot.model} shows {inputs[name]}; use the task and robot of its training, or {_REMEDY}"
            )
    given = checkpoint.action_size if mapping.action.order is None else len(mapping.action.order)
    taken: int = env.action_space.shape[0]  # type: ignore[index]
    if given != taken:
        raise ConfigError(
            f"policy {checkpoint.name}: gives {given} numbers as action, and {env.task.name} with "
            f"{env.task.robot.model} in {env.task.robot.control} takes {taken}; use the task, --robot and --control of "
            "its training"
        )


def _measure_inputs(mapping: RemoteMapping, env: TaskEnv) -> dict[str, int]:
    """Measure the inputs that a mapping gives to the policy."""
    observation = {name: np.zeros(shape, np.float32) for name, shape in get_observation_shapes(env).items()}
    message = mapping.build_message(observation, "")
    return {name: value.size for name, value in message.items() if isinstance(value, np.ndarray)}
