"""What was asked for, completed where nothing was said, and refused where it makes no sense together."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, nearest
from mygym_lite.learning.imitation.architecture import PLAIN, Head
from mygym_lite.learning.imitation.environment import Sight, Worlds
from mygym_lite.learning.imitation.trainer import Schedule
from mygym_lite.perception.card import eyes_names, find_eyes, read_card
from mygym_lite.policies.metadata import DESCRIPTION
from mygym_lite.schema import Where, build, read_toml, require_schema
from mygym_lite.terms import load_task

ALGORITHMS = ("bc", "dagger", "act")
"""Behaviour cloning; dataset aggregation; behaviour cloning of chunks of actions by a transformer."""


@dataclass(frozen=True)
class Lessons:
    """What is shown.

    Args:
        episodes: That succeed, where no files are given.
        noise: Deviation of what is done from what is right while it is shown.
        rounds: Of DAgger, at most; stages in which ranges widen.
        visits: Episodes that the learner plays in each of them.
        enough: Its success there with which it is good enough.
    """

    episodes: int = 100
    noise: float = 0.1
    rounds: int = 6
    visits: int = 30
    enough: float = 0.98

    def __post_init__(self) -> None:
        """Refuse a deviation that is none."""
        if not 0.0 <= self.noise < math.inf:
            raise UsageError(f"noise is {self.noise:g}; give a deviation of 0 or more")

    @classmethod
    def of(cls, task: str | Path | Task, **given: Any) -> Lessons:
        """The defaults of a task, from ``tasks/imitate/TASK.toml`` where there is one, but for what is given."""
        file = paths.tasks() / "imitate" / f"{load_task(task).name}.toml"
        declared = read_lessons(file) if file.is_file() else cls()
        return replace(declared, **given)


def read_lessons(file: Path) -> Lessons:
    """The defaults that a file declares; the rest is as it is in general."""
    where = Where(f"imitate/{file.name}")
    return build(Lessons, require_schema(read_toml(file), where), where)


@dataclass(frozen=True)
class Asked:
    """The arguments of ``imitate``."""

    task: str | Path | Task
    algo: str
    data: tuple[str | Path, ...]
    worlds: Worlds
    settings: tuple[str, ...]
    lessons: Lessons
    schedule: Schedule
    head: Head
    sight: Sight

    @classmethod
    def of(
        cls, task: str | Path | Task, algo: str, lessons: Lessons | None, schedule: Schedule | None,
        head: Head | None, sight: Sight, **rest: Any,
    ) -> Asked:  # fmt: skip
        """With what is usual where nothing was said."""
        chosen = _beginning(head or (Head("chunks") if algo == "act" else PLAIN), sight, task)
        pace = schedule or Schedule.of(chosen.kind, bool(sight.cameras))
        return cls(task, algo, lessons=lessons or Lessons.of(task), schedule=pace, head=chosen, sight=sight, **rest)

    def card(self) -> dict[str, Any]:
        """For whoever wants to know later; of files only the names."""
        return {
            "algorithm": self.algo, "lessons": asdict(self.lessons), "schedule": asdict(self.schedule),
            "data": [Path(file).name for file in self.data], "settings": list(self.settings), **self.worlds.card(),
            "head": asdict(self.head), "sight": asdict(self.sight),
        }  # fmt: skip

    def require_sense(self, folder: Path) -> None:
        """Refuse what cannot be done, before anything is started for it."""
        if self.algo not in ALGORITHMS:
            raise UsageError(f"imitation: no algorithm '{self.algo}'{nearest(self.algo, ALGORITHMS)}")
        if self.algo == "act" and self.head.kind != "chunks":
            raise UsageError(f"imitation: act learns chunks of actions, which is not for head '{self.head.kind}'; "
                             "use bc for it")  # fmt: skip
        if self.data and self.worlds.widening is not None:
            raise UsageError(f"data: is recorded, and its worlds widen no more; leave --{self.worlds.widening} out")
        if (folder / DESCRIPTION).exists():
            raise UsageError(f"{folder}: holds a policy already; choose another folder")


def _nearest_eyes(task: str) -> str | None:
    """The shipped perception that has seen a task, or any other one."""
    names = eyes_names()
    return next((name for name in names if task in read_card(find_eyes(name)).tasks), next(iter(names), None))


def _beginning(head: Head, sight: Sight, task: str | Path | Task) -> Head:
    """With pictures, a head that begins with the trained perception that knows most of the task."""
    if not sight.cameras or head.eyes is not None:
        return head
    return replace(head, eyes=_nearest_eyes(load_task(task).name))
