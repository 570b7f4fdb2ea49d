"""LeRobot's layout, version 3: frames in parquet files, pictures in films, and what describes them in ``meta``.

The group ``proprio`` is ``observation.state``, any other one ``observation.GROUP``, and what a camera sees
``observation.images.CAMERA``. A film loses a little of a picture; Minari's layout does not.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.datasets.demonstration import Array, Demonstration
from mygym_lite.datasets.lerobot_film import Films, film_features
from mygym_lite.datasets.lerobot_names import ACTION, EXECUTED, key_of, needed
from mygym_lite.datasets.lerobot_tables import Tables, write_tasks
from mygym_lite.datasets.spread import Spread
from mygym_lite.errors import UsageError

VERSION = "v3.0"
CARD = "mygym_lite.json"
_CHUNK = 1000  # files of a folder
_DATA_MB, _VIDEO_MB = 100, 200  # after which a file is followed by another
_DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
_VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
_COUNTED = ("frame_index", "episode_index", "index", "task_index")


def require(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse what cannot be written here, or not in this layout.

    Args:
        shapes: Of what is observed.
    """
    needed("pyarrow")
    pictures = {name: shape for name, shape in shapes.items() if len(shape) > 1}
    for name, (height, width, *_) in pictures.items():
        needed("av")
        if not name.endswith("_rgb"):
            raise UsageError(f"lerobot: '{name}' is no picture in colours; keep it with --format minari")
        if height % 2 or width % 2:
            raise UsageError(f"lerobot: '{name}' is {width}x{height}, films want even numbers; choose another --size")


def write(folder: Path, episodes: Iterable[Demonstration], card: Mapping[str, Any]) -> None:
    """Write a set of demonstrations in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "meta").mkdir(parents=True)
    hertz = _whole(card["control_hz"])
    spreads: dict[str, Spread] = {}
    features: dict[str, Any] = {}
    tables, films = Tables(folder, _DATA, _DATA_MB, _CHUNK), Films(folder, _VIDEO, _VIDEO_MB, _CHUNK, hertz)
    with tables, films:
        for number, shown in enumerate(episodes):
            columns, pictures = _columns(shown, number, tables.frames, hertz), _pictures(shown)
            features = features or _features(columns) | film_features(pictures, hertz) | _counters()
            own = {name: _spread(array) for name, array in (columns | pictures).items()}
            for name, spread in own.items():
                spreads.setdefault(name, Spread()).join(spread)
            tables.add(columns, _row(shown, card), films.add(pictures), _stats(own, features))
    write_tasks(folder / "meta" / "tasks.parquet", [_task(card)])
    _write(folder, "info.json", _info(card, hertz, features, tables))
    _write(folder, "stats.json", _stats(spreads, features))
    _write(
        folder, CARD, {key: value for key, value in card.items() if key not in ("git", "files", "tried", "finished")}
    )


def _columns(shown: Demonstration, episode: int, before: int, hertz: float) -> dict[str, Array]:
    """The numbers of every frame: what was seen, then done, and what came of it."""
    steps = len(shown)
    frames = np.arange(steps, dtype=np.int64)
    seen = {key_of(name): shown.seen(name) for name, array in shown.observations.items() if array.ndim == 2}
    return {
        **seen, ACTION: shown.actions, EXECUTED: shown.executed,
        "next.reward": shown.rewards.astype(np.float32), "next.done": shown.terminations | shown.truncations,
        "next.truncated": shown.truncations,
        "next.success": shown.infos["success"][1:] if "success" in shown.infos else shown.terminations,
        "timestamp": (frames / hertz).astype(np.float32), "frame_index": frames,
        "episode_index": np.full(steps, episode, np.int64), "index": before + frames,
        "task_index": np.zeros(steps, np.int64),
    }  # fmt: skip


def _pictures(shown: Demonstration) -> dict[str, Array]:
    return {key_of(name): shown.seen(name) for name, array in shown.observations.items() if array.ndim > 2}


def _features(columns: Mapping[str, Array]) -> dict[str, Any]:
    """What each column holds; the counters come last, after the pictures."""
    return {
        name: {"dtype": str(array.dtype), "shape": [_width(array)], "names": _names(name, _width(array))}
        for name, array in columns.items() if name not in _COUNTED
    }  # fmt: skip


def _names(key: str, width: int) -> list[str] | None:
    return [f"{key.rpartition('.')[2]}_{number}" for number in range(width)] if width > 1 else None


def _width(array: Array) -> int:
    return int(array.shape[1]) if array.ndim == 2 else 1


def _counters() -> dict[str, Any]:
    return {name: {"dtype": "int64", "shape": [1], "names": None} for name in _COUNTED}


def _spread(array: Array) -> Spread:
    spread = Spread()
    spread.add(array)
    return spread


def _stats(spreads: Mapping[str, Spread], features: Mapping[str, Any]) -> dict[str, Any]:
    """As LeRobot has them: colours from 0 to 1, each in a box of its own."""
    told = {name: spread.as_json() for name, spread in spreads.items()}
    return {
        name: {
            what: [value] if what == "count" else _boxed(value) if features[name]["dtype"] == "video" else value
            for what, value in table.items()
        }
        for name, table in told.items()
    }


def _boxed(colors: Sequence[float]) -> list[list[list[float]]]:
    return [[[color / 255.0]] for color in colors]


def _row(shown: Demonstration, card: Mapping[str, Any]) -> dict[str, Any]:
    """What an episode's row says beside its place."""
    return {"tasks": [_task(card)], "seed": shown.seed, "success": shown.success, "record": json.dumps(shown.record)}


def _task(card: Mapping[str, Any]) -> str:
    return str(card["task"]["fields"]["about"])


def _info(card: Mapping[str, Any], hertz: float, features: Mapping[str, Any], tables: Tables) -> dict[str, Any]:
    return {
        "codebase_version": VERSION, "robot_type": card["robot"], "total_episodes": tables.episodes,
        "total_frames": tables.frames, "total_tasks": 1, "chunks_size": _CHUNK, "data_files_size_in_mb": _DATA_MB,
        "video_files_size_in_mb": _VIDEO_MB, "fps": hertz, "splits": {"train": f"0:{tables.episodes}"},
        "data_path": _DATA, "video_path": _VIDEO, "features": dict(features),
    }  # fmt: skip


def _whole(hertz: float) -> float:
    return int(hertz) if float(hertz).is_integer() else hertz


def _write(folder: Path, name: str, table: Mapping[str, Any]) -> None:
    (folder / "meta" / name).write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
