"""Reader of LeRobot's layout; episodes are read on access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.demonstrations.demonstration import EXECUTED, Array, Demonstration, StoredEpisodes
from mygym_lite.demonstrations.formats.lerobot import MANIFEST_FILE, VERSION
from mygym_lite.demonstrations.formats.lerobot_keys import ACTION, ENVIRONMENT, import_package, locate_groups, to_group
from mygym_lite.demonstrations.formats.lerobot_keys import EXECUTED as EXECUTED_KEY
from mygym_lite.demonstrations.formats.lerobot_video import read_video
from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError

INFO_FILE = "meta/info.json"


class LeRobotEpisodes(StoredEpisodes):
    """The episodes of a folder; this layout lacks the observation after the last action.

    Args:
        folder: Folder with ``meta``, ``data`` and, for images, ``videos``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parquet = import_package("pyarrow.parquet")
        with self._translate_errors():
            self.info: dict[str, Any] = parse_json((folder / INFO_FILE).read_text(encoding="utf-8"))
            if self.info["codebase_version"] != VERSION:
                raise ValueError(f"its version is {self.info['codebase_version']}, this release reads {VERSION}")
            files = sorted(folder.glob("meta/episodes/chunk-*/file-*.parquet"))
            self._rows = [row for file in files for row in self._parquet.read_table(file).to_pylist()]
            if len(self._rows) != self.info["total_episodes"]:
                raise ValueError(f"{len(self._rows)} episodes of {self.info['total_episodes']} are there")
            # names of other programs tell nothing about groups
            joined = self.info["features"].get(ENVIRONMENT, {}).get("names")
            self._parts = locate_groups(joined) if joined and (folder / "meta" / MANIFEST_FILE).is_file() else {}

    @property
    def manifest(self) -> dict[str, Any]:
        """Manifest of the recording; empty if unknown."""
        file = self.folder / "meta" / MANIFEST_FILE
        with self._translate_errors():
            return dict(parse_json(file.read_text(encoding="utf-8"))) if file.is_file() else {}

    def __len__(self) -> int:
        """Return the number of episodes."""
        return len(self._rows)

    def _read(self, index: int) -> Demonstration:
        with self._translate_errors():
            return self._read_episode(self._rows[index])

    def read_records(self) -> list[dict[str, Any]]:
        """Read the measurements of each episode."""
        with self._translate_errors():
            return [_read_record(row) for row in self._rows]

    def _read_episode(self, row: Mapping[str, Any]) -> Demonstration:
        columns = self._read_columns(row)
        observations = {name: column for key, column in columns.items() if (name := to_group(key)) is not None}
        if self._parts:
            joined = observations.pop(str(to_group(ENVIRONMENT)))
            observations |= {group: joined[:, part] for group, part in self._parts.items()}
        done = columns.get("next.done", np.arange(row["length"]) == row["length"] - 1)
        truncated = columns.get("next.truncated", np.zeros_like(done))
        executed = {EXECUTED: columns[EXECUTED_KEY]} if EXECUTED_KEY in columns else {}
        return Demonstration(
            observations={**observations, **self._read_images(row)},
            actions=columns[ACTION],
            rewards=columns.get("next.reward", np.zeros(row["length"])),
            terminations=done & ~truncated,
            truncations=truncated,
            infos={**executed, "success": columns.get("next.success", done)},
            record=_read_record(row),
        )

    def _read_columns(self, row: Mapping[str, Any]) -> dict[str, Array]:
        """Read the columns of an episode, checked against its row."""
        file = self.folder / self.info["data_path"].format(
            chunk_index=row["data/chunk_index"], file_index=row["data/file_index"]
        )
        table = self._parquet.read_table(file, filters=[("episode_index", "=", row["episode_index"])])
        if table.num_rows != row["length"] or table["index"][0].as_py() != row["dataset_from_index"]:
            raise ValueError(f"episode {row['episode_index']} is not as long, or not where, its row says")
        columns = {name: _to_array(table[name]) for name in table.column_names}
        return {key: column if _is_scalar(key) else column.reshape(len(column), -1) for key, column in columns.items()}

    def _read_images(self, row: Mapping[str, Any]) -> dict[str, Array]:
        videos = [key for key, feature in self.info["features"].items() if feature["dtype"] == "video"]
        return {str(to_group(key)): self._read_video(row, key) for key in videos}

    def _read_video(self, row: Mapping[str, Any], key: str) -> Array:
        indices = {name: row[f"videos/{key}/{name}"] for name in ("chunk_index", "file_index")}
        file = self.folder / self.info["video_path"].format(video_key=key, **indices)
        return read_video(file, round(row[f"videos/{key}/from_timestamp"] * self.info["fps"]), row["length"])

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turn any error of a damaged file into one line."""
        try:
            yield
        except UsageError:
            raise
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            reason = " ".join(str(error).replace("'", "").split())[:120]
            raise UsageError(
                f"{self.folder}: is damaged or no LeRobot dataset ({reason}); copy it again, or record again"
            ) from error


def _is_scalar(key: str) -> bool:
    """Return True if a feature is one number for each frame, not a row of numbers."""
    return to_group(key) is None and key not in (ACTION, EXECUTED_KEY)


def _to_array(column: Any) -> Array:
    """Convert a column to an array with a row for each frame."""
    values = column.combine_chunks()
    if hasattr(values.type, "list_size"):
        return np.asarray(values.flatten().to_numpy()).reshape(len(values), values.type.list_size)
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _read_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Read the measurements of an episode, as far as they are known."""
    if "record" in row:
        return dict(parse_json(row["record"]))
    return {"seed": row.get("seed", -1), "success": bool(row.get("success", True)), "steps": row["length"]}
