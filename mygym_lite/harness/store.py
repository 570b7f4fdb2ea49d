"""A run on disk, to read: a manifest, and one line for every episode."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from mygym_lite.errors import SpecError, UsageError
from mygym_lite.harness.cells import Cells
from mygym_lite.harness.manifest import require_whole
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.strict import parse_json

MANIFEST, EPISODES = "manifest.json", "episodes.jsonl"


class Run:
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

    def records(self) -> list[EpisodeRecord]:
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
        except SpecError as error:
            raise UsageError(
                f"{self.folder / EPISODES}: line {place} {error}; delete that line, and evaluate runs it again"
            ) from error
        if mismatch := self._cells.mismatch(record):
            raise UsageError(
                f"{self.folder / EPISODES}: line {place} {mismatch}: it is of another run; delete that line"
            )
        return record

    @cached_property
    def _cells(self) -> Cells:
        return Cells(self.manifest)

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
        return require_whole(parse_json(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(
            f"{folder}: holds no run ({MANIFEST}: {error.strerror}); name the --out of evaluate"
        ) from error
    except ValueError as error:
        raise UsageError(f"{file}: is not the manifest of a run ({error}); name the --out of evaluate") from error
