"""What describes a recording: enough to make it again, and to see that it is the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mygym_lite import provenance
from mygym_lite.demonstrations.block import BLOCKS_FOLDER
from mygym_lite.demonstrations.plan import RecordingPlan
from mygym_lite.fingerprint import (
    EPISODE,
    code_fingerprint,
    compute_fingerprint,
    compute_simulation_fingerprint,
    to_plain_data,
)
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.rollout.action_noise import HOLD_SECONDS, RECORDING_NOISE

RECORDING_FOLDER = JobFolder(
    "demonstrations.json",
    "mygym_lite record",
    "recording",
    BLOCKS_FOLDER,
    ("git", "finished", "files", "episodes_played"),
)


SCHEMA = 1
IDENTITY_KEYS = (
    "schema", "episodes", "only_successes", "task", "settings", "policy", "perception", "randomization", "noise",
    "cameras", "size", "seed", "formats", "versions", "simulation", "recording",
)  # fmt: skip
_KEEPING = (
    "mygym_lite.demonstrations.formats.lerobot", "mygym_lite.demonstrations.formats.minari",
    "mygym_lite.rollout.action_noise", "mygym_lite.demonstrations.recording_env",
)  # fmt: skip
"""The modules that decide what is kept of an episode."""


def build_manifest(plan: RecordingPlan) -> dict[str, Any]:
    """Describe a recording that is not made yet."""
    task, fields = plan.task, to_plain_data(asdict(plan.task))
    variations = plan.condition.variations or ()
    return {
        "schema": SCHEMA,
        "program": RECORDING_FOLDER.program,
        "about": f"{plan.policy.label} on {task.name}: {task.about}",
        "finished": False,
        "episodes": plan.episodes,
        "only_successes": plan.only_successes,
        "task": {"name": task.name, "digest": compute_fingerprint(fields), "fields": fields},
        "robot": task.robot.model,
        "control": task.robot.control,
        "control_hz": task.episode.control_hz,
        "settings": list(plan.settings),
        "policy": {"label": plan.policy.label, **to_plain_data(plan.policy.describe())},
        "perception": to_plain_data(plan.estimator.describe()) if plan.estimator else None,
        "randomization": {
            "name": plan.randomization, "variations": to_plain_data({v.path: v.to_dict() for v in variations})
        },
        "noise": {"deviation": plan.noise, "hold_seconds": HOLD_SECONDS, "stream": RECORDING_NOISE},
        "cameras": list(plan.cameras),
        "size": None if plan.size is None else list(plan.size),
        "seed": plan.seed,
        "formats": list(plan.formats),
        "version": provenance.read_version("mygym_lite"),
        "versions": provenance.read_versions(),
        "git": provenance.read_git_revision(),
        "simulation": compute_simulation_fingerprint(),
        "recording": code_fingerprint(*_KEEPING, beyond=EPISODE),
    }  # fmt: skip
