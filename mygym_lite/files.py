"""Atomic files, which appear complete or not at all, and file locks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.text import ENCODING_ERRORS


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder, which replaces `path` if the block succeeds."""
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; name a file")
    with _replace_on_success(path) as part:
        try:
            part.touch()
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror}); choose a writable folder") from error
        yield part


@contextmanager
def open_atomic(path: Path) -> Iterator[TextIO]:
    """Open a text file that replaces `path` if the block succeeds; create its folder."""
    with _report_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            _replace_on_success(path) as part,
            open(part, "w", encoding="utf-8", errors=ENCODING_ERRORS, newline="\n") as file,
        ):
            yield file


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically; create its folder."""
    with open_atomic(path) as file:
        file.write(text)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically, with one line for each entry of a dictionary."""
    if isinstance(value, dict):
        entries = ",".join(f"\n  {json.dumps(key)}: {dumps(item)}" for key, item in value.items())
        write_text(path, f"{{{entries}\n}}\n")
    else:
        write_text(path, f"{dumps(value)}\n")


def dumps(value: Any) -> str:
    """Format a value as one compact line of JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write several files of a folder, and replace the old ones only once all are written.

    Raises:
        OSError: A file cannot be written; the old ones are intact.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for name, content in contents.items():
            stack.enter_context(_replace_on_success(folder / name)).write_bytes(content)


@contextmanager
def _replace_on_success(path: Path) -> Iterator[Path]:
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file directly, for the many images of a dataset, whose shard file marks the complete ones."""
    with _report_errors(path):
        _create_in_folder(path, lambda: _write_unbuffered(path, data))


def link_or_copy(path: Path, source: Path) -> None:
    """Duplicate a file by a hard link if the file system supports it, else by copying."""
    with _report_errors(path):
        path.unlink(missing_ok=True)
        try:
            _create_in_folder(path, lambda: os.link(source, path))
        except OSError:
            write_bytes(path, source.read_bytes())


def _write_unbuffered(path: Path, data: bytes) -> None:
    """Write without the buffer of a file object, which would double the duration."""
    with open(path, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]


def _create_in_folder(path: Path, create: Callable[[], None]) -> None:
    """Create a file, and its folder only on failure, since checking each time costs more."""
    try:
        create()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        create()


@contextmanager
def _report_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); make room, or choose another --out") from error


@contextmanager
def lock_folder(folder: Path, message: str) -> Iterator[None]:
    """Hold an exclusive lock on a folder; the operating system releases it when the process ends.

    Raises:
        UsageError: Another process holds the lock; the error says `message`.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(_lock(folder, "LOCK_EX", "LOCK_NB"))
        except OSError as error:
            raise UsageError(f"{folder}: {message}") from error
        yield


@contextmanager
def hold_shared_lock(folder: Path) -> Iterator[None]:
    """Hold a shared lock on a folder, for ``wait_for_shared_locks``."""
    with _lock(folder, "LOCK_SH"):
        yield


def wait_for_shared_locks(folder: Path) -> None:
    """Wait until all shared locks are released, such as those of workers that outlive a killed command."""
    with _lock(folder, "LOCK_EX"):
        pass


@contextmanager
def _lock(folder: Path, *flags: str) -> Iterator[None]:
    """Hold a lock on a folder; a no-op on systems without `flock`."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, sum(getattr(fcntl, flag) for flag in flags))
        yield
    finally:
        os.close(handle)
