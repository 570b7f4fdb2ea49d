"""One writer at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mygym_lite.errors import UsageError


@contextmanager
def locked(folder: Path, otherwise: str) -> Iterator[None]:
    """Keep other processes from writing to a folder; the lock goes with the process that holds it, however it ends."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_flock(folder, "LOCK_EX", "LOCK_NB"))
        except OSError as error:
            raise UsageError(f"{folder}: {otherwise}") from error
        yield


@contextmanager
def present(folder: Path) -> Iterator[None]:
    """Let others know that somebody is at work in a folder, for ``wait_until_alone``."""
    with _flock(folder, "LOCK_SH"):
        yield


def wait_until_alone(folder: Path) -> None:
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
