"""Where the policies of a study are trained: one at a time in each process, with one thread."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import NoReturn

from mygym_lite.errors import UsageError
from mygym_lite.files import present
from mygym_lite.jobs.backends import place_for
from mygym_lite.jobs.scheduler import Dispatch, Tell, unattended
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.policies.metadata import DESCRIPTION
from mygym_lite.studies.randomization.plan import ADR, NONE, STUDY, WIDEST, TransferPlan
from mygym_lite.studies.randomization.training_progress import ProgressFile, follow_progress

Watch = Callable[[int, int, str], None]
"""Is told how many policies are trained, how many there will be, and what the others are at."""


class School:
    """Trains any policy of a study.

    Args:
        plan: Which.
    """

    def __init__(self, plan: TransferPlan, _tell: Tell = unattended) -> None:
        self._plan = plan

    def play(self, number: int) -> int:
        """Train one; its folder is there whole or not at all."""
        folder = self._plan.policy(self._plan.trainings[number])
        with present(folder.parent):
            part = folder.with_name(f".{folder.name}")
            shutil.rmtree(part, ignore_errors=True)
            progress = ProgressFile(folder)
            self._learn(number, str(part), progress)
            part.rename(folder)
            progress.remove()
        return number

    def _learn(self, number: int, out: str, progress: ProgressFile) -> None:
        plan = self._plan
        label, seed = plan.trainings[number]
        preset, schedule = plan.labels[label], replace(plan.schedule, seed=seed)
        imitate(
            plan.task, plan.algo, out, randomization=None if preset in (NONE, ADR) else preset,
            adr=WIDEST if preset == ADR else None, settings=plan.settings, lessons=plan.lessons, schedule=schedule,
            head=plan.head, sight=plan.sight, watch=progress,
        )  # fmt: skip


class _Missing:
    """Trainings that are still to be done."""

    def __init__(self, plan: TransferPlan) -> None:
        self._todo = deque(
            number
            for number, training in enumerate(plan.trainings)
            if not (plan.policy(training) / DESCRIPTION).is_file()
        )

    def __len__(self) -> int:
        return len(self._todo)

    def next(self) -> int | None:
        """The next one."""
        return self._todo.popleft() if self._todo else None

    def note(self, _number: int) -> None:
        """It is kept where it belongs."""


def train(plan: TransferPlan, workers: int | None, watch: Watch) -> None:
    """Train every policy that is not there yet, each in the same way for any number of workers."""
    missing = _Missing(plan)
    total = len(plan.trainings)
    tell = _Teller(watch, total - len(missing), total)
    tell("")
    if not len(missing):
        return
    with (
        place_for(partial(School, plan), workers) as place,
        closing(Dispatch[int](missing, place, _give_up).records()) as trained,
        follow_progress(plan.folder / STUDY.parts, tell),
    ):
        for _ in trained:
            tell.done += 1
            tell("")


class _Teller:
    """Tells a watcher how far trainings are, from two threads, one at a time."""

    def __init__(self, watch: Watch, done: int, total: int) -> None:
        self._watch, self.done, self._total = watch, done, total
        self._lock = Lock()

    def __call__(self, more: str) -> None:
        with self._lock:
            self._watch(self.done, self._total, more and f", {more}")


def _give_up(number: int, how: str) -> NoReturn:
    raise UsageError(f"{STUDY.parts}: training {number} ended ({how}); the same command goes on with the others kept")
