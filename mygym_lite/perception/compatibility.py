"""Compatibility of an estimator with an environment; a mismatch is refused in one line."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.task import Task
from mygym_lite.envs.faults.sensing import CONFIDENCE
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.targets import list_targets

_RENDERER = "raster"  # of the training images


def require_locatable(task: Task) -> None:
    """Refuse a task without anything to locate, or with a goal whose pose cannot be estimated."""
    goal, problem = task.goal, ""
    if goal is not None and goal.rpy is not None:
        problem = (
            "its goal has a rotation, and perception estimates its position only; use a task whose goal has no rpy"
        )
    elif goal is not None and goal.marker == 0.0:
        problem = "goal.marker is 0, so that the goal is invisible; give it a radius"
    elif CONFIDENCE in task.observe:
        raise ConfigError(
            f"{task.name}: '{CONFIDENCE}' is the observation that perception adds; rename observe.{CONFIDENCE}"
        )
    elif not list_targets(task):
        problem = "has neither a goal nor a loose object to locate; use another task"
    if problem:
        raise ConfigError(f"{task.name}: {problem}, or leave perception out")


def select_cameras(env: TaskEnv, estimator: PoseEstimator, cameras: Sequence[str] | None) -> tuple[str, ...]:
    """Select the cameras of an environment for an estimator; None selects all that both have."""
    metadata, renderer = estimator.metadata, env.camera_rig.renderer
    if renderer != _RENDERER:
        raise ConfigError(
            f"perception {estimator.name}: trained on images of renderer '{_RENDERER}', and this environment renders "
            f"with '{renderer}'; make it with '{_RENDERER}'"
        )
    if cameras is None:
        cameras = [name for name in metadata.cameras if name in env.cameras]
    elif isinstance(cameras, str):
        raise ConfigError(f"cameras: '{cameras}' is not a list of names; use ['{cameras}']")
    if not cameras:
        raise ConfigError(
            f"perception {estimator.name}: trained on cameras {', '.join(metadata.cameras)}; "
            f"{env.task.name} has {', '.join(env.cameras) or 'none'}"
        )
    metadata.require_compatible(env.task.name, list(list_targets(env.task).values()), cameras, estimator.name)
    return tuple(dict.fromkeys(env.camera_rig.require_camera(name) for name in cameras))
