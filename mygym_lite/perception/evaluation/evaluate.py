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
from mygym_lite.jobs.backends import place_for
from mygym_lite.jobs.scheduler import Dispatch, Tell
from mygym_lite.perception.evaluation.output import begun, document, write
from mygym_lite.perception.evaluation.plan import SCENES, LookPlan, plan_looks
from mygym_lite.perception.evaluation.results import Findings, Row
from mygym_lite.perception.evaluation.worker import Look, Scene

Watch = Callable[[int, int], None]
"""Is told how many scenes have been seen, and how many there will be."""


def unwatched(_done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True, eq=False)
class PerceptionResult:
    """What an evaluation of perception says."""

    folder: Path
    findings: Findings

    @property
    def rows(self) -> list[Row]:
        """All numbers."""
        return self.findings.rows

    @property
    def report(self) -> Path:
        """The page."""
        from mygym_lite.perception.evaluation.output import PAGE

        return self.folder / PAGE

    def as_json(self) -> dict[str, Any]:
        """What ``perception.json`` holds."""
        return document(self.findings)


class _Scenes:
    """The scenes that nobody has been given."""

    def __init__(self, count: int) -> None:
        self._left = iter(range(count))

    def next(self) -> int | None:
        """The next one."""
        return next(self._left, None)

    def note(self, record: Scene) -> None:
        """A scene has been seen; whoever asked for it keeps it."""


def evaluate_perception(
    weights: str | Path | Sequence[str | Path],
    task: str | Path | Task = "grasp",
    suite: str | Path = "sim2real",
    scenes: int = SCENES,
    *,
    seed: int = 0,
    cameras: Sequence[str] = (),
    axes: Sequence[str] = (),
    settings: Sequence[str] = (),
    workers: int | None = None,
    out: str | Path | None = None,
    watch: Watch = unwatched,
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
        watch: Is told how it goes on.
    """
    plan = plan_looks(weights, task, suite, scenes, seed, cameras, axes, settings)
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="mygym_lite_"))
    return conduct(plan, folder, workers, watch)


def conduct(plan: LookPlan, folder: Path, workers: int | None = None, watch: Watch = unwatched) -> PerceptionResult:
    """Look at all scenes, then write what sums it up."""
    begun(folder)
    watch(0, plan.scenes)
    told: list[Scene] = []
    with (
        place_for(partial(_workshop, plan), workers and min(workers, plan.scenes)) as place,
        closing(Dispatch[Scene](_Scenes(plan.scenes), place, _give_up).records()) as records,
    ):
        for scene in records:
            told.append(scene)
            watch(len(told), plan.scenes)
    findings = Findings(plan, told)
    write(folder, findings)
    return PerceptionResult(folder, findings)


def _workshop(plan: LookPlan, _tell: Tell) -> Look:
    return Look(plan)


def _give_up(number: int, how: str) -> NoReturn:
    raise UsageError(f"scene {number}: {how}; try again with fewer --workers, which need less memory")
