"""The folder of an evaluation of perception: ``perception.json`` and ``report.html``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mygym_lite import provenance
from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.fingerprint import digest, plain, simulation_digest
from mygym_lite.perception.evaluation.average_precision import can_tell
from mygym_lite.perception.evaluation.calibration import SHARES, bins, coverage
from mygym_lite.perception.evaluation.expert_moments import MOMENTS
from mygym_lite.perception.evaluation.plan import LookPlan
from mygym_lite.perception.evaluation.results import Findings, Place
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.schema import parse_json
from mygym_lite.weights import WEIGHTS

DATA, PAGE = "perception.json", "report.html"
PROGRAM = "mygym_lite evaluate-perception"
_SCHEMA = 1


def begun(folder: Path) -> None:
    """Make a folder; one that holds anything but an older evaluation of perception is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = sorted(file.name for file in folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
    if held and not _is_ours(folder / DATA):
        raise UsageError(f"{folder}: holds {held[0]} and no evaluation of perception; give an --out that is new")


def _is_ours(file: Path) -> bool:
    try:
        found = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (
        isinstance(found, dict) and isinstance(told := found.get("manifest"), dict) and told.get("program") == PROGRAM
    )


def write(folder: Path, findings: Findings) -> None:
    """Write the numbers and the page."""
    from mygym_lite.perception.evaluation.report import page

    whole = document(findings)
    write_text(folder / DATA, json.dumps(whole, indent=1, allow_nan=False) + "\n")
    write_text(folder / PAGE, page(findings, whole["manifest"]))


def document(findings: Findings) -> dict[str, Any]:
    """Everything that was found, and how; the same whenever and wherever it is found again."""
    plan = findings.plan
    return {
        "schema": _SCHEMA,
        "manifest": manifest(plan),
        "rows": [asdict(row) for row in findings.rows],
        "calibration": [
            {"weights": label, **_calibration(findings, number, place)}
            for number, label in enumerate(plan.labels)
            for place in findings.places
        ],
    }


def _calibration(findings: Findings, number: int, place: Place) -> dict[str, Any]:
    conditions = findings.places[place]
    return {
        "axis": place[0], "level": place[1],
        "confidence": [one._asdict() for one in bins(conditions, number)],
        "coverage": coverage(conditions, number),
    }  # fmt: skip


def manifest(plan: LookPlan) -> dict[str, Any]:
    """What it was made of."""
    return {
        "program": PROGRAM,
        "command": command(plan),
        "version": provenance.version("mygym_lite"),
        "versions": provenance.versions(),
        "git": provenance.revision(),
        "simulation": simulation_digest(),
        "weights": {label: _digest(folder) for label, folder in plan.weights},
        "task": {"name": plan.task.name, "digest": digest(plain(asdict(plan.task)))},
        "settings": list(plan.settings),
        "suite": plan.suite.name,
        "axes": list(dict.fromkeys(c.axis for c in plan.chosen.conditions if c.axis != NOMINAL)),
        "left_out": dict(plan.chosen.left_out),
        "metrics_left_out": {} if can_tell() else {"ap": "needs pycocotools, of the extra vision"},
        "cameras": list(plan.cameras),
        "size": list(plan.size),
        "seeds": [plan.seed, plan.seed + plan.scenes - 1],
        "scenes": plan.scenes,
        "moments": MOMENTS,
        "coverage_of": list(SHARES),
    }


def command(plan: LookPlan) -> str:
    """What makes the same numbers again."""
    tested = list(dict.fromkeys(c.axis for c in plan.chosen.conditions if c.axis != NOMINAL))
    whole = len(tested) + len(plan.chosen.left_out) == len(plan.suite.axes)
    weights = " ".join(folder.as_posix() if label == folder.resolve().name else f"{label}={folder.as_posix()}"
                       for label, folder in plan.weights)  # fmt: skip
    return " ".join([
        f"mygym-lite evaluate-perception {weights} --task {plan.task.name} --suite {plan.suite.name}",
        f"--scenes {plan.scenes} --seed {plan.seed} --camera {' '.join(plan.cameras)}",
        *([] if whole else [f"--axes {' '.join(tested)}"]),
        *(f"--set {setting}" for setting in plan.settings),
    ])  # fmt: skip


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:32]
