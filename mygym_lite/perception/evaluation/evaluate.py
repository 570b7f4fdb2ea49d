"""Evaluation of trained perception: every weights on every scene under every condition that they can tell apart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.jobs.backends import open_backend
from mygym_lite.jobs.scheduler import Heartbeat, Scheduler
from mygym_lite.perception.evaluation.output import build_document, prepare_folder, write_results
from mygym_lite.perception.evaluation.plan import DEFAULT_SCENES, PerceptionPlan, plan_perception_evaluation
from mygym_lite.perception.evaluation.results import ResultTable, Row
from mygym_lite.perception.evaluation.worker import PerceptionWorker, SceneRecord

Progress = Callable[[int, int], None]
"""Is told how many scenes have been seen, and how many there will be."""


def no_progress(_done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True, eq=False)
class PerceptionResult:
    """What an evaluation of perception says."""

    folder: Path
    results: ResultTable

    @property
    def rows(self) -> list[Row]:
        """All numbers."""
        return self.results.rows

    @property
    def report(self) -> Path:
        """The page."""
        from mygym_lite.perception.evaluation.output import REPORT_FILE

        return self.folder / REPORT_FILE

    def as_json(self) -> dict[str, Any]:
        """What ``perception.json`` holds."""
        return build_document(self.results)


class _Scenes:
    """The scenes that nobody has been given."""

    def __init__(self, count: int) -> None:
        self._left = iter(range(count))

    def pop(self) -> int | None:
        """The next one."""
        return next(self._left, None)

    def mark_done(self, result: SceneRecord) -> None:
        """A scene has been seen; whoever asked for it keeps it."""


def evaluate_perception(
    weights: str | Path | Sequence[str | Path],
    task: str | Path | Task = "grasp",
    suite: str | Path = "sim2real",
    scenes: int = DEFAULT_SCENES,
    *,
    seed: int = 0,
    cameras: Sequence[str] = (),
    axes: Sequence[str] = (),
    settings: Sequence[str] = (),
    workers: int | None = None,
    out: str | Path | None = None,
    progress: Progress = no_progress,
) -> PerceptionResult:
    """Evaluate how well trained perception sees, nominal and along every axis that a picture shows.

    The work is done by other processes, so a script calls this under ``if __name__ == "__main__":``. What comes out
    does not depend on how many.

    Args:
        weights: Folders with trained perception, each as ``LABEL=FOLDER`` if it is to be called otherwise; several see
            the same pictures.
        task: Whose episodes are seen.
        suite: A shipped suite's name or the path of a suite file.
        scenes: Episodes of the expert, each seen at four moments under every condition.
        seed: Of the first episode.
        cameras: Some of the task's cameras; all that the weights know if left out.
        axes: Some of the suite's axes; all that can be seen if left out.
        settings: Fixed changes to the task, each as ``path=value``.
        workers: Processes, as many as there are cores if left out.
        out: Folder of the result; a new one among the system's temporary files if left out.
        progress: Is told how it goes on.
    """
    plan = plan_perception_evaluation(weights, task, suite, scenes, seed, cameras, axes, settings)
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="mygym_lite_"))
    return run_perception_evaluation(plan, folder, workers, progress)


def run_perception_evaluation(
    plan: PerceptionPlan, folder: Path, workers: int | None = None, progress: Progress = no_progress
) -> PerceptionResult:
    """Look at all scenes, then write what sums it up."""
    prepare_folder(folder)
    progress(0, plan.scenes)
    told: list[SceneRecord] = []
    with (
        open_backend(partial(_workshop, plan), workers and min(workers, plan.scenes)) as place,
        closing(Scheduler[SceneRecord](_Scenes(plan.scenes), place, _give_up).run()) as records,
    ):
        for scene in records:
            told.append(scene)
            progress(len(told), plan.scenes)
    findings = ResultTable(plan, told)
    write_results(folder, findings)
    return PerceptionResult(folder, findings)


def _workshop(plan: PerceptionPlan, _tell: Heartbeat) -> PerceptionWorker:
    return PerceptionWorker(plan)


def _give_up(number: int, how: str) -> NoReturn:
    raise UsageError(f"scene {number}: {how}; try again with fewer --workers, which need less memory")
