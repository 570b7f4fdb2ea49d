"""One writer at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mygym_lite.errors import UsageError


@contextmanager
def locked(folder: Path, otherwise: str) -> Iterator[None]:
    """Keep other processes from writing to a folder; the lock goes with the process that holds it, however it ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        lock(handle, f"{folder}: {otherwise}")
        yield
    finally:
        os.close(handle)


@contextmanager
def present(folder: Path) -> Iterator[None]:
    """Let others know that somebody is at work in a folder, for ``wait_until_alone``."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        _flock(handle, "LOCK_SH")
        yield
    finally:
        os.close(handle)


def wait_until_alone(folder: Path) -> None:
    """Wait for those who are present, such as the last workers of one who was killed, to end."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        _flock(handle, "LOCK_EX")
    finally:
        os.close(handle)


def _flock(handle: int, kind: str) -> None:
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return
    fcntl.flock(handle, getattr(fcntl, kind))


def lock(handle: int, otherwise: str) -> None:
    """Take the lock of an open file, or say why it cannot be had."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise UsageError(otherwise) from error
