"""The manifest of a perception evaluation: enough to repeat it, and to tell that it is the same."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

from mygym_lite.code_fingerprint import EPISODE, EXPERT, compute_code_fingerprint
from mygym_lite.fingerprint import compute_fingerprint, to_plain_data
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.jobs.manifest import Manifest, build_common_manifest, describe_declaration
from mygym_lite.perception.evaluation.average_precision import has_pycocotools
from mygym_lite.perception.evaluation.calibration import COVERAGE_PROBABILITIES
from mygym_lite.perception.evaluation.expert_moments import MOMENTS_PER_SCENE
from mygym_lite.perception.evaluation.plan import PerceptionPlan
from mygym_lite.perception.evaluation.scenes import SCENES_FOLDER
from mygym_lite.weights import WEIGHTS

SCHEMA = 1
PERCEPTION_FOLDER = JobFolder(
    "manifest.json",
    "mygym_lite evaluate-perception",
    "perception evaluation",
    identity_keys=(
        "schema perceptions settings task suite axes suite_digest cameras size seed moments versions "
        "simulation measurement"
    ),
    kept_keys=("git",),
    parts=SCENES_FOLDER,
    merge=lambda _previous, now: now,
)
_MEASUREMENT = (
    "mygym_lite.perception.evaluation.expert_moments",
    "mygym_lite.perception.evaluation.records",
    "mygym_lite.perception.evaluation.rerender",
    "mygym_lite.perception.estimator",
    EXPERT,
)
"""The modules that decide the records of a scene."""


def build_manifest(plan: PerceptionPlan) -> Manifest:
    """Build the manifest of an evaluation."""
    return build_common_manifest(PERCEPTION_FOLDER.program, SCHEMA) | {
        "command": format_command(plan),
        "perceptions": {label: _compute_digest(folder) for label, folder in plan.weights},
        "task": {"name": plan.task.name, "digest": describe_declaration(plan.task)["digest"]},
        "settings": list(plan.settings),
        "suite": plan.suite.name,
        "suite_digest": compute_fingerprint(to_plain_data([asdict(axis) for axis in plan.suite.axes])),
        "axes": list(plan.selection.axes),
        "irrelevant_axes": dict(plan.selection.excluded),
        "missing_metrics": {} if has_pycocotools() else {"ap": "needs pycocotools, of the extra vision"},
        "cameras": list(plan.cameras),
        "size": list(plan.size),
        "seed": plan.seed,
        "seed_range": [plan.seed, plan.seed + plan.scenes - 1],
        "scenes": plan.scenes,
        "moments": MOMENTS_PER_SCENE,
        "coverage_of": list(COVERAGE_PROBABILITIES),
        "measurement": compute_code_fingerprint(*_MEASUREMENT, beyond=EPISODE),
    }


def format_command(plan: PerceptionPlan) -> str:
    """Return the command line that repeats an evaluation."""
    names = (
        folder.as_posix() if label == folder.resolve().name else f"{label}={folder.as_posix()}"
        for label, folder in plan.weights
    )
    axes = plan.selection.axes
    all_axes = len(axes) + len(plan.selection.excluded) == len(plan.suite.axes)
    words = [
        f"mygym-lite evaluate-perception {' '.join(names)} --task {plan.task.name} --suite {plan.suite.name}",
        f"--scenes {plan.scenes} --seed {plan.seed} --cameras {' '.join(plan.cameras)}",
        *([] if all_axes else [f"--axes {' '.join(axes)}"]),
        *(f"--set {setting}" for setting in plan.settings),
    ]
    return " ".join(words)


def _compute_digest(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:32]
