"""The manifest of a recording: enough to repeat it, and to tell that it is the same."""

from __future__ import annotations

from mygym_lite.code_fingerprint import EPISODE, compute_code_fingerprint
from mygym_lite.demonstrations.block import BLOCKS_FOLDER
from mygym_lite.demonstrations.plan import RecordingPlan
from mygym_lite.fingerprint import to_plain_data
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.jobs.manifest import Manifest, build_common_manifest, describe_declaration
from mygym_lite.rollout.action_noise import HOLD_SECONDS, RECORDING_NOISE

SCHEMA = 1
RECORDING_FOLDER = JobFolder(
    "demonstrations.json",
    "mygym_lite record",
    "recording",
    identity_keys=(
        "schema episodes only_successes task settings policy perception randomization noise cameras size seed "
        "formats versions simulation recording"
    ),
    kept_keys=("git", "finished", "files", "episodes_played"),
    parts=BLOCKS_FOLDER,
)
_SAVING = (
    "mygym_lite.demonstrations.formats.lerobot",
    "mygym_lite.demonstrations.formats.minari_writer",
    "mygym_lite.rollout.action_noise",
    "mygym_lite.demonstrations.recording_env",
)
"""The modules that decide what is saved of an episode."""


def build_manifest(plan: RecordingPlan) -> Manifest:
    """Build the manifest of an incomplete recording."""
    task, variations = plan.task, plan.condition.variations or ()
    return build_common_manifest(RECORDING_FOLDER.program, SCHEMA) | {
        "about": f"{plan.policy.label} on {task.name}: {task.about}",
        "finished": False,
        "episodes": plan.episodes,
        "only_successes": plan.only_successes,
        "task": {"name": task.name, **describe_declaration(task)},
        "robot": task.robot.model,
        "control": task.robot.control,
        "control_hz": task.episode.control_hz,
        "settings": list(plan.settings),
        "policy": {"label": plan.policy.label, **to_plain_data(plan.policy.describe())},
        "perception": to_plain_data(plan.estimator.describe()) if plan.estimator else None,
        "randomization": {
            "name": plan.randomization,
            "variations": to_plain_data({v.path: v.to_dict() for v in variations}),
        },
        "noise": {"deviation": plan.noise, "hold_seconds": HOLD_SECONDS, "stream": RECORDING_NOISE},
        "cameras": list(plan.cameras),
        "size": None if plan.size is None else list(plan.size),
        "seed": plan.seed,
        "formats": list(plan.formats),
        "recording": compute_code_fingerprint(*_SAVING, beyond=EPISODE),
    }
