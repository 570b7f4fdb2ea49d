"""Automatic randomization for imitation: what is shown comes from ranges that grow where the learner succeeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.adr import Adr, Pace, automatic
from mygym_lite.learning.imitate.demonstrations import APART, FIRST
from mygym_lite.learning.imitate.examples import Array, Examples, joined
from mygym_lite.learning.imitate.fit import Epoch, Fitted, Schedule, fit
from mygym_lite.learning.imitate.head import PLAIN, Head
from mygym_lite.learning.imitate.learn import Imitated, Lessons
from mygym_lite.learning.imitate.showing import Actor, Shown, noisily, show
from mygym_lite.learning.imitate.student import student
from mygym_lite.learning.imitate.teacher import Teacher
from mygym_lite.spec.preset import load_preset
from mygym_lite.spec.task import Task
from mygym_lite.spec.vary import Variation, parse
from mygym_lite.strict import Where

_TRIED = 50_000_000  # seed of the first episode that a learner plays
_BEGINS_WITH = 1 / 3  # of the demonstrations, before it is tried for the first time
_AGAIN = 0.3  # of the epochs, in each stage before the last
_JUDGED = 2  # episodes at a boundary before it moves: both solved, or none
_REACHES = 1.5  # how far ranges could grow if everything were solved, in units of the preset
_PATIENCE = 20  # demonstrations in a row that fail


def widening(
    task: str | Path | Task, algo: str, out: str | Path, preset: str | Path, matters: Callable[[str], bool], *,
    settings: Sequence[str] = (), lessons: Lessons | None = None, schedule: Schedule | None = None,
    head: Head | None = None,
) -> Imitated:  # fmt: skip
    """Imitate, with ranges that begin at the declared task and grow towards those of a preset.

    It goes by stages, as many as DAgger may have rounds: some demonstrations from the ranges as they are, learning,
    and episodes of the learner at the boundaries, which move them. Of ``dagger`` it learns from those too. In the end
    it learns anew from everything, as long as it would without. A stage has as many episodes of the learner as a
    round has, so the budget is the same.

    Args:
        task: Which.
        algo: ``bc`` or ``dagger``.
        out: Folder of the policy.
        preset: Where ranges may end.
        matters: Whether a path of the task reaches the learner; ranges of others would only dilute the trials.
        settings: Fixed changes to the task.
        lessons: What is shown, and how many stages and trials there are.
        schedule: How it is learned.
        head: Which network learns.
    """
    lessons, schedule, began = lessons or Lessons(), schedule or Schedule(), time.monotonic()
    with closing(TaskEnv(task, settings=settings)) as env:
        varied = [v for v in load_preset(preset, env.task) if matters(v.path)]
        pupil = _Pupil(env, varied, lessons, schedule, head or PLAIN)
        fitted, examples = pupil.taught(learns_from_trials=algo != "bc")
        made = {
            "algorithm": algo, "randomization": "adr", "widest": str(preset), "adr": pupil.adr.state(),
            "lessons": asdict(lessons), "schedule": asdict(schedule), "settings": list(settings),
            "episodes": len(examples.lengths), "examples": len(examples),
            "curve": [[epoch.number, round(epoch.train, 6), round(epoch.val, 6)] for epoch in fitted.curve],
            "minutes": round((time.monotonic() - began) / 60, 1),
        }  # fmt: skip
        policy = student(env, fitted.net, made)
    folder = policy.save(Path(out))
    if fitted.trouble:
        raise UsageError(f"imitation: {fitted.trouble}; the best weights before that are in {folder}")
    return Imitated(policy, folder, fitted.curve)


class _Pupil:
    """One learner, and the ranges of its world."""

    def __init__(
        self, env: TaskEnv, varied: Sequence[Variation], lessons: Lessons, schedule: Schedule, head: Head
    ) -> None:
        self._env, self._lessons, self._schedule, self._head = env, lessons, schedule, head
        self._teacher, self._stages = Teacher(env), max(1, lessons.rounds)
        self.adr = automatic(env.task, varied)
        self.adr.pace = _pace(self.adr, self._stages * lessons.visits)
        self._shown = FIRST + APART * schedule.seed
        self._tried = _TRIED + APART * schedule.seed

    def taught(self, learns_from_trials: bool) -> tuple[Fitted, Examples]:
        """Stage after stage, then once more from all examples."""
        again = replace(self._schedule, epochs=max(1, round(_AGAIN * self._schedule.epochs)))
        gathered: list[Examples] = []
        now: Fitted | None = None
        for count in _shares(self._lessons.episodes, self._stages):
            gathered += self._demonstrations(count)
            now = fit(joined(gathered), again, _unwatched, now.net if now else None, self._head)
            trials = self._trials(now)
            gathered += [trial.examples for trial in trials if learns_from_trials]
        examples = joined(gathered)
        return fit(examples, self._schedule, _unwatched, None, self._head), examples

    def _demonstrations(self, count: int) -> list[Examples]:
        """Successful episodes from the ranges as they are."""
        found: list[Examples] = []
        failed = 0
        while len(found) < count:
            shown = self._played(self._shown, noisily(self._env, self._shown, self._lessons.noise))[0]
            self._shown, failed = self._shown + 1, 0 if shown.success else failed + 1
            found += [shown.examples] if shown.success else []
            if failed == _PATIENCE:
                raise UsageError(f"imitation: {_PATIENCE} demonstrations of {self._env.task.name} in a row failed "
                                 "within the ranges that have grown; name a milder preset")  # fmt: skip
        return found

    def _trials(self, learner: Fitted) -> list[Shown]:
        """Episodes of the learner, each at a boundary, which may move it."""
        policy, found = student(self._env, learner.net), list[Shown]()

        def alone(_step: int, observation: Any, _label: Array) -> Array:
            action: Array = policy.act(observation)
            return action

        for number in range(self._tried, self._tried + self._lessons.visits):
            policy.reset(number)
            shown, boundary = self._played(number, alone)
            self.adr.observe(boundary, shown.success)
            found.append(shown)
        self._tried += self._lessons.visits
        return found

    def _played(self, number: int, actor: Actor) -> tuple[Shown, Any]:
        table, boundary = self.adr.draw(number)
        self._env.variations = parse(table, Where("adr"))
        return show(self._env, number, self._teacher, actor), boundary


def _pace(adr: Adr, trials: int) -> Pace:
    """Steps so large that a learner that always succeeds arrives where the preset ends."""
    judged = trials / (_JUDGED * len(adr.boundaries))
    return Pace(boundary_share=1.0, episodes=_JUDGED, step=min(1.0, _REACHES / max(judged, 1.0)))


def _shares(episodes: int, stages: int) -> list[int]:
    """How many demonstrations there are in each stage; together they are as many as there would be without."""
    first = max(2, round(_BEGINS_WITH * episodes)) if stages > 1 else episodes
    each, more = divmod(max(0, episodes - first), max(1, stages - 1))
    return [first, *(each + (number < more) for number in range(stages - 1))]


def _unwatched(_done: int, _total: int, _curve: list[Epoch]) -> None:
    """Nobody looks."""
