"""From a task and somebody who knows how to a saved policy that says how it came to be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError, nearest
from mygym_lite.learning.description import DESCRIPTION
from mygym_lite.learning.imitate.course import Course
from mygym_lite.learning.imitate.dagger import Improved, Round, improve
from mygym_lite.learning.imitate.demonstrations import read, shown
from mygym_lite.learning.imitate.fit import INTERRUPTED, Epoch, Schedule, fit
from mygym_lite.learning.imitate.head import PLAIN, Head
from mygym_lite.learning.imitate.sight import TOLD, Sight, environment
from mygym_lite.learning.imitate.student import Student, student
from mygym_lite.learning.imitate.teacher import Teacher
from mygym_lite.learning.imitate.telling import Telling, Watch, unwatched
from mygym_lite.learning.imitate.widen import widen
from mygym_lite.learning.imitate.worlds import Worlds
from mygym_lite.perception.card import read_card
from mygym_lite.perception.shipped import eyes_names, find_eyes
from mygym_lite.spec.task import Task
from mygym_lite.terms import load_task

ALGORITHMS = ("bc", "dagger", "act")
"""Behaviour cloning; dataset aggregation; behaviour cloning of chunks of actions by a transformer."""


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
    noise: float = 0.1
    rounds: int = 6
    visits: int = 30
    enough: float = 0.98


@dataclass(frozen=True)
class Imitated:
    """What comes out of imitation."""

    policy: Student
    folder: Path
    curve: tuple[Epoch, ...]
    """Of the network that was kept."""
    rounds: tuple[Round, ...] = field(default=())
    """Of DAgger."""


def imitate(
    task: str | Path | Task, algo: str, out: str | Path, *, data: Sequence[str | Path] = (),
    randomization: str | Path | None = None, adr: str | Path | None = None, curriculum: bool = False,
    settings: Sequence[str] = (), lessons: Lessons | None = None, schedule: Schedule | None = None,
    head: Head | None = None, sight: Sight = TOLD, watch: Watch = unwatched,
) -> Imitated:  # fmt: skip
    """Learn to do what somebody does who knows how.

    The same arguments give the same weights on the same machine. An interrupt ends the learning, and the best until
    then is kept.

    Args:
        task: Which.
        algo: ``bc`` learns from demonstrations; ``dagger`` then acts, is told what had been right, and learns again;
            ``act`` learns from demonstrations to say several actions ahead.
        out: Folder of the policy, which must not hold one yet.
        data: Recorded demonstrations to learn from, instead of episodes that are shown now.
        randomization: A preset of variations for the episodes.
        adr: A preset instead, to whose ends ranges grow where the learner succeeds; by stages, as many as DAgger may
            have rounds.
        curriculum: Ranges of the randomization widen over the first half of such stages.
        settings: Fixed changes to the task, each as ``path=value``.
        lessons: What is shown.
        schedule: How it is learned; by what suits the head if left out.
        head: Which network learns; an mlp from the present observation if left out, of ``act`` the one of chunks.
        sight: Through what it sees; it is told the truth if left out.
        watch: Is told how it goes on.

    Raises:
        UsageError: Nothing can be learned from; or the loss is no number any more, where the last good weights are
            kept.
    """
    folder, began, sees = Path(out), time.monotonic(), _began(head or _usual(algo), sight, task)
    wanted = (lessons or Lessons(), schedule or Schedule.of(sees.kind, bool(sight.cameras)))
    worlds = Worlds(randomization, adr, curriculum)
    _require_sense(algo, sees, folder, data, worlds)
    origin = {
        "data": [Path(file).name for file in data], "settings": list(settings), **worlds.card(),
        "head": asdict(sees), "sight": asdict(sight),
    }  # fmt: skip
    with closing(environment(task, worlds.fixed, settings, sight)) as env:
        told, ranges = Telling(watch), dict[str, Any]()
        if worlds.widening is None:
            improved = _learned(env, algo, data, *wanted, sees, told)
        else:
            improved, ranges["ranges"] = _widened(env, algo, worlds, sight, *wanted, sees, told)
        minutes = round((time.monotonic() - began) / 60, 1)
        made = {"algorithm": algo, **_asked(*wanted), **origin, **ranges, "minutes": minutes, **_came(improved)}
        policy = student(env, improved.fitted.net, made)
    policy.save(folder)
    trouble = improved.fitted.trouble
    if trouble and not trouble.startswith(INTERRUPTED):
        raise UsageError(f"imitation: {trouble}; the best weights before that are in {folder}")
    return Imitated(policy, folder, improved.fitted.curve, improved.rounds)


def _usual(algo: str) -> Head:
    """The head that is meant where none is named."""
    return Head("chunks") if algo == "act" else PLAIN


def nearest_eyes(task: str) -> str | None:
    """The shipped perception that has seen a task, or any other one."""
    names = eyes_names()
    return next((name for name in names if task in read_card(find_eyes(name)).tasks), next(iter(names), None))


def _began(head: Head, sight: Sight, task: str | Path | Task) -> Head:
    """With pictures, a head that begins with the trained perception that knows most of the task."""
    if not sight.cameras or head.eyes is not None:
        return head
    return replace(head, eyes=nearest_eyes(load_task(task).name))


def _require_sense(algo: str, head: Head, folder: Path, data: Sequence[str | Path], worlds: Worlds) -> None:
    if algo not in ALGORITHMS:
        raise UsageError(f"imitation: no algorithm '{algo}'{nearest(algo, ALGORITHMS)}")
    if algo == "act" and head.kind != "chunks":
        raise UsageError(f"imitation: act learns chunks of actions, which is not for head '{head.kind}'; use bc for it")
    if data and worlds.widening is not None:
        raise UsageError(f"data: is recorded, and its worlds widen no more; leave --{worlds.widening} out")
    if (folder / DESCRIPTION).exists():
        raise UsageError(f"{folder}: holds a policy already; choose another folder")


def _learned(
    env: TaskEnv, algo: str, data: Sequence[str | Path], lessons: Lessons, schedule: Schedule, head: Head,
    told: Telling,
) -> Improved:  # fmt: skip
    """The best learner, whichever way, in worlds that are the same from the first episode to the last."""
    teacher = Teacher(env)
    if data:
        examples = read(data, env)
    else:
        examples = shown(env, teacher, lessons.episodes, lessons.noise, schedule.seed, told.shown)
    if algo != "dagger":
        return Improved(fit(examples, schedule, told.epochs, None, head), (), examples)
    rounds = (lessons.rounds, lessons.visits, lessons.enough)
    return improve(env, teacher, examples, schedule, *rounds, told.watchers, head, lessons.noise)


def _widened(
    env: TaskEnv, algo: str, worlds: Worlds, sight: Sight, lessons: Lessons, schedule: Schedule, head: Head,
    told: Telling,
) -> tuple[Improved, dict[str, Any]]:  # fmt: skip
    """The learner in the end, and the ranges that its worlds had come to."""
    course = Course(
        worlds.widened(env, sight), worlds.widening or "adr", lessons.episodes, lessons.noise, max(1, lessons.rounds),
        lessons.visits, algo == "dagger",
    )  # fmt: skip
    improved, adr = widen(env, Teacher(env), course, schedule, head, told.watchers)
    return improved, adr.state()


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
