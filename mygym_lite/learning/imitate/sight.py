"""Through what a learner sees its task, and the environment that shows it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.view import View
from mygym_lite.spec.task import Task
from mygym_lite.terms import load_task


@dataclass(frozen=True)
class Sight:
    """Through what it sees, where it is not told the truth.

    Args:
        cameras: Through which it sees pictures; of numbers it then gets only what the robot knows of itself.
        size: Width and height of the pictures, px.
        perceive: Trained perception, which tells where things are: shipped, or a folder.
    """

    cameras: tuple[str, ...] = ()
    size: tuple[int, int] = (128, 128)
    perceive: str | None = None

    def __post_init__(self) -> None:
        """Refuse both at once."""
        if self.cameras and self.perceive:
            raise UsageError("imitation: who sees pictures is not told what is found in them; give pixels or perceive")

    def view(self, task: Task) -> View:
        """The pictures that matter to it."""
        cameras = tuple(task.cameras) if self.perceive else self.cameras
        return View.through(cameras, "rgb") if cameras else View()


TOLD = Sight()
"""It sees the numbers that the task shows, which are true."""


def environment(
    task: str | Path | Task, randomization: str | Path | None, settings: Sequence[str], sight: Sight
) -> TaskEnv:  # fmt: skip
    """The environment as the learner sees it, with what it is told besides."""
    known = load_task(task)
    pictures: dict[str, Any] = {}
    if sight.cameras:
        pictures = {"observe": [*known.observe, "rgb"], "cameras": sight.cameras, "size": sight.size}
    env = TaskEnv(known, randomization=randomization, settings=settings, **pictures)
    if sight.perceive is not None:
        from mygym_lite.perception.eye_sight import EyeSight
        from mygym_lite.perception.eyes import Eyes

        env.look_through(EyeSight(env, Eyes.load(sight.perceive)))
    return env
