"""Ranges that widen while somebody imitates: where the learner succeeds, or as time goes by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.adr import Adr
from mygym_lite.learning.imitate.course import Course
from mygym_lite.learning.imitate.dagger import Improved, Round, Watchers, helped
from mygym_lite.learning.imitate.demonstrations import APART, FIRST
from mygym_lite.learning.imitate.examples import Array, Examples, joined
from mygym_lite.learning.imitate.fit import INTERRUPTED, Fitted, Schedule, fit
from mygym_lite.learning.imitate.head import Head
from mygym_lite.learning.imitate.showing import Actor, Shown, noisily, show
from mygym_lite.learning.imitate.student import student
from mygym_lite.learning.policy import Policy
from mygym_lite.spec.vary import parse
from mygym_lite.strict import Where

_TRIED = 50_000_000  # seed of the first episode that a learner plays
_AGAIN = 0.3  # of the epochs, in each stage before the last
_PATIENCE = 20  # demonstrations in a row that fail


def widen(
    env: TaskEnv, teacher: Policy, course: Course, schedule: Schedule, head: Head, watch: Watchers
) -> tuple[Improved, Adr]:  # fmt: skip
    """Imitate by stages, with ranges that begin at the declared task.

    A stage is some demonstrations from the ranges as they are and, where something comes of it, learning and episodes
    of the learner. In the end it learns anew from everything, as long as it would without stages. An interrupt ends
    it, and what there was is kept.

    Args:
        env: Where, without variations of its own.
        teacher: Shows it.
        course: What widens, and how much is shown.
        schedule: How it is learned.
        head: Which network learns.
        watch: Are told how it goes on.
    """
    pupil = _Pupil(env, teacher, course, schedule, head, watch)
    return pupil.taught(), pupil.adr


class _Pupil:
    """One learner, and the ranges of its world."""

    def __init__(
        self, env: TaskEnv, teacher: Policy, course: Course, schedule: Schedule, head: Head, watch: Watchers
    ) -> None:
        self._env, self._teacher, self._course = env, teacher, course
        self._schedule, self._head, self._watch = schedule, head, watch
        self._gathered: list[Examples] = []
        self._rounds: list[Round] = []
        self._shown, self._tried = FIRST + APART * schedule.seed, _TRIED + APART * schedule.seed
        self.adr = course.ranges(env)

    def taught(self) -> Improved:
        """Stage after stage, then once more from all examples."""
        now: Fitted | None = None
        try:
            for stage, count in enumerate(self._course.shares):
                self._show(stage, count)
                if self._course.tried:
                    now = self._try(now)
                    if now.trouble:
                        return self._improved(now)
            return self._improved(fit(joined(self._gathered), self._schedule, self._watch.epochs, None, self._head))
        except KeyboardInterrupt:
            if now is None:
                raise
            return self._improved(replace(now, trouble=f"{INTERRUPTED} after {len(self._rounds)} stages"))

    def _improved(self, fitted: Fitted) -> Improved:
        return Improved(fitted, tuple(self._rounds), joined(self._gathered))

    def _show(self, stage: int, count: int) -> None:
        if self._course.widening == "curriculum":
            self.adr.widen(self._course.strength(stage))
        self._gathered += self._demonstrations(count)

    def _try(self, before: Fitted | None) -> Fitted:
        again = replace(self._schedule, epochs=max(1, round(_AGAIN * self._schedule.epochs)))
        examples = joined(self._gathered)
        now = fit(examples, again, self._watch.epochs, before.net if before else None, self._head)
        if not now.trouble:
            self._rounds.append(Round(int(examples.counted.sum()), self._course.visits, self._trials(now)))
            self._watch.rounds(self._rounds)
        return now

    def _demonstrations(self, count: int) -> list[Examples]:
        """Successful episodes from the ranges as they are."""
        found: list[Examples] = []
        failed = 0
        while len(found) < count:
            self._watch.episodes(len(found), count)
            shown = self._played(self._shown, noisily(self._env, self._shown, self._course.noise))[0]
            self._shown, failed = self._shown + 1, 0 if shown.success else failed + 1
            found += [shown.examples] if shown.success else []
            if failed == _PATIENCE:
                raise UsageError(f"imitation: {_PATIENCE} demonstrations of {self._env.task.name} in a row failed "
                                 "within the ranges that have grown; name a milder preset")  # fmt: skip
        return found

    def _trials(self, learner: Fitted) -> int:
        """Episodes of the learner, which may move the boundaries that they are played at; how many it solved."""
        policy, solved, visits = student(self._env, learner.net), 0, self._course.visits
        longest = int(np.median(joined(self._gathered).lengths))

        def alone(_step: int, observation: Any, _label: Array) -> Array:
            action: Array = policy.act(observation)
            return action

        for number in range(self._tried, self._tried + visits):
            self._watch.episodes(number - self._tried, visits)
            policy.reset(number)
            shown, boundary = self._played(number, alone)
            self.adr.observe(boundary, shown.success)
            solved += shown.success
            if self._course.corrected:
                self._gathered += helped(self._env, self._teacher, policy, number, self._course.noise, longest)
        self._tried += visits
        return solved

    def _played(self, number: int, actor: Actor) -> tuple[Shown, Any]:
        table, boundary = self.adr.draw(number)
        self._env.variations = parse(table, Where("adr"))
        return show(self._env, number, self._teacher, actor), boundary
