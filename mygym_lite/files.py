"""Files of a dataset: pictures in folders that grow, and annotations that are there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.text import ENCODING_ERRORS


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, and make its folder if it is the first one there."""
    with _writing(path):
        _in_folder(path, lambda: _write(path, data))


def _write(path: Path, data: bytes) -> None:
    """Without the buffer of a file that is written in parts, which takes as long as all else."""
    with open(path, "wb", buffering=0) as file:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]


def _in_folder(path: Path, make: Callable[[], None]) -> None:
    """Make a file, and its folder only if there is none: to ask each time would cost more."""
    try:
        make()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        make()


def link_or_copy(path: Path, source: Path) -> None:
    """Write the same file once more: without taking room where the disk knows how, else as a copy."""
    with _writing(path):
        path.unlink(missing_ok=True)
        try:
            _in_folder(path, lambda: os.link(source, path))
        except OSError:
            write_bytes(path, source.read_bytes())


@contextmanager
def open_atomic(path: Path) -> Iterator[TextIO]:
    """A text to write, which takes the place of what was there once everything has gone well."""
    part = path.with_name(f".{path.name}.part")
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(part, "w", encoding="utf-8", errors=ENCODING_ERRORS, newline="\n") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def write_file(path: Path, text: str) -> None:
    """Write a text, whole."""
    with open_atomic(path) as file:
        file.write(text)


def write_json(path: Path, value: Any) -> None:
    """Write a value, whole; a table of tables with a line for each entry."""
    write_file(path, (_lines(value) if isinstance(value, dict) else dumps(value)) + "\n")


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


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """A file beside the one that is wanted, which takes its place once everything has gone well."""
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; name a file")
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
        with write_atomically(path) as part:
            part.write_text(text, encoding="utf-8", errors=ENCODING_ERRORS)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); make room, or choose another folder"
        ) from error


@contextmanager
def lock_folder(folder: Path, message: str) -> Iterator[None]:
    """Keep other processes from writing to a folder; the lock goes with the process that holds it, however it ends."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_flock(folder, "LOCK_EX", "LOCK_NB"))
        except OSError as error:
            raise UsageError(f"{folder}: {message}") from error
        yield


@contextmanager
def hold_shared_lock(folder: Path) -> Iterator[None]:
    """Let others know that somebody is at work in a folder, for ``wait_for_shared_locks``."""
    with _flock(folder, "LOCK_SH"):
        yield


def wait_for_shared_locks(folder: Path) -> None:
    """Wait for those who are present, such as the last workers of one who was killed, to end."""
    with _flock(folder, "LOCK_EX"):
        pass


@contextmanager
def _flock(folder: Path, *kinds: str) -> Iterator[None]:
    """Hold a lock of a folder, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, sum(getattr(fcntl, kind) for kind in kinds))
        yield
    finally:
        os.close(handle)
