"""Ranges that widen while somebody imitates: where the learner succeeds, or as time goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mygym_lite.config.variation import Variation, parse
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.architecture import Head
from mygym_lite.learning.imitation.dagger import Improved, Round, Watchers, helped
from mygym_lite.learning.imitation.data import Array, Examples, joined
from mygym_lite.learning.imitation.demonstrations import APART, FIRST
from mygym_lite.learning.imitation.export import student
from mygym_lite.learning.imitation.labelled_rollouts import Actor, Shown, noisily, show
from mygym_lite.learning.imitation.trainer import INTERRUPTED, Fitted, Schedule, fit
from mygym_lite.policies.policy import Policy
from mygym_lite.randomization.adr import Adr, Pace, Widening, automatic
from mygym_lite.schema import Where

_BEGINS_WITH = 1 / 3  # of the demonstrations, before it is tried for the first time
_JUDGED = 2  # episodes at a boundary before it moves: both solved, or none
_REACHES = 1.5  # how far ranges could grow if everything were solved, in units of the preset
_HALF = 0.5  # of the stages, in which a curriculum reaches the whole of its ranges


@dataclass(frozen=True)
class Course:
    """What widens, how, and what is shown meanwhile.

    Args:
        variations: Where ranges may end.
        widening: ``adr`` moves what is tried and succeeds or fails, ``curriculum`` all alike.
        episodes: That are shown and succeed.
        noise: Deviation of what is done from what is right.
        stages: Into which the learning is divided.
        visits: Episodes of the learner in each of them.
        corrected: Whether it also learns from how the teacher ends what it began, as DAgger does.
    """

    variations: Sequence[Variation]
    widening: Widening
    episodes: int
    noise: float
    stages: int
    visits: int
    corrected: bool

    def ranges(self, env: TaskEnv) -> Adr:
        """Ranges without any width yet."""
        adr = automatic(env.task, self.variations)
        adr.pace = self._pace(adr) if self.widening == "adr" else Pace(boundary_share=0.0)
        return adr

    def _pace(self, adr: Adr) -> Pace:
        """Steps so large that a learner that always succeeds arrives where the preset ends."""
        judged = self.stages * self.visits / (_JUDGED * len(adr.boundaries))
        return Pace(boundary_share=1.0, episodes=_JUDGED, step=min(1.0, _REACHES / max(judged, 1.0)))

    @property
    def tried(self) -> bool:
        """Whether anything comes of episodes of the learner before it has learned from everything."""
        return self.widening == "adr" or self.corrected

    @property
    def shares(self) -> list[int]:
        """How many demonstrations there are in each stage; together they are as many as there would be without."""
        first = max(2, round(_BEGINS_WITH * self.episodes)) if self.stages > 1 else self.episodes
        each, more = divmod(max(0, self.episodes - first), max(1, self.stages - 1))
        return [first, *(each + (number < more) for number in range(self.stages - 1))]

    def strength(self, stage: int) -> float:
        """How wide a curriculum's ranges are in a stage; in the first there are none, unless it is the only one."""
        return min(1.0, stage / max(1.0, _HALF * self.stages)) if self.stages > 1 else 1.0


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
