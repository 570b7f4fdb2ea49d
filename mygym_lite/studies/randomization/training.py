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
from mygym_lite.files import hold_shared_lock
from mygym_lite.jobs.backends import open_backend
from mygym_lite.jobs.scheduler import Heartbeat, Scheduler, no_heartbeat
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.studies.randomization.plan import ADR, ADR_LIMIT_PRESET, NONE, STUDY_FOLDER, RandomizationPlan
from mygym_lite.studies.randomization.training_progress import ProgressFile, follow_progress

Progress = Callable[[int, int, str], None]
"""Is told how many policies are trained, how many there will be, and what the others are at."""


class TrainingWorker:
    """Trains any policy of a study.

    Args:
        plan: Which.
    """

    def __init__(self, plan: RandomizationPlan, _tell: Heartbeat = no_heartbeat) -> None:
        self._plan = plan

    def run_job(self, number: int) -> int:
        """Train one; its folder is there whole or not at all."""
        folder = self._plan.get_policy_folder(self._plan.trainings[number])
        with hold_shared_lock(folder.parent):
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
        preset, schedule = plan.labels[label], replace(plan.training, seed=seed)
        imitate(
            plan.task,
            plan.algo,
            out,
            randomization=None if preset in (NONE, ADR) else preset,
            adr=ADR_LIMIT_PRESET if preset == ADR else None,
            settings=plan.settings,
            demonstrations=plan.demonstrations,
            training=schedule,
            network=plan.network,
            observation=plan.observation,
            progress=progress,
        )


class _Missing:
    """Trainings that are still to be done."""

    def __init__(self, plan: RandomizationPlan) -> None:
        self._todo = deque(
            number
            for number, training in enumerate(plan.trainings)
            if not (plan.get_policy_folder(training) / METADATA_FILE).is_file()
        )

    def __len__(self) -> int:
        return len(self._todo)

    def pop(self) -> int | None:
        """The next one."""
        return self._todo.popleft() if self._todo else None

    def mark_done(self, _number: int) -> None:
        """It is kept where it belongs."""


def train_policies(plan: RandomizationPlan, workers: int | None, progress: Progress) -> None:
    """Train every policy that is not there yet, each in the same way for any number of workers."""
    missing = _Missing(plan)
    total = len(plan.trainings)
    tell = _Teller(progress, total - len(missing), total)
    tell("")
    if not len(missing):
        return
    with (
        open_backend(partial(TrainingWorker, plan), workers) as place,
        closing(Scheduler[int](missing, place, _give_up).run()) as trained,
        follow_progress(plan.folder / STUDY_FOLDER.parts, tell),
    ):
        for _ in trained:
            tell.done += 1
            tell("")


class _Teller:
    """Tells a watcher how far trainings are, from two threads, one at a time."""

    def __init__(self, watch: Progress, done: int, total: int) -> None:
        self._watch, self.done, self._total = watch, done, total
        self._lock = Lock()

    def __call__(self, more: str) -> None:
        with self._lock:
            self._watch(self.done, self._total, more and f", {more}")


def _give_up(number: int, how: str) -> NoReturn:
    raise UsageError(
        f"{STUDY_FOLDER.parts}: training {number} ended ({how}); the same command goes on with the others kept"
    )
