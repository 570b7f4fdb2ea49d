"""LeRobot's layout, version 3: frames in parquet files, images in videos, and their description in ``meta``.

The group ``proprio`` is ``observation.state``. Without images the other groups, in alphabetical order, are together
``observation.environment_state``, which LeRobot's policies require then; beside images each is ``observation.GROUP``,
which they ignore, and the images of a camera are ``observation.images.CAMERA``. Tokens of the instruction are always
``observation.instruction``; its text is the task of the episode. Videos are lossy; Minari's layout is lossless.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.demonstrations.demonstration import Array, Demonstration
from mygym_lite.demonstrations.formats.lerobot_keys import (
    ACTION,
    ENVIRONMENT,
    EXECUTED,
    PROPRIO,
    Names,
    import_package,
    name_components,
    name_joined_components,
    to_feature_key,
    to_group,
)
from mygym_lite.demonstrations.formats.lerobot_statistics import FeatureStatistics
from mygym_lite.demonstrations.formats.lerobot_tables import ParquetTables, write_tasks
from mygym_lite.demonstrations.formats.lerobot_video import VideoWriters, describe_videos
from mygym_lite.errors import UsageError
from mygym_lite.files import write_text

VERSION = "v3.0"
MANIFEST_FILE = "mygym_lite.json"
_LOCAL_KEYS = ("git", "files", "episodes_played", "finished")
_CHUNK = 1000  # files in a folder
_DATA_MB, _VIDEO_MB = 100, 200  # size at which the next file starts
_DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
_VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
_COUNTERS = ("frame_index", "episode_index", "index", "task_index")


def require_writable(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse observations that cannot be written here, or not in this layout.

    Args:
        shapes: Shapes of the observations.
    """
    import_package("pyarrow")
    images = {name: shape for name, shape in shapes.items() if len(shape) > 1}
    for name in shapes:
        if "." in name or "/" in name:
            raise UsageError(f"lerobot: '{name}' has a dot or a slash, which part names there; rename the group")
    for name, (height, width, *_) in images.items():
        import_package("av")
        if not name.endswith("_rgb"):
            raise UsageError(f"lerobot: '{name}' is no colour image; keep it with --format minari")
        if height % 2 or width % 2:
            raise UsageError(f"lerobot: '{name}' is {width}x{height}, videos need even numbers; choose another --size")


def write_lerobot(folder: Path, episodes: Iterable[Demonstration], manifest: Mapping[str, Any]) -> None:
    """Write a set of demonstrations, in place of any previous one."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "meta").mkdir(parents=True)
    fps = _simplify_number(manifest["control_hz"])
    total_statistics = FeatureStatistics()
    features: dict[str, Any] = {}
    tasks: dict[str, int] = {}
    with (
        ParquetTables(folder, _DATA, _DATA_MB, _CHUNK) as tables,
        VideoWriters(folder, _VIDEO, _VIDEO_MB, _CHUNK, fps) as videos,
    ):
        for number, demonstration in enumerate(episodes):
            task = tasks.setdefault(_get_task(demonstration, manifest), len(tasks))
            columns = _make_columns(demonstration, number, tables.frame_count, fps, task)
            images = _collect_images(demonstration)
            names = manifest.get("names", {})
            features = features or {
                **_describe_features(demonstration, columns, names),
                **describe_videos(images, fps),
                **{name: {"dtype": "int64", "shape": [1], "names": None} for name in _COUNTERS},
            }
            statistics = FeatureStatistics()
            for target in (statistics, total_statistics):
                target.add(columns | images)
            tables.add(columns, _make_row(demonstration, manifest), videos.add(images), statistics.as_json())
    write_tasks(folder / "meta" / "tasks.parquet", list(tasks))
    _write_json(folder, "info.json", _make_info(manifest, fps, features, tables, len(tasks)))
    _write_json(folder, "stats.json", total_statistics.as_json())
    _write_json(folder, MANIFEST_FILE, drop_local_keys(manifest))


def drop_local_keys(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest without the keys that concern the folder of the recording alone."""
    return {key: value for key, value in manifest.items() if key not in _LOCAL_KEYS}


def _make_columns(
    demonstration: Demonstration, episode: int, first_frame: int, fps: float, task: int
) -> dict[str, Array]:
    """Make the columns of every frame: observation, action and outcome."""
    steps, infos = len(demonstration), demonstration.infos
    frames = np.arange(steps, dtype=np.int64)
    observations = {
        key: np.concatenate([demonstration.get_observations(name) for name in names], axis=1)
        for key, names in _group_observations(demonstration).items()
    }
    return {
        **observations,
        ACTION: demonstration.actions,
        EXECUTED: demonstration.executed,
        "next.reward": demonstration.rewards.astype(np.float32),
        "next.done": demonstration.terminations | demonstration.truncations,
        "next.truncated": demonstration.truncations,
        "next.success": infos["success"][1:] if "success" in infos else demonstration.terminations,
        "timestamp": (frames / fps).astype(np.float32),
        "frame_index": frames,
        "episode_index": np.full(steps, episode, np.int64),
        "index": first_frame + frames,
        "task_index": np.full(steps, task, np.int64),
    }


def _group_observations(demonstration: Demonstration) -> dict[str, list[str]]:
    """Return the observation groups of numbers, by the feature that holds them."""
    groups = sorted(name for name, array in demonstration.observations.items() if array.ndim == 2)
    others = [name for name in groups if name not in (PROPRIO, INSTRUCTION)]
    if _collect_images(demonstration) or not others:
        return {to_feature_key(name): [name] for name in groups}
    return {**{to_feature_key(name): [name] for name in groups if name not in others}, ENVIRONMENT: others}


def _collect_images(demonstration: Demonstration) -> dict[str, Array]:
    return {
        to_feature_key(name): demonstration.get_observations(name)
        for name, array in demonstration.observations.items()
        if array.ndim > 2
    }


def _describe_features(demonstration: Demonstration, columns: Mapping[str, Array], names: Names) -> dict[str, Any]:
    """Describe each column but the counters."""
    return {
        key: {
            "dtype": str(array.dtype),
            "shape": [int(array.shape[1]) if array.ndim == 2 else 1],
            "names": _name_feature(key, demonstration, names),
        }
        for key, array in columns.items()
        if key not in _COUNTERS
    }


def _name_feature(key: str, demonstration: Demonstration, names: Names) -> list[str] | None:
    """Name the components of a feature; None for a single number that its key explains."""
    if key == ENVIRONMENT:
        groups = _group_observations(demonstration)[key]
        return name_joined_components({name: demonstration.observations[name].shape[1] for name in groups}, names)
    if key in (ACTION, EXECUTED):
        return name_components(ACTION, demonstration.actions.shape[1], names)
    group = to_group(key)
    return None if group is None else name_components(group, demonstration.observations[group].shape[1], names)


def _make_row(demonstration: Demonstration, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Make the row of an episode, without its location."""
    return {
        "tasks": [_get_task(demonstration, manifest)],
        "seed": demonstration.seed,
        "success": demonstration.success,
        "record": json.dumps(demonstration.record),
    }


def _get_task(demonstration: Demonstration, manifest: Mapping[str, Any]) -> str:
    """Return the instruction of an episode, or the description of a task without language."""
    return str(demonstration.record.get("instruction") or manifest["task"]["fields"]["about"])


def _make_info(
    manifest: Mapping[str, Any], fps: float, features: Mapping[str, Any], tables: ParquetTables, task_count: int
) -> dict[str, Any]:
    return {
        "codebase_version": VERSION,
        "robot_type": manifest["robot"],
        "total_episodes": tables.episode_count,
        "total_frames": tables.frame_count,
        "total_tasks": task_count,
        "chunks_size": _CHUNK,
        "data_files_size_in_mb": _DATA_MB,
        "video_files_size_in_mb": _VIDEO_MB,
        "fps": fps,
        "splits": {"train": f"0:{tables.episode_count}"},
        "data_path": _DATA,
        "video_path": _VIDEO,
        "features": dict(features),
    }


def _simplify_number(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def _write_json(folder: Path, name: str, table: Mapping[str, Any]) -> None:
    write_text(folder / "meta" / name, json.dumps(table, indent=1) + "\n")
