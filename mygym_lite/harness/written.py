"""Files that are there whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mygym_lite.errors import SpecError, UsageError
from mygym_lite.text import UNENCODABLE


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A file beside the one that is wanted, which takes its place once everything has gone well."""
    if not path.parent.is_dir():
        raise SpecError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise SpecError(f"{path}: is a folder; name a file")
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        part.touch()
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); choose a folder of yours") from error
    try:
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text, whole, in place of what was there."""
    try:
        with written_whole(path) as part:
            part.write_text(text, encoding="utf-8", errors=UNENCODABLE)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); make room, or choose another folder"
        ) from error
