"""A randomization study: train twins, test them on what their training varied and on what it did not, and compare."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.jobs.folder import Manifest
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, ObservationConfig
from mygym_lite.learning.imitation.trainer import TrainingConfig
from mygym_lite.schema import parse_json
from mygym_lite.studies.randomization.evaluation import evaluate_policies
from mygym_lite.studies.randomization.findings import StudyFindings, compute_findings
from mygym_lite.studies.randomization.plan import (
    IDENTITY_KEYS,
    PRESETS,
    STUDY_FOLDER,
    RandomizationPlan,
    make_study_plan,
)
from mygym_lite.studies.randomization.training import train_policies

RESULTS_FILE, REPORT_FILE, MATRIX_FILE = "transfer.json", "transfer.html", "transfer.png"
_SCHEMA = 1
Progress = Callable[[str, int, int, str], None]
"""Is told what is being made, how much of it there is, how much there will be, and something about it."""


def no_progress(_what: str, _done: int, _total: int, _more: str) -> None:
    """Nobody looks."""


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
    """Train one policy for each preset and training seed, all alike, and test them along every axis that reaches them.

    The work is done by other processes, so a script calls this under ``if __name__ == "__main__":``. Called again with
    the same folder it goes on where it was ended; presets, training seeds and episodes may be added to.

    Args:
        task: A shipped task's name, or the path of a task file.
        out: Folder of the study; a new one among the system's temporary files if left out.
        presets: Training randomizations: shipped names, files, ``none``, and ``adr`` for ranges that grow.
        algo: Of imitation.
        seeds: Trainings of each.
        demonstrations: What is shown, the same for all.
        training: How it is learned, likewise.
        network: Which network learns, likewise.
        observation: Through what it sees, likewise.
        suite: What they are tested on.
        severities: At which of its levels.
        episodes: Of each policy under each condition.
        seed: Of the first of them.
        settings: Fixed changes to the task, each as ``path=value``.
        perception: Trained perception, through which policies look when they are tested.
        workers: Processes, as many as there are cores if left out.
        command: How it was started, for the card.
        progress: Is told how it goes on.
    """
    kind = network.kind if network else "action_chunking" if algo == "act" else "mlp"
    plan = make_study_plan(
        task,
        tempfile.mkdtemp(prefix="mygym_lite_") if out is None else out,
        presets,
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
    return run_study(plan, workers, command, progress)


def run_study(
    plan: RandomizationPlan, workers: int | None = None, command: str = "", progress: Progress = no_progress
) -> StudyFindings:
    """Do what is missing of a study, and write the page, the picture and the numbers."""
    card = plan.build_manifest(command)
    if STUDY_FOLDER.exists(plan.folder):
        _refuse_changed_presets(plan.folder, STUDY_FOLDER.read_manifest(plan.folder), card)
    with STUDY_FOLDER.open(plan.folder, card, IDENTITY_KEYS) as begun:
        before = STUDY_FOLDER.read_manifest(plan.folder)
        STUDY_FOLDER.write_manifest(plan.folder, begun | {"presets": before["presets"] | card["presets"]})
        train_policies(plan, workers, lambda done, total, more: progress("policies", done, total, more))
        findings = compute_findings(
            plan, evaluate_policies(plan, workers, lambda done, total: progress("episodes", done, total, ""))
        )
        write_study(findings, begun)
    return findings


def _refuse_changed_presets(folder: Path, before: Manifest, now: Manifest) -> None:
    for label, content in now["presets"].items():
        if before.get("presets", {}).get(label, content) != content:
            raise UsageError(f"{folder}: holds policies of another '{label}'; give a new --out")


def write_study(findings: StudyFindings, manifest: Manifest) -> None:
    """Write everything that is told of a study."""
    from mygym_lite.studies.randomization.matrix_picture import draw_matrix
    from mygym_lite.studies.randomization.report import render_study_page
    from mygym_lite.viz.image_files import open_png

    folder = findings.plan.folder
    write_text(folder / RESULTS_FILE, json.dumps(build_document(findings, manifest), indent=1, allow_nan=False) + "\n")
    write_text(folder / REPORT_FILE, render_study_page(findings, manifest))
    with open_png(folder / MATRIX_FILE) as save:
        save(draw_matrix(findings))


def build_document(findings: StudyFindings, manifest: Manifest) -> dict[str, Any]:
    """All numbers, and how they came about."""
    return {
        "schema": _SCHEMA,
        "study": {**manifest, "policies": findings.outcomes.policy_fingerprints},
        "irrelevant_axes": findings.outcomes.irrelevant_axes,
        "cells": [cell.to_dict() for cell in findings.cells.values()],
    }


def read_document(folder: Path) -> dict[str, Any]:
    """The numbers of a study that has ended."""
    told: dict[str, Any] = parse_json((folder / RESULTS_FILE).read_text(encoding="utf-8"))
    return told
