"""Whether trained perception fits an environment: what does not is refused in one line."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.task import Task
from mygym_lite.envs.faults.sensing import CONFIDENCE
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.targets import list_targets

_RENDERER = "raster"  # which has drawn the pictures from which they learned


def require_locatable(task: Task) -> None:
    """Refuse a task of which nothing can be located."""
    goal = task.goal
    if goal is not None and goal.rpy is not None:
        raise ConfigError(f"{task.name}: its goal is turned, and cameras tell only where a goal is; use a task whose "
                        "goal has no rpy, or leave perception out")  # fmt: skip
    if goal is not None and goal.marker == 0.0:
        raise ConfigError(f"{task.name}: goal.marker is 0, so that no camera sees the goal; give it a radius, or leave "
                        "perception out")  # fmt: skip
    if CONFIDENCE in task.observe:
        raise ConfigError(f"{task.name}: perception tells how sure it is as '{CONFIDENCE}'; rename "
                        f"observe.{CONFIDENCE}")  # fmt: skip
    if not list_targets(task):
        raise ConfigError(f"{task.name}: has neither a goal nor a loose object, so there is nothing to look for; leave "
                        "perception out")  # fmt: skip


def select_cameras(env: TaskEnv, estimator: PoseEstimator, cameras: Sequence[str] | None) -> tuple[str, ...]:
    """The cameras to look through, if these eyes fit the environment."""
    if env.camera_rig.renderer != _RENDERER:
        raise ConfigError(f"perception {estimator.name}: learned from pictures of renderer '{_RENDERER}', and this "
                        f"environment draws with '{env.camera_rig.renderer}'; make it with '{_RENDERER}'")  # fmt: skip
    if cameras is None:
        cameras = [name for name in estimator.metadata.cameras if name in env.cameras]
    elif isinstance(cameras, str):
        raise ConfigError(f"cameras: is '{cameras}', not a list of names; use ['{cameras}']")
    if not cameras:
        raise ConfigError(
            f"perception {estimator.name}: learned to look through {', '.join(estimator.metadata.cameras)}; "
            f"{env.task.name} has {', '.join(env.cameras) or 'no camera'}"
        )
    estimator.metadata.require_compatible(env.task.name, list(list_targets(env.task).values()), cameras, estimator.name)
    return tuple(dict.fromkeys(env.camera_rig.require_camera(name) for name in cameras))
