"""Export of demonstrations, each format to a folder of its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.formats import lerobot
from mygym_lite.demonstrations.formats.minari_reader import DATA_FILE
from mygym_lite.demonstrations.formats.minari_writer import write_episodes, write_metadata
from mygym_lite.demonstrations.plan import RecordingPlan
from mygym_lite.envs.component_names import list_component_names
from mygym_lite.envs.registration import format_env_id
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.files import write_atomically
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.terms import load_task
from mygym_lite.text import escape_unencodable

DemonstrationSource = Callable[[], Iterable[Demonstration]]


def require_writable_formats(plan: RecordingPlan, env: TaskEnv) -> None:
    """Refuse a format that cannot be written here, or cannot hold the observations."""
    if "lerobot" in plan.formats:
        if escape_unencodable(str(plan.folder.absolute())) != str(plan.folder.absolute()):
            raise UsageError(f"{plan.folder}: LeRobot's files need a path in UTF-8; choose another --out")
        lerobot.require_writable({name: box.shape for name, box in env.observation_space.spaces.items()})  # type: ignore[attr-defined]


def write_formats(
    plan: RecordingPlan, manifest: Manifest, read_episodes: DemonstrationSource, env: TaskEnv
) -> Manifest:
    """Write every format, and return the manifest with the written files.

    Args:
        plan: Plan of the recording.
        manifest: Manifest of the recording.
        read_episodes: Returns an iterator over the episodes, at each call.
        env: Environment with the observation and action spaces.
    """
    manifest = manifest | {"names": list_component_names(env)}
    try:
        if "minari" in plan.formats:
            _write_minari(plan, manifest, read_episodes, env)
        if "lerobot" in plan.formats:
            lerobot.write_lerobot(plan.folder / "lerobot", read_episodes(), manifest)
    except OSError as error:
        raise UsageError(f"{plan.folder}: cannot be written ({error.strerror or error}); make room") from error
    files = [file for name in plan.formats for file in sorted((plan.folder / name).rglob("*")) if file.is_file()]
    return manifest | {"files": {str(file.relative_to(plan.folder)): file.stat().st_size for file in files}}


def _write_minari(plan: RecordingPlan, manifest: Manifest, read_episodes: DemonstrationSource, env: TaskEnv) -> None:
    file = plan.folder / "minari" / "data" / DATA_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(file) as part:
        counts = write_episodes(part, read_episodes())
    write_metadata(
        file,
        _make_dataset_id(plan),
        env.observation_space,  # type: ignore[arg-type]
        env.action_space,  # type: ignore[arg-type]
        counts=counts,
        manifest=lerobot.drop_local_keys(manifest),
        env_spec=_make_env_spec(plan),
    )


def _make_dataset_id(plan: RecordingPlan) -> str:
    """Make a name as Minari requires it: letters, digits, hyphens and a version."""
    word = "".join(letter if letter.isalnum() else "-" for letter in plan.policy.label).strip("-") or "policy"
    return f"mygym_lite/{plan.task.name}/{word}-v0"


def _make_env_spec(plan: RecordingPlan) -> str | None:
    """Make the Gymnasium specification of the environment, if the task is a shipped one."""
    import gymnasium

    name = plan.task.name
    if not (paths.get_tasks_folder() / f"{name}.toml").is_file():
        return None
    if load_task(name, plan.settings) != plan.task:
        return None
    spec: dict[str, Any] = json.loads(gymnasium.spec(format_env_id(name)).to_json())
    spec["kwargs"] |= {"settings": list(plan.settings)} if plan.settings else {}
    spec["kwargs"] |= {key: value for key, value in plan.build_env_arguments().items() if value is not None}
    return json.dumps(spec)


def compute_folder_size(folder: Path) -> int:
    """Compute the size of a folder, bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
