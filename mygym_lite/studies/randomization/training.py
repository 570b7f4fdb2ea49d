"""Training of a study's policies: one at a time in each process, with one thread."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from threading import Lock

from mygym_lite.jobs.progress import Progress
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.run import run_jobs
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.studies.randomization.plan import ADR, ADR_LIMIT_PRESET, NONE, STUDY_FOLDER, RandomizationPlan
from mygym_lite.studies.randomization.training_progress import ProgressFile, follow_progress


class TrainingWorker:
    """Trains any policy of a study.

    Args:
        plan: Plan of the study.
    """

    def __init__(self, plan: RandomizationPlan, _heartbeat: Heartbeat = no_heartbeat) -> None:
        self._plan = plan

    def run_job(self, number: int) -> int:
        """Train a policy; its folder is complete or absent."""
        folder = self._plan.get_policy_folder(self._plan.trainings[number])
        with STUDY_FOLDER.hold(self._plan.folder):
            part = folder.with_name(f".{folder.name}")
            shutil.rmtree(part, ignore_errors=True)
            progress = ProgressFile(folder)
            self._train(number, str(part), progress)
            part.rename(folder)
            progress.remove()
        return number

    def _train(self, number: int, out: str, progress: ProgressFile) -> None:
        plan = self._plan
        label, seed = plan.trainings[number]
        preset = plan.labels[label]
        imitate(
            plan.task,
            plan.algo,
            out,
            randomization=None if preset in (NONE, ADR) else preset,
            adr=ADR_LIMIT_PRESET if preset == ADR else None,
            settings=plan.settings,
            demonstrations=plan.demonstrations,
            training=replace(plan.training, seed=seed),
            network=plan.network,
            observation=plan.observation,
            progress=progress,
        )


def train_policies(plan: RandomizationPlan, workers: int | None, progress: Progress) -> None:
    """Train the missing policies; the number of workers changes none of them."""
    missing = [
        number
        for number, training in enumerate(plan.trainings)
        if not (plan.get_policy_folder(training) / METADATA_FILE).is_file()
    ]
    queue = FixedQueue(missing, len(plan.trainings) - len(missing))
    lock = Lock()  # two threads report progress

    def report(noun: str, done: int, total: int, detail: str) -> None:
        with lock:
            progress(noun, done, total, detail)

    def report_trainings(text: str) -> None:
        report("policies", queue.done, queue.total, text and f", {text}")

    with follow_progress(plan.folder / STUDY_FOLDER.parts, report_trainings):
        run_jobs(
            queue, partial(TrainingWorker, plan), noun="training", counted="policies", workers=workers, progress=report
        )
