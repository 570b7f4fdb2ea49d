"""The folder of a run: one line for every episode, appended when it ends and never changed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.harness.manifest import RUN_FOLDER
from mygym_lite.jobs.manifest import Manifest
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.randomization.suite import AxisCombination
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.schema import Location, build

MANIFEST, EPISODES = RUN_FOLDER.manifest_name, "episodes.jsonl"
CellKey = tuple[str, str, str, str, int]
"""Policy, task, suite, axis and severity, as in ``EpisodeRecord.condition``."""


class RunFolder:
    """The folder of a run, to read."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Open a run.

        Raises:
            UsageError: There is none, or this release cannot read its manifest.
        """
        return cls(Path(folder), RUN_FOLDER.read_manifest(Path(folder)))

    def read_records(self) -> list[EpisodeRecord]:
        """Read the records of all finished episodes, in the order of their numbers.

        Raises:
            UsageError: A line is damaged, or of an episode that the manifest does not plan.
        """
        records: dict[int, EpisodeRecord] = {}
        for number, line in enumerate(self._read_lines(), start=1):
            record = self._parse(number, line)
            records.setdefault(record.episode, record)
        return [records[episode] for episode in sorted(records)]

    def count_planned_episodes(self) -> int:
        """Count the episodes that the manifest plans; with adaptive stopping, the most that there can be."""
        return len(self._numbering) * int(self.manifest["episodes"])

    def _parse(self, number: int, line: str) -> EpisodeRecord:
        try:
            record = EpisodeRecord.from_line(line)
        except ConfigError as error:
            raise UsageError(
                f"{self.folder / EPISODES}: line {number} {error}; delete that line, and evaluate runs it again"
            ) from error
        if mismatch := self._numbering.find_mismatch(record):
            raise UsageError(
                f"{self.folder / EPISODES}: line {number} {mismatch}: it is of another run; delete that line"
            )
        return record

    @cached_property
    def _numbering(self) -> EpisodeNumbering:
        return EpisodeNumbering(self.manifest)

    def _read_lines(self) -> Iterator[str]:
        """Read complete lines; a last line that a crash cut off is ignored.

        Records are ASCII: any other byte makes the digest of its line wrong.
        """
        with (
            contextlib.suppress(FileNotFoundError),
            open(self.folder / EPISODES, encoding="ascii", errors="replace", newline="\n") as file,
        ):
            yield from (line for line in file if line.endswith("\n"))


class RunFolderWriter(RunFolder):
    """The folder of a run, to write, by one process at a time.

    A line is complete or absent: the rest of one that a crash or a full disk cut off is removed.
    """

    @classmethod
    @contextmanager
    def create_or_resume(cls, folder: str | Path, manifest: Manifest) -> Iterator[Self]:
        """Create a run folder or continue the same run, and lock it.

        Raises:
            UsageError: The folder holds another run or other things, or another process is writing to it.
        """
        with RUN_FOLDER.open(Path(folder), manifest) as merged:
            run = cls(Path(folder), merged)
            with run._open_episodes():
                yield run

    @contextmanager
    def _open_episodes(self) -> Iterator[None]:
        try:
            self._file = os.open(self.folder / EPISODES, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise UsageError(f"{self.folder / EPISODES}: cannot be written ({error.strerror}); make room") from error
        try:
            self._cut_partial_line()
            yield
        finally:
            with contextlib.suppress(OSError):
                os.fsync(self._file)
            os.close(self._file)

    def _cut_partial_line(self) -> None:
        """Remove a last line that a crash cut off."""
        size = end = os.fstat(self._file).st_size
        while end and os.pread(self._file, 1, end - 1) != b"\n":
            start = max(0, end - 4096)
            newline = os.pread(self._file, end - start, start).rfind(b"\n")
            end = start + newline + 1 if newline >= 0 else start
        if end != size:
            os.ftruncate(self._file, end)

    def append(self, record: EpisodeRecord) -> None:
        """Append one record."""
        self._require_file()
        line, before = record.to_line().encode(), os.fstat(self._file).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, before)
            raise UsageError(
                f"{self.folder / EPISODES}: cannot be written ({error.strerror}); what is there is whole: make room, "
                "and run the same command to resume"
            ) from error

    def _require_file(self) -> None:
        """Refuse to write once the folder was deleted or moved: further records would be lost with the file."""
        file = self.folder / EPISODES
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(file), os.fstat(self._file)):
                return
        raise UsageError(f"{file}: was deleted or moved while it was written; run the same command to start again")


class EpisodeNumbering:
    """The cells of a run in the order of its plan.

    Args:
        manifest: Manifest of the run.
    """

    def __init__(self, manifest: dict[str, Any]) -> None:
        self._first_seed = int(manifest["seed"])
        self._number = {cell: number for number, cell in enumerate(_iterate_cells(manifest))}

    def __len__(self) -> int:
        return len(self._number)

    def find_mismatch(self, record: EpisodeRecord) -> str | None:
        """Return the reason why a record is not of this run; None if it is."""
        cell = self._number.get(record.condition)
        if cell is None:
            policy, task, suite, axis, severity = record.condition
            return f"is of {policy} on {task} under {suite}, {axis} {severity}, which the manifest does not plan"
        seed_index, cell_index = divmod(record.episode, len(self._number))
        if (self._first_seed + seed_index, cell_index) == (record.seed, cell):
            return None
        return f"has number {record.episode} and seed {record.seed}, which do not fit the plan of the manifest"


def _iterate_cells(manifest: dict[str, Any]) -> Iterator[CellKey]:
    suite = manifest["suite"]
    for task in manifest["tasks"]:
        conditions = [(NOMINAL, 0), *_iterate_conditions(suite, task)]
        for policy in manifest["policies"]:
            for axis, severity in conditions:
                yield policy, task, suite["name"], axis, severity


def _iterate_conditions(suite: dict[str, Any], task: str) -> Iterator[tuple[str, int]]:
    """Yield every condition but the nominal one."""
    if combine := suite.get("combine"):
        counts = build(AxisCombination, combine, Location("manifest.json", ("suite", "combine"))).axis_counts
        yield from ((suite["name"], severity) for severity in range(1, len(counts) + 1))
        return
    for axis in suite["axes"]:
        if axis["applicable"][task]:
            yield from ((axis["name"], severity) for severity in suite["severities"])
