"""Perception evaluation: every trained estimator on every scene under every condition that images can show."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.files import write_text
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.queue import FixedQueue
from mygym_lite.jobs.run import run_jobs
from mygym_lite.perception.evaluation.calibration import bin_by_confidence, compute_coverage
from mygym_lite.perception.evaluation.manifest import PERCEPTION_FOLDER, SCHEMA, build_manifest
from mygym_lite.perception.evaluation.plan import DEFAULT_SCENES, plan_perception_evaluation
from mygym_lite.perception.evaluation.results import ConditionKey, ResultTable, Row
from mygym_lite.perception.evaluation.scenes import locate_scene, read_scene
from mygym_lite.perception.evaluation.worker import PerceptionWorker

DATA_FILE, REPORT_FILE = "perception.json", "report.html"


@dataclass(frozen=True, eq=False)
class PerceptionResult:
    """Results of a perception evaluation."""

    folder: Path
    results: ResultTable
    document: dict[str, Any]
    """Content of ``perception.json``."""

    @property
    def rows(self) -> list[Row]:
        """All numbers."""
        return self.results.rows

    @property
    def report(self) -> Path:
        """File of the report."""
        return self.folder / REPORT_FILE


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
    ray: str | None = None,
    out: str | Path | None = None,
    progress: Progress = no_progress,
) -> PerceptionResult:
    """Evaluate trained pose estimators, nominally and along every axis of a suite that images can show.

    Other processes do the work, so a script calls this under ``if __name__ == "__main__":``. Called again with the
    same arguments, an interrupted evaluation continues, and arrives at the same bytes; scenes may be added.

    Args:
        weights: Folders of trained estimators, each as ``LABEL=FOLDER`` to give it another name; several are evaluated
            on the same images.
        task: Task of the scenes.
        suite: Name of a shipped suite, or path of a suite file.
        scenes: Number of expert episodes, each evaluated at four moments under every condition.
        seed: Seed of the first episode.
        cameras: Some of the task's cameras; all that every estimator was trained with if left out.
        axes: Some of the suite's axes; all that images can show if left out.
        settings: Fixed changes to the task, each as ``path=value``.
        workers: Number of processes; one for each core if left out.
        ray: Address of a Ray cluster to use instead, or ``auto``; its nodes have to share the folders.
        out: Folder of the results; a new temporary folder if left out.
        progress: Callback for progress.
    """
    plan = plan_perception_evaluation(
        weights, task, suite, scenes, seed=seed, cameras=cameras, axes=axes, settings=settings
    )
    folder = Path(out) if out is not None else Path(tempfile.mkdtemp(prefix="mygym_lite_"))
    with PERCEPTION_FOLDER.open(folder, build_manifest(plan)) as manifest:
        missing = [number for number in range(plan.scenes) if not locate_scene(folder, number).exists()]
        located = replace(plan, weights=tuple((label, path.absolute()) for label, path in plan.weights))
        run_jobs(
            FixedQueue(missing, plan.scenes - len(missing)),
            partial(PerceptionWorker, located, folder.absolute()),
            noun="scene",
            counted="scenes",
            workers=workers,
            ray=ray,
            progress=progress,
        )
        results = ResultTable(plan, [read_scene(folder, number) for number in range(plan.scenes)])
        return PerceptionResult(folder, results, write_results(folder, results, manifest))


def write_results(folder: Path, results: ResultTable, manifest: Manifest) -> dict[str, Any]:
    """Write the numbers and the report; return the numbers."""
    from mygym_lite.perception.evaluation.report import render_perception_page

    document = {
        "schema": SCHEMA,
        "manifest": manifest,
        "rows": [asdict(row) for row in results.rows],
        "calibration": [
            {"perception": label, **_describe_calibration(results, number, key)}
            for number, label in enumerate(results.plan.labels)
            for key in results.moments_by_condition
        ],
    }
    write_text(folder / DATA_FILE, json.dumps(document, indent=1, allow_nan=False) + "\n")
    write_text(folder / REPORT_FILE, render_perception_page(results, manifest))
    return document


def _describe_calibration(results: ResultTable, number: int, key: ConditionKey) -> dict[str, Any]:
    conditions = results.moments_by_condition[key]
    return {
        "axis": key[0],
        "severity": key[1],
        "confidence": [confidence_bin._asdict() for confidence_bin in bin_by_confidence(conditions, number)],
        "coverage": compute_coverage(conditions, number),
    }
