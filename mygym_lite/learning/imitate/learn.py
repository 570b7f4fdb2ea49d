"""From a task and somebody who knows how to a saved policy that says how it came to be."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError, nearest
from mygym_lite.learning.description import DESCRIPTION
from mygym_lite.learning.imitate.dagger import Improved, Round, Watchers, improve
from mygym_lite.learning.imitate.demonstrations import read, shown
from mygym_lite.learning.imitate.fit import INTERRUPTED, Epoch, Schedule, fit
from mygym_lite.learning.imitate.student import student
from mygym_lite.learning.imitate.teacher import Teacher
from mygym_lite.learning.mlp import MlpPolicy
from mygym_lite.spec.task import Task

ALGORITHMS = ("bc", "dagger")
"""Behaviour cloning; dataset aggregation."""


@dataclass(frozen=True)
class Lessons:
    """What is shown.

    Args:
        episodes: That succeed, where no files are given.
        noise: Deviation of what is done from what is right while it is shown.
        rounds: Of DAgger, at most.
        visits: Episodes that the learner plays in each of them.
        enough: Its success there with which it is good enough.
    """

    episodes: int = 100
    noise: float = 0.0
    rounds: int = 12
    visits: int = 30
    enough: float = 0.98


@dataclass(frozen=True)
class Imitated:
    """What comes out of imitation."""

    policy: MlpPolicy
    folder: Path
    curve: tuple[Epoch, ...]
    """Of the network that was kept."""
    rounds: tuple[Round, ...] = field(default=())
    """Of DAgger."""


Watch = Callable[[str, int, int, str], None]
"""Is told what is being done, how much of it is, how much there is at most, and something about it."""


def unwatched(_what: str, _done: int, _total: int, _more: str) -> None:
    """Nobody looks."""


def imitate(
    task: str | Path | Task, algo: str, out: str | Path, *, data: Sequence[str | Path] = (),
    randomization: str | Path | None = None, settings: Sequence[str] = (), lessons: Lessons | None = None,
    schedule: Schedule | None = None, watch: Watch = unwatched,
) -> Imitated:  # fmt: skip
    """Learn to do what somebody does who knows how.

    The same arguments give the same weights on the same machine. An interrupt ends the learning, and the best until
    then is kept.

    Args:
        task: Which.
        algo: ``bc`` learns from demonstrations; ``dagger`` then acts, is told what had been right, and learns again.
        out: Folder of the policy, which must not hold one yet.
        data: Recorded demonstrations to learn from, instead of episodes that are shown now.
        randomization: A preset of variations for the episodes.
        settings: Fixed changes to the task, each as ``path=value``.
        lessons: What is shown.
        schedule: How it is learned.
        watch: Is told how it goes on.

    Raises:
        UsageError: Nothing can be learned from; or the loss is no number any more, where the last good weights are
            kept.
    """
    folder, wanted, began = Path(out), (lessons or Lessons(), schedule or Schedule()), time.monotonic()
    if algo not in ALGORITHMS:
        raise UsageError(f"imitation: no algorithm '{algo}'{nearest(algo, ALGORITHMS)}")
    if (folder / DESCRIPTION).exists():
        raise UsageError(f"{folder}: holds a policy already; choose another folder")
    origin = {
        "data": [Path(file).name for file in data], "settings": list(settings),
        "randomization": None if randomization is None else str(randomization),
    }  # fmt: skip
    with closing(TaskEnv(task, randomization=randomization, settings=settings)) as env:
        improved = _learned(env, algo, data, *wanted, watch)
        minutes = round((time.monotonic() - began) / 60, 1)
        made = {"algorithm": algo, **_asked(*wanted), **origin, "minutes": minutes, **_came(improved)}
        policy = student(env, improved.fitted.net, made)
    policy.save(folder)
    trouble = improved.fitted.trouble
    if trouble and not trouble.startswith(INTERRUPTED):
        raise UsageError(f"imitation: {trouble}; the best weights before that are in {folder}")
    return Imitated(policy, folder, improved.fitted.curve, improved.rounds)


def _learned(
    env: TaskEnv, algo: str, data: Sequence[str | Path], lessons: Lessons, schedule: Schedule, watch: Watch
) -> Improved:
    """The best learner, whichever way."""
    teacher, told = Teacher(env), _Told(watch)
    if data:
        examples = read(data, env)
    else:
        examples = shown(env, teacher, lessons.episodes, lessons.noise, schedule.seed, told.shown)
    if algo == "bc":
        return Improved(fit(examples, schedule, told.epochs), (), examples)
    watchers = Watchers(told.played, told.epochs, told.rounds)
    return improve(env, teacher, examples, schedule, lessons.rounds, lessons.visits, lessons.enough, watchers)


class _Told:
    """Tells one watcher what several would be told."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._more = watch, ""

    def shown(self, done: int, total: int) -> None:
        """So many demonstrations there are."""
        self._watch("demonstrations", done, total, "")

    def epochs(self, done: int, total: int, curve: list[Epoch]) -> None:
        """So often it has looked at all examples."""
        self._watch("epochs", done, total, f", loss {curve[-1].val:.4f}{self._more}")

    def played(self, done: int, total: int) -> None:
        """So many episodes the learner has played in this round."""
        self._watch("episodes", done, total, self._more)

    def rounds(self, rounds: list[Round]) -> None:
        """What came of the last round."""
        last = rounds[-1]
        self._more = f", round {len(rounds)}: {last.successes} of {last.episodes} solved"


def _asked(lessons: Lessons, schedule: Schedule) -> dict[str, Any]:
    return {"lessons": asdict(lessons), "schedule": asdict(schedule)}


def _came(improved: Improved) -> dict[str, Any]:
    """What came of it, as JSON has it."""
    curve = improved.fitted.curve
    best = min(curve, key=lambda epoch: epoch.val)
    return {
        "episodes": len(improved.examples.lengths), "examples": len(improved.examples),
        "kept": {"epoch": best.number, "loss": round(best.val, 6)},
        "curve": [[epoch.number, round(epoch.train, 6), round(epoch.val, 6)] for epoch in curve],
        "rounds": [one._asdict() for one in improved.rounds], "ended": improved.fitted.trouble or None,
    }  # fmt: skip
