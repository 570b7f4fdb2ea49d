"""Training of a study's policies: one at a time in each process, with one thread."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock

from mygym_lite.jobs.progress import Progress
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.run import run_jobs
from mygym_lite.jobs.scheduler import Heartbeat, no_heartbeat
from mygym_lite.learning.imitation.train import imitate
from mygym_lite.policies.metadata import METADATA_FILE
from mygym_lite.studies.randomization.plan import ADR, ADR_LIMIT_PRESET, NONE, STUDY_FOLDER, RandomizationPlan

_SUFFIX = ".progress"
_PERIOD = 1.0  # s between two lines


class ProgressFile:
    """Progress of a training, written to a file.

    Args:
        policy: Future folder of the policy; the file is hidden beside it.
    """

    def __init__(self, policy: Path) -> None:
        self._file = policy.with_name(f".{policy.name}{_SUFFIX}")
        self._name, self._last = policy.name, -_PERIOD

    def __call__(self, noun: str, done: int, total: int, detail: str) -> None:
        """Write a count; a full disk is reported by the training itself."""
        now = time.monotonic()
        if now - self._last >= _PERIOD:
            self._last = now
            with suppress(OSError):
                self._file.write_text(f"{self._name} {done}/{total} {noun}{detail}", encoding="utf-8")

    def remove(self) -> None:
        """Remove the file."""
        self._file.unlink(missing_ok=True)


def read_progress(folder: Path) -> str:
    """Read the state of all trainings in a folder: ``none-0 12/40 epochs, loss 0.0134; full-0 3/100 ...``."""
    lines = []
    for file in sorted(folder.glob(f".*{_SUFFIX}")):
        with suppress(OSError):
            lines.append(file.read_text(encoding="utf-8"))
    return "; ".join(filter(None, lines))


@contextmanager
def follow_progress(folder: Path, on_progress: Callable[[str], None]) -> Iterator[None]:
    """Report the state of all trainings regularly; files of earlier ones are removed first."""
    for stale in folder.glob(f".*{_SUFFIX}"):
        stale.unlink(missing_ok=True)
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(_PERIOD):
            on_progress(read_progress(folder))

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


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
