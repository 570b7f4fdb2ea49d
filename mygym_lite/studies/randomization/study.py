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
from mygym_lite.jobs.folder import Card
from mygym_lite.learning.imitation.architecture import Head
from mygym_lite.learning.imitation.config import Lessons
from mygym_lite.learning.imitation.environment import TOLD, Sight
from mygym_lite.learning.imitation.trainer import Schedule
from mygym_lite.schema import parse_json
from mygym_lite.studies.randomization.evaluation import tested
from mygym_lite.studies.randomization.findings import Findings, find
from mygym_lite.studies.randomization.plan import DECIDING, PRESETS, STUDY, TransferPlan, planned
from mygym_lite.studies.randomization.training import train

DATA, PAGE, PICTURE = "transfer.json", "transfer.html", "transfer.png"
_SCHEMA = 1
Watch = Callable[[str, int, int, str], None]
"""Is told what is being made, how much of it there is, how much there will be, and something about it."""


def unwatched(_what: str, _done: int, _total: int, _more: str) -> None:
    """Nobody looks."""


def study_randomization(
    task: str | Path | Task, out: str | Path | None = None, presets: Sequence[str | Path] = PRESETS, *,
    algo: str = "dagger", seeds: int = 3, lessons: Lessons | None = None, schedule: Schedule | None = None,
    head: Head | None = None, sight: Sight | None = None, suite: str | Path = "sim2real", levels: Sequence[int] = (3,),
    episodes: int = 50, seed: int = 0, settings: Sequence[str] = (), perceive: str | Path | None = None,
    workers: int | None = None, command: str = "", watch: Watch = unwatched,
) -> Findings:  # fmt: skip
    """Train one policy for each preset and training seed, all alike, and test them along every axis that reaches them.

    The work is done by other processes, so a script calls this under ``if __name__ == "__main__":``. Called again with
    the same folder it goes on where it was ended; presets, training seeds and episodes may be added to.

    Args:
        task: A shipped task's name, or the path of a task file.
        out: Folder of the study; a new one among the system's temporary files if left out.
        presets: Training randomizations: shipped names, files, ``none``, and ``adr`` for ranges that grow.
        algo: Of imitation.
        seeds: Trainings of each.
        lessons: What is shown, the same for all.
        schedule: How it is learned, likewise.
        head: Which network learns, likewise.
        sight: Through what it sees, likewise.
        suite: What they are tested on.
        levels: At which of its levels.
        episodes: Of each policy under each condition.
        seed: Of the first of them.
        settings: Fixed changes to the task, each as ``path=value``.
        perceive: Trained perception, through which policies look when they are tested.
        workers: Processes, as many as there are cores if left out.
        command: How it was started, for the card.
        watch: Is told how it goes on.
    """
    kind = head.kind if head else "chunks" if algo == "act" else "mlp"
    plan = planned(
        task, tempfile.mkdtemp(prefix="mygym_lite_") if out is None else out, presets, algo=algo, seeds=seeds,
        lessons=lessons or Lessons.of(task), schedule=schedule or Schedule.of(kind), head=head, sight=sight or TOLD,
        suite=suite, levels=tuple(levels), episodes=episodes, seed=seed, settings=tuple(settings), perceive=perceive,
    )  # fmt: skip
    return conduct(plan, workers, command, watch)


def conduct(plan: TransferPlan, workers: int | None = None, command: str = "", watch: Watch = unwatched) -> Findings:
    """Do what is missing of a study, and write the page, the picture and the numbers."""
    card = plan.card(command)
    if STUDY.is_there(plan.folder):
        _refuse_changed_presets(plan.folder, STUDY.read(plan.folder), card)
    with STUDY.begun(plan.folder, card, DECIDING) as begun:
        before = STUDY.read(plan.folder)
        STUDY.write(plan.folder, begun | {"presets": before["presets"] | card["presets"]})
        train(plan, workers, lambda done, total, more: watch("policies", done, total, more))
        findings = find(plan, tested(plan, workers, lambda done, total: watch("episodes", done, total, "")))
        write(findings, begun)
    return findings


def _refuse_changed_presets(folder: Path, before: Card, now: Card) -> None:
    for label, content in now["presets"].items():
        if before.get("presets", {}).get(label, content) != content:
            raise UsageError(f"{folder}: holds policies of another '{label}'; give a new --out")


def write(findings: Findings, card: Card) -> None:
    """Write everything that is told of a study."""
    from mygym_lite.studies.randomization.matrix_picture import drawn
    from mygym_lite.studies.randomization.report import page
    from mygym_lite.viz.image_files import picture_file

    folder = findings.plan.folder
    write_text(folder / DATA, json.dumps(document(findings, card), indent=1, allow_nan=False) + "\n")
    write_text(folder / PAGE, page(findings, card))
    with picture_file(folder / PICTURE) as save:
        save(drawn(findings))


def document(findings: Findings, card: Card) -> dict[str, Any]:
    """All numbers, and how they came about."""
    return {
        "schema": _SCHEMA,
        "study": {**card, "policies": findings.outcomes.policies},
        "left_out": findings.outcomes.left_out,
        "cells": [cell.as_json() for cell in findings.cells.values()],
    }


def read_document(folder: Path) -> dict[str, Any]:
    """The numbers of a study that has ended."""
    told: dict[str, Any] = parse_json((folder / DATA).read_text(encoding="utf-8"))
    return told
