"""Reads LeRobot's layout back: the episodes that its tables and films hold, each when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

import numpy as np

from mygym_lite.demonstrations.demonstration import EXECUTED, Array, Demonstration
from mygym_lite.demonstrations.formats.lerobot import MANIFEST_FILE, VERSION
from mygym_lite.demonstrations.formats.lerobot_keys import ACTION, ENVIRONMENT, import_package, locate_groups, to_group
from mygym_lite.demonstrations.formats.lerobot_keys import EXECUTED as EXECUTED_KEY
from mygym_lite.demonstrations.formats.lerobot_video import read_video
from mygym_lite.errors import UsageError
from mygym_lite.schema import parse_json

INFO_FILE = "meta/info.json"


class LeRobotEpisodes(Sequence[Demonstration]):
    """The episodes of a folder; what was seen after the last action is not kept in this layout.

    Args:
        folder: That holds ``meta``, ``data`` and, where there are pictures, ``videos``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parquet = import_package("pyarrow.parquet")
        with self._reading():
            self.info: dict[str, Any] = parse_json((folder / INFO_FILE).read_text(encoding="utf-8"))
            if self.info["codebase_version"] != VERSION:
                raise ValueError(f"its version is {self.info['codebase_version']}, this release reads {VERSION}")
            files = sorted(folder.glob("meta/episodes/chunk-*/file-*.parquet"))
            self._rows = [row for file in files for row in self._parquet.read_table(file).to_pylist()]
            if len(self._rows) != self.info["total_episodes"]:
                raise ValueError(f"{len(self._rows)} episodes of {self.info['total_episodes']} are there")
            # other programs' names say nothing of groups
            joined = self.info["features"].get(ENVIRONMENT, {}).get("names")
            self._parts = locate_groups(joined) if joined and (folder / "meta" / MANIFEST_FILE).is_file() else {}

    @property
    def manifest(self) -> dict[str, Any]:
        """How they came to be, where that is known."""
        file = self.folder / "meta" / MANIFEST_FILE
        with self._reading():
            return dict(parse_json(file.read_text(encoding="utf-8"))) if file.is_file() else {}

    def __len__(self) -> int:
        """How many."""
        return len(self._rows)

    @overload
    def __getitem__(self, number: int) -> Demonstration: ...
    @overload
    def __getitem__(self, number: slice) -> list[Demonstration]: ...
    def __getitem__(self, number: int | slice) -> Demonstration | list[Demonstration]:
        """One episode, or several."""
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        row = self._rows[number]
        with self._reading():
            return self._episode(row)

    def read_records(self) -> list[dict[str, Any]]:
        """What was measured of each episode."""
        with self._reading():
            return [_record(row) for row in self._rows]

    def _episode(self, row: Mapping[str, Any]) -> Demonstration:
        columns = self._columns(row)
        seen = {name: column for key, column in columns.items() if (name := to_group(key)) is not None}
        if self._parts:
            together = seen.pop(str(to_group(ENVIRONMENT)))
            seen |= {group: together[:, part] for group, part in self._parts.items()}
        done = columns.get("next.done", np.arange(row["length"]) == row["length"] - 1)
        solved = columns.get("next.success", done)
        cut = columns.get("next.truncated", np.zeros_like(done))
        infos = {EXECUTED: columns[EXECUTED_KEY]} if EXECUTED_KEY in columns else {}
        return Demonstration(
            {**seen, **self._pictures(row)}, columns[ACTION], columns.get("next.reward", np.zeros(row["length"])),
            done & ~cut, cut, {**infos, "success": solved}, _record(row),
        )  # fmt: skip

    def _columns(self, row: Mapping[str, Any]) -> dict[str, Array]:
        """The numbers of an episode's frames, checked against what is said of them."""
        file = self.folder / self.info["data_path"].format(
            chunk_index=row["data/chunk_index"], file_index=row["data/file_index"]
        )
        table = self._parquet.read_table(file, filters=[("episode_index", "=", row["episode_index"])])
        if table.num_rows != row["length"] or table["index"][0].as_py() != row["dataset_from_index"]:
            raise ValueError(f"episode {row['episode_index']} is not as long, or not where, its row says")
        columns = {name: _array(table[name]) for name in table.column_names}
        return {key: column if _is_number(key) else column.reshape(len(column), -1) for key, column in columns.items()}

    def _pictures(self, row: Mapping[str, Any]) -> dict[str, Array]:
        films = [key for key, feature in self.info["features"].items() if feature["dtype"] == "video"]
        return {str(to_group(key)): self._film(row, key) for key in films}

    def _film(self, row: Mapping[str, Any], key: str) -> Array:
        place = {what: row[f"videos/{key}/{what}"] for what in ("chunk_index", "file_index")}
        file = self.folder / self.info["video_path"].format(video_key=key, **place)
        return read_video(file, round(row[f"videos/{key}/from_timestamp"] * self.info["fps"]), row["length"])

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Whatever is wrong becomes one line."""
        try:
            yield
        except UsageError:
            raise
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            said = " ".join(str(error).replace("'", "").split())[:120]
            raise UsageError(
                f"{self.folder}: is damaged or no LeRobot dataset ({said}); copy it again, or record again"
            ) from error


def _is_number(key: str) -> bool:
    """Whether a feature is one number a frame here, not a row of numbers."""
    return to_group(key) is None and key not in (ACTION, EXECUTED_KEY)


def _array(column: Any) -> Array:
    """A row a frame."""
    whole = column.combine_chunks()
    if hasattr(whole.type, "list_size"):
        return np.asarray(whole.flatten().to_numpy()).reshape(len(whole), whole.type.list_size)
    return np.asarray(whole.to_numpy(zero_copy_only=False))


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured, as far as it is known."""
    if "record" in row:
        return dict(parse_json(row["record"]))
    return {"seed": row.get("seed", -1), "success": bool(row.get("success", True)), "steps": row["length"]}
