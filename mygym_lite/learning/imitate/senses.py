"""What a learner is shown: numbers, pictures, and what it is told of the world only while it learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_type_hints

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.shown import shapes_of
from mygym_lite.spec.task import Task
from mygym_lite.strict import Where
from mygym_lite.terms import Frame, Thing
from mygym_lite.terms.registry import function_of


@dataclass(frozen=True)
class Senses:
    """Arrays that an environment shows, by name.

    Who sees pictures is to find in them where things are. So of the numbers it gets only what a robot knows of itself,
    and where things are is what it learns to tell besides.
    """

    numbers: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, env: TaskEnv) -> Senses:
        """What this environment shows."""
        shapes = shapes_of(env)
        pictures = tuple(name for name, shape in shapes.items() if len(shape) > 1)
        told = tuple(name for name in shapes if name in env.task.observe and _located(env.task, name))
        known = tuple(name for name in shapes if name not in pictures)
        if not pictures:
            return cls(known)
        return cls(tuple(name for name in known if name not in told), pictures, told)

    @property
    def seen(self) -> tuple[str, ...]:
        """What the policy sees when it has learned."""
        return (*self.numbers, *self.pictures)


def _located(task: Task, group: str) -> bool:
    """Whether a group says where something else than the robot is; what it feels of a thing is its own."""
    scene = {*task.objects, "goal"}
    return any(
        call.get(name) in scene
        for call in task.observe[group].values()
        for name, hint in get_type_hints(function_of("observe", str(call["term"]), Where(f"{task.name}.toml"))).items()
        if hint in (Frame, Thing)
    )
