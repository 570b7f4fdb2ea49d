"""LeRobot's parquet files: frames, episodes and tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mygym_lite.demonstrations.demonstration import Array
from mygym_lite.demonstrations.formats.lerobot_keys import import_package

_EPISODES = "meta/episodes/chunk-000/file-000.parquet"
_INDEX = "__index_level_0__"  # column of pandas' index


class ParquetTables:
    """Writes frames, one row group for each episode, and at the end the table of episodes.

    Args:
        folder: Folder of the dataset.
        path_template: Path of a file of frames, with fields for the numbers of chunk and file.
        max_megabytes: Size at which the next file starts, MB.
        files_per_chunk: Number of files in a folder.
    """

    def __init__(self, folder: Path, path_template: str, max_megabytes: float, files_per_chunk: int) -> None:
        self._arrow = import_package("pyarrow")
        self._parquet = import_package("pyarrow.parquet")
        self._folder, self._path = folder, path_template
        self._max_bytes, self._chunk = 1e6 * max_megabytes, files_per_chunk
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None
        self._file, self._bytes = -1, 0
        self.frame_count = 0

    @property
    def episode_count(self) -> int:
        """Number of episodes."""
        return len(self._rows)

    def __enter__(self) -> ParquetTables:
        """Return itself; files are opened on demand."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Close the file of frames, and write the episodes if all went well."""
        if self._writer is not None:
            self._writer.close()
        if kind is None:
            file = self._folder / _EPISODES
            file.parent.mkdir(parents=True, exist_ok=True)
            self._parquet.write_table(self._arrow.Table.from_pylist(self._rows), file)

    def add(
        self,
        columns: Mapping[str, Array],
        row: Mapping[str, Any],
        videos: Mapping[str, Any],
        statistics: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Add an episode.

        Args:
            columns: Numbers of its frames, one row for each.
            row: Entries of its row.
            videos: Location of its images.
            statistics: Statistics of its features.
        """
        table = self._arrow.table({name: self._to_column(array) for name, array in columns.items()})
        if self._writer is None or self._bytes > self._max_bytes:
            self._open_next_file(table.schema)
        self._writer.write_table(table)
        self._bytes += table.nbytes
        first, self.frame_count = self.frame_count, self.frame_count + table.num_rows
        self._rows.append(
            {
                "episode_index": len(self._rows),
                **row,
                "length": table.num_rows,
                "dataset_from_index": first,
                "dataset_to_index": self.frame_count,
                "data/chunk_index": self._file // self._chunk,
                "data/file_index": self._file % self._chunk,
                "meta/episodes/chunk_index": 0,
                "meta/episodes/file_index": 0,
                **videos,
                **{f"stats/{name}/{key}": value for name, own in statistics.items() for key, value in own.items()},
            }
        )

    def _to_column(self, array: Array) -> Any:
        if array.ndim == 1 or array.shape[1] == 1:  # LeRobot stores a list of one as a number
            return self._arrow.array(array.reshape(-1))
        return self._arrow.FixedSizeListArray.from_arrays(self._arrow.array(array.reshape(-1)), array.shape[1])

    def _open_next_file(self, schema: Any) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file, self._bytes = self._file + 1, 0
        indices = {"chunk_index": self._file // self._chunk, "file_index": self._file % self._chunk}
        file = self._folder / self._path.format(**indices)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._parquet.ParquetWriter(file, schema)


def write_tasks(file: Path, tasks: Sequence[str]) -> None:
    """Write the descriptions of the tasks, as the index of a pandas table."""
    arrow, parquet = import_package("pyarrow"), import_package("pyarrow.parquet")
    table = arrow.table({"task_index": arrow.array(range(len(tasks)), arrow.int64()), _INDEX: list(tasks)})
    parquet.write_table(table.replace_schema_metadata({"pandas": json.dumps(_PANDAS)}), file)


def _describe_column(name: str | None, field: str, pandas_type: str, numpy_type: str) -> dict[str, str | None]:
    types = {"pandas_type": pandas_type, "numpy_type": numpy_type}
    return {"name": name, "field_name": field, **types, "metadata": None}


_PANDAS = {
    "index_columns": [_INDEX],
    "column_indexes": [],
    "pandas_version": "2.0.0",
    "columns": [
        _describe_column("task_index", "task_index", "int64", "int64"),
        _describe_column(None, _INDEX, "unicode", "object"),
    ],
}
