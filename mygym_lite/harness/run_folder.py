"""A run on disk, to write: one line for every episode, appended when it ends and never changed."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.files import lock_folder, write_text
from mygym_lite.fingerprint import find_differences
from mygym_lite.harness.episode_numbering import EpisodeNumbering
from mygym_lite.harness.manifest import DECIDING, validate_manifest
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.schema import parse_json

MANIFEST, EPISODES = "manifest.json", "episodes.jsonl"


class RunFolder:
    """A run folder to read."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Find a run.

        Raises:
            UsageError: There is none, or its manifest cannot be read by this release.
        """
        folder = Path(folder)
        return cls(folder, read_manifest(folder))

    def read_records(self) -> list[EpisodeRecord]:
        """Every episode that ended, in the order of their numbers.

        Raises:
            UsageError: A line is damaged, or of an episode that the manifest does not plan.
        """
        return sorted(self._unique().values(), key=lambda record: record.episode)

    def _unique(self) -> dict[int, EpisodeRecord]:
        found: dict[int, EpisodeRecord] = {}
        for place, line in enumerate(self._lines(), start=1):
            record = self._read(place, line)
            found.setdefault(record.episode, record)
        return found

    def _read(self, place: int, line: str) -> EpisodeRecord:
        try:
            record = EpisodeRecord.from_line(line)
        except ConfigError as error:
            raise UsageError(
                f"{self.folder / EPISODES}: line {place} {error}; delete that line, and evaluate runs it again"
            ) from error
        if mismatch := self._cells.find_mismatch(record):
            raise UsageError(
                f"{self.folder / EPISODES}: line {place} {mismatch}: it is of another run; delete that line"
            )
        return record

    @cached_property
    def _cells(self) -> EpisodeNumbering:
        return EpisodeNumbering(self.manifest)

    def _lines(self) -> Iterator[str]:
        """Whole lines; what a crash cut off in the last one is passed over.

        Records are ASCII: of another byte the digest of its line does not hold.
        """
        with (
            contextlib.suppress(FileNotFoundError),
            open(self.folder / EPISODES, encoding="ascii", errors="replace", newline="\n") as file,
        ):
            yield from (line for line in file if line.endswith("\n"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run.

    Raises:
        UsageError: There is none, or it is not whole.
    """
    file = folder / MANIFEST
    try:
        return validate_manifest(parse_json(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(
            f"{folder}: holds no run ({MANIFEST}: {error.strerror}); name the --out of evaluate"
        ) from error
    except ValueError as error:
        raise UsageError(f"{file}: is not the manifest of a run ({error}); name the --out of evaluate") from error


_SHOWN = 3  # differences that a message names


class RunFolderWriter(RunFolder):
    """A run folder that grows.

    Only one process may write to it. A line is there whole or not at all: what a crash or a full disk leaves of one is
    cut off.
    """

    @classmethod
    @contextmanager
    def create_or_resume(cls, folder: str | Path, manifest: dict[str, Any]) -> Iterator[Self]:
        """Make a run folder, or go on with the one that is there if it is the same run, and keep others from writing.

        Raises:
            UsageError: The folder holds another run or other things, or somebody is writing to it.
        """
        folder = Path(folder)
        _make(folder)
        with lock_folder(folder, "another evaluation is writing to it; wait for its end"):
            run = cls(folder, _continued(folder, manifest))
            write_text(folder / MANIFEST, json.dumps(run.manifest, indent=1) + "\n")
            with run._opened():
                yield run

    @contextmanager
    def _opened(self) -> Iterator[None]:
        try:
            self._file = os.open(self.folder / EPISODES, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise UsageError(f"{self.folder / EPISODES}: cannot be written ({error.strerror}); make room") from error
        try:
            self._repair()
            yield
        finally:
            with contextlib.suppress(OSError):
                os.fsync(self._file)
            os.close(self._file)

    def _repair(self) -> None:
        """Cut off what a crash left of a line."""
        size = whole = os.fstat(self._file).st_size
        while whole and os.pread(self._file, 1, whole - 1) != b"\n":
            start = max(0, whole - 4096)
            found = os.pread(self._file, whole - start, start).rfind(b"\n")
            whole = start + found + 1 if found >= 0 else start
        if whole != size:
            os.ftruncate(self._file, whole)

    def append(self, record: EpisodeRecord) -> None:
        """Write one line."""
        self._require_there()
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
                "and the same command goes on"
            ) from error

    def _require_there(self) -> None:
        """Notice a folder that was deleted or moved away: what is written from then on would be lost with the file."""
        file = self.folder / EPISODES
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(file), os.fstat(self._file)):
                return
        raise UsageError(f"{file}: was deleted or moved while it was written; the same command begins again")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error


def _continued(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with what it keeps of the run that is there."""
    if (folder / MANIFEST).exists():
        before = read_manifest(folder)
        _refuse_other(folder, find_differences(before, manifest, DECIDING))
        kept = {key: before[key] for key in ("created", "git", "machine")}
        return manifest | kept | {"episodes": max(before["episodes"], manifest["episodes"])}
    if any(folder.iterdir()):
        raise UsageError(f"{folder}: is not empty and holds no run; give an --out that is new")
    return manifest


def _refuse_other(folder: Path, changed: list[str]) -> None:
    if changed:
        more = f"; and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise UsageError(f"{folder}: holds another run: {'; '.join(changed[:_SHOWN])}{more}; give a new --out")
