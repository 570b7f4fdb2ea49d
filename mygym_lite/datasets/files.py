"""Files of a dataset: pictures in folders that grow, and annotations that are there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from mygym_lite.errors import UsageError


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, and make its folder if it is the first one there."""
    with _writing(path):
        try:
            path.write_bytes(data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def write_alike(path: Path, source: Path) -> None:
    """Write the same file once more: without taking room where the disk knows how, else as a copy."""
    with _writing(path):
        path.unlink(missing_ok=True)
        try:
            os.link(source, path)
        except OSError:
            write_bytes(path, source.read_bytes())


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """A text to write, which takes the place of what was there once everything has gone well."""
    part = path.with_name(f".{path.name}.part")
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(part, "w", encoding="utf-8", newline="\n") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text, whole."""
    with whole(path) as file:
        file.write(text)


def write_json(path: Path, value: Any) -> None:
    """Write a value, whole; a table of tables with a line for each entry."""
    write_text(path, (_lines(value) if isinstance(value, dict) else dumps(value)) + "\n")


def _lines(table: dict[str, Any]) -> str:
    return "{" + ",".join(f"\n  {json.dumps(key)}: {dumps(value)}" for key, value in table.items()) + "\n}"


def dumps(value: Any) -> str:
    """One line of JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); make room, or choose another --out") from error
