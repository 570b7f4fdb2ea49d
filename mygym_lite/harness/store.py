"""A run on disk, to read: a manifest, and one line for every episode."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from mygym_lite.errors import SpecError, UsageError
from mygym_lite.harness.record import EpisodeRecord

MANIFEST, EPISODES = "manifest.json", "episodes.jsonl"
_SHOWN = 3  # differences that a message names


class Run:
    """A run folder to read."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Find a run.

        Raises:
            UsageError: There is none.
        """
        folder = Path(folder)
        file = folder / MANIFEST
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
            if not isinstance(manifest, dict) or manifest.get("program") != "mygym_lite":
                raise ValueError("it is of another program")
        except OSError as error:
            raise UsageError(
                f"{folder}: holds no run ({MANIFEST}: {error.strerror}); name the --out of evaluate"
            ) from error
        except ValueError as error:
            raise UsageError(f"{file}: is not the manifest of a run ({error}); name the --out of evaluate") from error
        return cls(folder, manifest)

    def records(self) -> list[EpisodeRecord]:
        """Every episode that ended, in the order of their numbers."""
        return sorted(self._unique().values(), key=lambda record: record.episode)

    def _unique(self) -> dict[int, EpisodeRecord]:
        found: dict[int, EpisodeRecord] = {}
        for place, line in enumerate(self._lines(), start=1):
            try:
                record = EpisodeRecord.from_line(line)
            except SpecError as error:
                raise UsageError(
                    f"{self.folder / EPISODES}: line {place} {error}; delete that line, and evaluate runs it again"
                ) from error
            found.setdefault(record.episode, record)
        return found

    def _lines(self) -> Iterator[str]:
        """Whole lines; what a crash cut off in the last one is passed over."""
        with contextlib.suppress(FileNotFoundError), open(self.folder / EPISODES, encoding="utf-8") as file:
            yield from (line for line in file if line.endswith("\n"))
