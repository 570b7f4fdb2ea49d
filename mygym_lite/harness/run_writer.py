"""A run on disk, to write: one line for every episode, appended when it ends and never changed."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Self

from mygym_lite.errors import UsageError
from mygym_lite.harness.locked import lock
from mygym_lite.harness.manifest import differences
from mygym_lite.harness.record import EpisodeRecord
from mygym_lite.harness.store import EPISODES, MANIFEST, Run
from mygym_lite.harness.written import write_text

_SHOWN = 3  # differences that a message names


class RunWriter(Run):
    """A run folder that grows.

    Only one process may write to it. A line is there whole or not at all: what a crash or a full disk leaves of one is
    cut off.
    """

    @classmethod
    def begin(cls, folder: str | Path, manifest: dict[str, Any]) -> Self:
        """Make a run folder, or go on with the one that is there if it is the same run.

        Raises:
            UsageError: The folder holds another run or other things, or somebody is writing to it.
        """
        folder = Path(folder)
        _make(folder)
        if (folder / MANIFEST).exists():
            before = Run.open(folder).manifest
            _refuse_other(folder, differences(before, manifest))
            kept = {key: before[key] for key in ("created", "git", "machine")}
            manifest = manifest | kept | {"episodes": max(before["episodes"], manifest["episodes"])}
        elif any(folder.iterdir()):
            raise UsageError(f"{folder}: is not empty and holds no run; give an --out that is new")
        write_text(folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
        return cls(folder, manifest)

    def __enter__(self) -> Self:
        self._file = os.open(self.folder / EPISODES, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        with contextlib.ExitStack() as unless_all_is_well:
            unless_all_is_well.callback(os.close, self._file)
            lock(self._file, f"{self.folder}: another evaluation is writing to it; wait for its end")
            self._repair()
            unless_all_is_well.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
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


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); choose another --out") from error


def _refuse_other(folder: Path, changed: list[str]) -> None:
    if changed:
        more = f"; and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise UsageError(f"{folder}: holds another run: {'; '.join(changed[:_SHOWN])}{more}; give a new --out")
