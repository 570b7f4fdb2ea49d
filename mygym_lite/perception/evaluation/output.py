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
from mygym_lite.fingerprint import compute_fingerprint, compute_simulation_fingerprint, to_plain_data
from mygym_lite.perception.evaluation.average_precision import has_pycocotools
from mygym_lite.perception.evaluation.calibration import COVERAGE_PROBABILITIES, bin_by_confidence, compute_coverage
from mygym_lite.perception.evaluation.expert_moments import MOMENTS_PER_SCENE
from mygym_lite.perception.evaluation.plan import PerceptionPlan
from mygym_lite.perception.evaluation.results import ConditionKey, ResultTable
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.schema import parse_json
from mygym_lite.weights import WEIGHTS

DATA_FILE, REPORT_FILE = "perception.json", "report.html"
PROGRAM = "mygym_lite evaluate-perception"
_SCHEMA = 1


def prepare_folder(folder: Path) -> None:
    """Make a folder; one that holds anything but an older evaluation of perception is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = sorted(file.name for file in folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error
    if held and not _is_ours(folder / DATA_FILE):
        raise UsageError(f"{folder}: holds {held[0]} and no evaluation of perception; give an --out that is new")


def _is_ours(file: Path) -> bool:
    try:
        found = parse_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (
        isinstance(found, dict) and isinstance(told := found.get("manifest"), dict) and told.get("program") == PROGRAM
    )


def write_results(folder: Path, results: ResultTable) -> None:
    """Write the numbers and the page."""
    from mygym_lite.perception.evaluation.report import render_perception_page

    whole = build_document(results)
    write_text(folder / DATA_FILE, json.dumps(whole, indent=1, allow_nan=False) + "\n")
    write_text(folder / REPORT_FILE, render_perception_page(results, whole["manifest"]))


def build_document(results: ResultTable) -> dict[str, Any]:
    """Everything that was found, and how; the same whenever and wherever it is found again."""
    plan = results.plan
    return {
        "schema": _SCHEMA,
        "manifest": build_manifest(plan),
        "rows": [asdict(row) for row in results.rows],
        "calibration": [
            {"perception": label, **_calibration(results, number, place)}
            for number, label in enumerate(plan.labels)
            for place in results.moments_by_condition
        ],
    }


def _calibration(findings: ResultTable, number: int, place: ConditionKey) -> dict[str, Any]:
    conditions = findings.moments_by_condition[place]
    return {
        "axis": place[0], "severity": place[1],
        "confidence": [one._asdict() for one in bin_by_confidence(conditions, number)],
        "coverage": compute_coverage(conditions, number),
    }  # fmt: skip


def build_manifest(plan: PerceptionPlan) -> dict[str, Any]:
    """What it was made of."""
    return {
        "program": PROGRAM,
        "command": format_command(plan),
        "version": provenance.read_version("mygym_lite"),
        "versions": provenance.read_versions(),
        "git": provenance.read_git_revision(),
        "simulation": compute_simulation_fingerprint(),
        "perceptions": {label: _digest(folder) for label, folder in plan.weights},
        "task": {"name": plan.task.name, "digest": compute_fingerprint(to_plain_data(asdict(plan.task)))},
        "settings": list(plan.settings),
        "suite": plan.suite.name,
        "axes": list(dict.fromkeys(c.axis for c in plan.selection.conditions if c.axis != NOMINAL)),
        "irrelevant_axes": dict(plan.selection.excluded),
        "missing_metrics": {} if has_pycocotools() else {"ap": "needs pycocotools, of the extra vision"},
        "cameras": list(plan.cameras),
        "size": list(plan.size),
        "seed_range": [plan.seed, plan.seed + plan.scenes - 1],
        "scenes": plan.scenes,
        "moments": MOMENTS_PER_SCENE,
        "coverage_of": list(COVERAGE_PROBABILITIES),
    }


def format_command(plan: PerceptionPlan) -> str:
    """What makes the same numbers again."""
    tested = list(dict.fromkeys(c.axis for c in plan.selection.conditions if c.axis != NOMINAL))
    whole = len(tested) + len(plan.selection.excluded) == len(plan.suite.axes)
    weights = " ".join(folder.as_posix() if label == folder.resolve().name else f"{label}={folder.as_posix()}"
                       for label, folder in plan.weights)  # fmt: skip
    return " ".join([
        f"mygym-lite evaluate-perception {weights} --task {plan.task.name} --suite {plan.suite.name}",
        f"--scenes {plan.scenes} --seed {plan.seed} --cameras {' '.join(plan.cameras)}",
        *([] if whole else [f"--axes {' '.join(tested)}"]),
        *(f"--set {setting}" for setting in plan.settings),
    ])  # fmt: skip


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:32]
