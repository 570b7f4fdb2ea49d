"""What describes a recording: enough to make it again, and to see that it is the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mygym_lite import provenance
from mygym_lite.demonstrations.action_noise import HOLD, STREAM
from mygym_lite.demonstrations.block import FOLDER
from mygym_lite.demonstrations.plan import RecordingPlan
from mygym_lite.fingerprint import EPISODE, code_fingerprint, digest, plain, simulation_digest
from mygym_lite.jobs.folder import Carded

RECORDING = Carded(
    "demonstrations.json", "mygym_lite record", "recording", FOLDER, ("git", "finished", "files", "tried")
)


SCHEMA = 1
DECIDING = (
    "schema", "episodes", "only_successes", "task", "settings", "policy", "perception", "randomization", "noise",
    "images", "size", "seed", "formats", "versions", "simulation", "recording",
)  # fmt: skip
_KEEPING = (
    "mygym_lite.demonstrations.formats.lerobot", "mygym_lite.demonstrations.formats.minari",
    "mygym_lite.demonstrations.action_noise", "mygym_lite.demonstrations.recording_env",
)  # fmt: skip
"""The modules that decide what is kept of an episode."""


def card_of(plan: RecordingPlan) -> dict[str, Any]:
    """Describe a recording that is not made yet."""
    task, fields = plan.task, plain(asdict(plan.task))
    variations = plan.condition.variations or ()
    return {
        "schema": SCHEMA,
        "program": RECORDING.program,
        "about": f"{plan.policy.label} on {task.name}: {task.about}",
        "finished": False,
        "episodes": plan.episodes,
        "only_successes": plan.only_successes,
        "task": {"name": task.name, "digest": digest(fields), "fields": fields},
        "robot": task.robot.model,
        "control": task.robot.control,
        "control_hz": task.episode.control_hz,
        "settings": list(plan.settings),
        "policy": {"label": plan.policy.label, **plain(plan.policy.card())},
        "perception": plain(plan.eyes.card()) if plan.eyes else None,
        "randomization": {
            "name": plan.randomization, "variations": plain({v.path: v.written() for v in variations})
        },
        "noise": {"deviation": plan.noise, "hold_seconds": HOLD, "stream": STREAM},
        "images": list(plan.cameras),
        "size": None if plan.size is None else list(plan.size),
        "seed": plan.seed,
        "formats": list(plan.formats),
        "version": provenance.version("mygym_lite"),
        "versions": provenance.versions(),
        "git": provenance.revision(),
        "simulation": simulation_digest(),
        "recording": code_fingerprint(*_KEEPING, beyond=EPISODE),
    }  # fmt: skip
