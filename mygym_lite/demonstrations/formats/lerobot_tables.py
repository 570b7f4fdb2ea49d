"""LeRobot's parquet files: frames, episodes and tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mygym_lite.demonstrations.demonstration import Array
from mygym_lite.demonstrations.formats.lerobot_keys import import_package

_EPISODES = "meta/episodes/chunk-000/file-000.parquet"
_INDEX = "__index_level_0__"  # where pandas keeps the names of rows


class ParquetTables:
    """Writes frames, a group of rows an episode, and at the end a row for each episode.

    Args:
        folder: Of the dataset.
        path_template: Of a file of frames, with the numbers of chunk and file to be filled in.
        max_megabytes: After which a file is followed by another.
        files_per_chunk: Files of a folder.
    """

    def __init__(self, folder: Path, path_template: str, max_megabytes: float, files_per_chunk: int) -> None:
        self._arrow = import_package("pyarrow")
        self._parquet = import_package("pyarrow.parquet")
        self._folder, self._path, self._most, self._chunk = folder, path_template, 1e6 * max_megabytes, files_per_chunk
        self._rows: list[dict[str, Any]] = []
        self._writer: Any = None
        self._file, self._bytes = -1, 0
        self.frame_count = 0

    @property
    def episode_count(self) -> int:
        """How many there are."""
        return len(self._rows)

    def __enter__(self) -> ParquetTables:
        """Nothing is open yet."""
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
        self, columns: Mapping[str, Array], row: Mapping[str, Any], videos: Mapping[str, Any],
        statistics: Mapping[str, Mapping[str, Any]],
    ) -> None:  # fmt: skip
        """One more episode.

        Args:
            columns: Its numbers, a row a frame.
            row: What is known of it.
            videos: Where its pictures are.
            statistics: How its numbers are spread.
        """
        table = self._arrow.table({name: self._column(array) for name, array in columns.items()})
        if self._writer is None or self._bytes > self._most:
            self._open(table.schema)
        self._writer.write_table(table)
        self._bytes += table.nbytes
        first, self.frame_count = self.frame_count, self.frame_count + table.num_rows
        self._rows.append({
            "episode_index": len(self._rows), **row, "length": table.num_rows,
            "dataset_from_index": first, "dataset_to_index": self.frame_count,
            "data/chunk_index": self._file // self._chunk, "data/file_index": self._file % self._chunk,
            "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0, **videos,
            **{f"stats/{name}/{what}": value for name, told in statistics.items() for what, value in told.items()},
        })  # fmt: skip

    def _column(self, array: Array) -> Any:
        if array.ndim == 1 or array.shape[1] == 1:  # a list of one is a number to LeRobot
            return self._arrow.array(array.reshape(-1))
        return self._arrow.FixedSizeListArray.from_arrays(self._arrow.array(array.reshape(-1)), array.shape[1])

    def _open(self, schema: Any) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file, self._bytes = self._file + 1, 0
        place = {"chunk_index": self._file // self._chunk, "file_index": self._file % self._chunk}
        file = self._folder / self._path.format(**place)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._parquet.ParquetWriter(file, schema)


def write_tasks(file: Path, tasks: Sequence[str]) -> None:
    """What is to be done, in words; the rows are called by them, as pandas keeps it."""
    arrow, parquet = import_package("pyarrow"), import_package("pyarrow.parquet")
    table = arrow.table({"task_index": arrow.array(range(len(tasks)), arrow.int64()), _INDEX: list(tasks)})
    parquet.write_table(table.replace_schema_metadata({"pandas": json.dumps(_PANDAS)}), file)


_PANDAS = {
    "index_columns": [_INDEX], "column_indexes": [], "pandas_version": "2.0.0",
    "columns": [
        {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
         "metadata": None},
        {"name": None, "field_name": _INDEX, "pandas_type": "unicode", "numpy_type": "object", "metadata": None},
    ],
}  # fmt: skip
