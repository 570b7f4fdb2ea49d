"""LeRobot's layout, version 3: frames in parquet files, pictures in films, and what describes them in ``meta``.

The group ``proprio`` is ``observation.state``. Without pictures the other groups, in alphabetical order, are together
``observation.environment_state``, which LeRobot's policies ask for then; beside pictures each is ``observation.GROUP``,
which they leave alone, and what a camera sees is ``observation.images.CAMERA``. A film loses a little of a picture;
Minari's layout does not.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

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

VERSION = "v3.0"
MANIFEST_FILE = "mygym_lite.json"
_CHUNK = 1000  # files of a folder
_DATA_MB, _VIDEO_MB = 100, 200  # after which a file is followed by another
_DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
_VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
_COUNTED = ("frame_index", "episode_index", "index", "task_index")


def require_writable(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse what cannot be written here, or not in this layout.

    Args:
        shapes: Of what is observed.
    """
    import_package("pyarrow")
    pictures = {name: shape for name, shape in shapes.items() if len(shape) > 1}
    for name in shapes:
        if "." in name or "/" in name:
            raise UsageError(f"lerobot: '{name}' has a dot or a slash, which part names there; rename the group")
    for name, (height, width, *_) in pictures.items():
        import_package("av")
        if not name.endswith("_rgb"):
            raise UsageError(f"lerobot: '{name}' is no picture in colours; keep it with --format minari")
        if height % 2 or width % 2:
            raise UsageError(f"lerobot: '{name}' is {width}x{height}, films want even numbers; choose another --size")


def write_lerobot(folder: Path, episodes: Iterable[Demonstration], manifest: Mapping[str, Any]) -> None:
    """Write a set of demonstrations in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "meta").mkdir(parents=True)
    hertz = _whole(manifest["control_hz"])
    whole = FeatureStatistics()
    features: dict[str, Any] = {}
    tables, films = (
        ParquetTables(folder, _DATA, _DATA_MB, _CHUNK),
        VideoWriters(folder, _VIDEO, _VIDEO_MB, _CHUNK, hertz),
    )
    with tables, films:
        for number, shown in enumerate(episodes):
            columns, pictures = _columns(shown, number, tables.frame_count, hertz), _pictures(shown)
            names = manifest.get("names", {})
            features = features or _features(shown, columns, names) | describe_videos(pictures, hertz) | _counters()
            own = FeatureStatistics()
            for statistics in (own, whole):
                statistics.add(columns | pictures)
            tables.add(columns, _row(shown, manifest), films.add(pictures), own.as_json())
    write_tasks(folder / "meta" / "tasks.parquet", [_task(manifest)])
    _write(folder, "info.json", _info(manifest, hertz, features, tables))
    _write(folder, "stats.json", whole.as_json())
    _write(
        folder,
        MANIFEST_FILE,
        {key: value for key, value in manifest.items() if key not in ("git", "files", "episodes_played", "finished")},
    )


def _columns(shown: Demonstration, episode: int, before: int, hertz: float) -> dict[str, Array]:
    """The numbers of every frame: what was seen, then done, and what came of it."""
    steps = len(shown)
    frames = np.arange(steps, dtype=np.int64)
    seen = {
        key: np.concatenate([shown.get_observations(name) for name in names], axis=1)
        for key, names in _seen(shown).items()
    }
    return {
        **seen, ACTION: shown.actions, EXECUTED: shown.executed,
        "next.reward": shown.rewards.astype(np.float32), "next.done": shown.terminations | shown.truncations,
        "next.truncated": shown.truncations,
        "next.success": shown.infos["success"][1:] if "success" in shown.infos else shown.terminations,
        "timestamp": (frames / hertz).astype(np.float32), "frame_index": frames,
        "episode_index": np.full(steps, episode, np.int64), "index": before + frames,
        "task_index": np.zeros(steps, np.int64),
    }  # fmt: skip


def _seen(shown: Demonstration) -> dict[str, list[str]]:
    """The groups of numbers that are observed, by the feature that holds them."""
    groups = sorted(name for name, array in shown.observations.items() if array.ndim == 2)
    others = [name for name in groups if name != PROPRIO]
    if _pictures(shown) or not others:
        return {to_feature_key(name): [name] for name in groups}
    return {**{to_feature_key(name): [name] for name in groups if name == PROPRIO}, ENVIRONMENT: others}


def _pictures(shown: Demonstration) -> dict[str, Array]:
    return {
        to_feature_key(name): shown.get_observations(name)
        for name, array in shown.observations.items()
        if array.ndim > 2
    }


def _features(shown: Demonstration, columns: Mapping[str, Array], names: Names) -> dict[str, Any]:
    """A description of each column; the counters come last, after the pictures."""
    return {
        key: {"dtype": str(array.dtype), "shape": [_width(array)], "names": _names(key, shown, names)}
        for key, array in columns.items() if key not in _COUNTED
    }  # fmt: skip


def _names(key: str, shown: Demonstration, names: Names) -> list[str] | None:
    """Names of a feature's numbers; none where it is one number that its own name explains."""
    if key == ENVIRONMENT:
        return name_joined_components({name: shown.observations[name].shape[1] for name in _seen(shown)[key]}, names)
    if key in (ACTION, EXECUTED):
        return name_components(ACTION, shown.actions.shape[1], names)
    group = to_group(key)
    return None if group is None else name_components(group, shown.observations[group].shape[1], names)


def _width(array: Array) -> int:
    return int(array.shape[1]) if array.ndim == 2 else 1


def _counters() -> dict[str, Any]:
    return {name: {"dtype": "int64", "shape": [1], "names": None} for name in _COUNTED}


def _row(shown: Demonstration, card: Mapping[str, Any]) -> dict[str, Any]:
    """What an episode's row says beside its place."""
    return {"tasks": [_task(card)], "seed": shown.seed, "success": shown.success, "record": json.dumps(shown.record)}


def _task(card: Mapping[str, Any]) -> str:
    return str(card["task"]["fields"]["about"])


def _info(card: Mapping[str, Any], hertz: float, features: Mapping[str, Any], tables: ParquetTables) -> dict[str, Any]:
    return {
        "codebase_version": VERSION, "robot_type": card["robot"], "total_episodes": tables.episode_count,
        "total_frames": tables.frame_count, "total_tasks": 1, "chunks_size": _CHUNK, "data_files_size_in_mb": _DATA_MB,
        "video_files_size_in_mb": _VIDEO_MB, "fps": hertz, "splits": {"train": f"0:{tables.episode_count}"},
        "data_path": _DATA, "video_path": _VIDEO, "features": dict(features),
    }  # fmt: skip


def _whole(hertz: float) -> float:
    return int(hertz) if float(hertz).is_integer() else hertz


def _write(folder: Path, name: str, table: Mapping[str, Any]) -> None:
    (folder / "meta" / name).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
