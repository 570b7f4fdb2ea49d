"""From a task and somebody who knows how to a saved policy that says how it came to be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.architecture import Head
from mygym_lite.learning.imitation.config import Asked, Lessons
from mygym_lite.learning.imitation.curriculum import Course, widen
from mygym_lite.learning.imitation.dagger import Improved, Round, improve
from mygym_lite.learning.imitation.demonstrations import read, shown
from mygym_lite.learning.imitation.environment import TOLD, Sight, Worlds, environment
from mygym_lite.learning.imitation.export import Student, student
from mygym_lite.learning.imitation.labelled_rollouts import Teacher
from mygym_lite.learning.imitation.progress import Telling, Watch, unwatched
from mygym_lite.learning.imitation.trainer import INTERRUPTED, Epoch, Schedule, fit
from mygym_lite.weights import training_folder


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
    folder, began = Path(out), time.monotonic()
    asked = Asked.of(
        task, algo, lessons, schedule, head, sight, data=tuple(data), settings=tuple(settings),
        worlds=Worlds(randomization, adr, curriculum),
    )  # fmt: skip
    asked.require_sense(folder)
    with training_folder(folder), closing(environment(task, asked.worlds.fixed, settings, sight)) as env:
        improved, ranges = _taught(env, asked, Telling(watch))
        minutes = round((time.monotonic() - began) / 60, 1)
        made = {**asked.card(), **ranges, "minutes": minutes, **_came(improved)}
        policy = student(env, improved.fitted.net, made)
        policy.save(folder)
    trouble = improved.fitted.trouble
    if trouble and not trouble.startswith(INTERRUPTED):
        raise UsageError(f"imitation: {trouble}; the best weights before that are in {folder}")
    return Imitated(policy, folder, improved.fitted.curve, improved.rounds)


def _taught(env: TaskEnv, asked: Asked, told: Telling) -> tuple[Improved, dict[str, Any]]:
    """The best learner, whichever way, and the ranges that its worlds had come to if they widened."""
    teacher, lessons, schedule, head = Teacher(env), asked.lessons, asked.schedule, asked.head
    widening = asked.worlds.widening
    if widening is not None:
        course = Course(
            asked.worlds.widened(env, asked.sight), widening, lessons.episodes, lessons.noise,
            max(1, lessons.rounds), lessons.visits, asked.algo == "dagger",
        )  # fmt: skip
        improved, adr = widen(env, teacher, course, schedule, head, told.watchers)
        return improved, {"ranges": adr.state()}
    if asked.data:
        examples = read(asked.data, env)
    else:
        examples = shown(env, teacher, lessons.episodes, lessons.noise, schedule.seed, told.shown)
    if asked.algo != "dagger":
        return Improved(fit(examples, schedule, told.epochs, None, head), (), examples), {}
    rounds = (lessons.rounds, lessons.visits, lessons.enough)
    return improve(env, teacher, examples, schedule, *rounds, told.watchers, head, lessons.noise), {}


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
