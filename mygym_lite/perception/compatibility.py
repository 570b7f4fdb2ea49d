"""Whether trained perception fits an environment: what does not is refused in one line."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.task import Task
from mygym_lite.envs.faults.sensing import CONFIDENCE
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError
from mygym_lite.perception.estimator import Eyes
from mygym_lite.perception.targets import wanted

_RENDERER = "raster"  # which has drawn the pictures from which they learned


def require_seen(task: Task) -> None:
    """Refuse a task of which nothing can be located."""
    goal = task.goal
    if goal is not None and goal.rpy is not None:
        raise SpecError(f"{task.name}: its goal is turned, and cameras tell only where a goal is; use a task whose "
                        "goal has no rpy, or leave perception out")  # fmt: skip
    if goal is not None and goal.marker == 0.0:
        raise SpecError(f"{task.name}: goal.marker is 0, so that no camera sees the goal; give it a radius, or leave "
                        "perception out")  # fmt: skip
    if CONFIDENCE in task.observe:
        raise SpecError(f"{task.name}: perception tells how sure it is as '{CONFIDENCE}'; rename "
                        f"observe.{CONFIDENCE}")  # fmt: skip
    if not wanted(task):
        raise SpecError(f"{task.name}: has neither a goal nor a loose object, so there is nothing to look for; leave "
                        "perception out")  # fmt: skip


def chosen_cameras(env: TaskEnv, eyes: Eyes, cameras: Sequence[str] | None) -> tuple[str, ...]:
    """The cameras to look through, if these eyes fit the environment."""
    if env.pictures.renderer != _RENDERER:
        raise SpecError(f"perception {eyes.name}: learned from pictures of renderer '{_RENDERER}', and this "
                        f"environment draws with '{env.pictures.renderer}'; make it with '{_RENDERER}'")  # fmt: skip
    if cameras is None:
        cameras = [name for name in eyes.card.cameras if name in env.cameras]
    elif isinstance(cameras, str):
        raise SpecError(f"cameras: is '{cameras}', not a list of names; use ['{cameras}']")
    if not cameras:
        raise SpecError(f"perception {eyes.name}: learned to look through {', '.join(eyes.card.cameras)}; "
                        f"{env.task.name} has {', '.join(env.cameras) or 'no camera'}")  # fmt: skip
    eyes.card.require_fit(env.task.name, list(wanted(env.task).values()), cameras, eyes.name)
    return tuple(dict.fromkeys(env.pictures.require(name) for name in cameras))
