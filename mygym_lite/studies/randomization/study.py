"""A domain randomization study: train policies under several presets, test them along every axis, and compare."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.documents import parse_json
from mygym_lite.files import write_text
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, ObservationConfig
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.studies.randomization.evaluation import evaluate_policies
from mygym_lite.studies.randomization.findings import StudyFindings, compute_findings
from mygym_lite.studies.randomization.plan import PRESETS, STUDY_FOLDER, RandomizationPlan
from mygym_lite.studies.randomization.training import train_policies

RESULTS_FILE, REPORT_FILE, MATRIX_FILE = "transfer.json", "transfer.html", "transfer.png"
CURVES_FILE = "transfer.svg"
_SCHEMA = 1


def study_randomization(
    task: str | Path | Task,
    out: str | Path | None = None,
    presets: Sequence[str | Path] = PRESETS,
    *,
    algo: str = "dagger",
    seeds: int = 3,
    demonstrations: DemonstrationConfig | None = None,
    training: TrainingConfig | None = None,
    network: NetworkConfig | None = None,
    observation: ObservationConfig | None = None,
    suite: str | Path = "sim2real",
    severities: Sequence[int] = (3,),
    episodes: int = 50,
    seed: int = 0,
    settings: Sequence[str] = (),
    perception: str | Path | None = None,
    workers: int | None = None,
    command: str = "",
    progress: Progress = no_progress,
) -> StudyFindings:
    """Train one policy for each preset and training seed, and test them along every axis that affects them.

    Other processes do the work, so a script calls this under ``if __name__ == "__main__":``. Called again with the
    same folder, an interrupted study continues; presets, training seeds and episodes may be added.

    Args:
        task: Name of a shipped task, path of a task file, or a task.
        out: Folder of the study; a new temporary folder if left out.
        presets: Training randomizations: shipped names, files, ``none``, and ``adr`` for automatic domain
            randomization.
        algo: Algorithm of imitation learning.
        seeds: Number of trainings of each preset; training i has seed i.
        demonstrations: Demonstrations, the same for all policies.
        training: Optimizer settings, the same for all policies.
        network: Network architecture, the same for all policies.
        observation: Observations, the same for all policies.
        suite: Suite of the tests.
        severities: Severity levels of the tests.
        episodes: Number of episodes of each policy under each condition.
        seed: Seed of the first test episode.
        settings: Fixed changes to the task, each as ``path=value``.
        perception: Trained pose estimator whose estimates policies receive in the tests.
        workers: Number of processes; one for each core if left out.
        command: Command line, for the manifest.
        progress: Callback for progress.
    """
    kind = (network or NetworkConfig.for_algorithm(algo)).kind
    plan = RandomizationPlan(
        task,
        Path(tempfile.mkdtemp(prefix="mygym_lite_") if out is None else out),
        tuple(map(str, presets)),
        algo=algo,
        seeds=seeds,
        demonstrations=demonstrations or DemonstrationConfig.for_task(task),
        training=training or TrainingConfig.for_network(kind),
        network=network,
        observation=observation or GROUND_TRUTH,
        suite=suite,
        severities=tuple(severities),
        episodes=episodes,
        seed=seed,
        settings=tuple(settings),
        perception=perception,
    )
    manifest = plan.build_manifest(command)
    with STUDY_FOLDER.open(plan.folder, manifest) as merged:
        train_policies(plan, workers, progress)
        findings = compute_findings(plan, evaluate_policies(plan, workers, progress))
        write_study(findings, merged | {"presets": manifest["presets"]})
    return findings


def write_study(findings: StudyFindings, manifest: Manifest) -> None:
    """Write numbers, report and picture of a study."""
    from mygym_lite.studies.randomization.curves import draw_curves_file
    from mygym_lite.studies.randomization.matrix_picture import draw_matrix
    from mygym_lite.studies.randomization.report import render_study_page
    from mygym_lite.viz.image_files import open_png

    folder = findings.plan.folder
    document = build_document(findings, manifest)
    write_text(folder / RESULTS_FILE, json.dumps(document, indent=1, allow_nan=False) + "\n")
    if curves := draw_curves_file(document["cells"]):
        write_text(folder / CURVES_FILE, curves)
    write_text(folder / REPORT_FILE, render_study_page(findings, manifest))
    with open_png(folder / MATRIX_FILE) as save:
        save(draw_matrix(findings))


def build_document(findings: StudyFindings, manifest: Manifest) -> dict[str, Any]:
    """Build the JSON document of a study: its numbers and its manifest."""
    return {
        "schema": _SCHEMA,
        "study": {**manifest, "policies": findings.outcomes.policy_fingerprints},
        "irrelevant_axes": findings.outcomes.irrelevant_axes,
        "cells": [cell.to_dict() for cell in findings.cells.values()],
    }


def read_document(folder: Path) -> dict[str, Any]:
    """Read the JSON document of a finished study."""
    document: dict[str, Any] = parse_json((folder / RESULTS_FILE).read_text(encoding="utf-8"))
    return document
