"""Progress of trainings in other processes: each writes a line to a file of its own, which the study reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SUFFIX = ".progress"
_PERIOD = 1.0  # s between two lines


class ProgressFile:
    """Progress of a training, written to a file.

    Args:
        policy: Future folder of the policy; the file is hidden beside it.
    """

    def __init__(self, policy: Path) -> None:
        self._file = policy.with_name(f".{policy.name}{_SUFFIX}")
        self._name, self._last = policy.name, -_PERIOD

    def __call__(self, noun: str, done: int, total: int, detail: str) -> None:
        """Write a count; a full disk is reported by the training itself."""
        now = time.monotonic()
        if now - self._last >= _PERIOD:
            self._last = now
            with suppress(OSError):
                self._file.write_text(f"{self._name} {done}/{total} {noun}{detail}", encoding="utf-8")

    def remove(self) -> None:
        """Remove the file."""
        self._file.unlink(missing_ok=True)


def read_progress(folder: Path) -> str:
    """Read the state of all trainings in a folder: ``none-0 12/40 epochs, loss 0.0134; full-0 3/100 ...``."""
    lines = []
    for file in sorted(folder.glob(f".*{_SUFFIX}")):
        with suppress(OSError):
            lines.append(file.read_text(encoding="utf-8"))
    return "; ".join(filter(None, lines))


@contextmanager
def follow_progress(folder: Path, on_progress: Callable[[str], None]) -> Iterator[None]:
    """Report the state of all trainings regularly; files of earlier ones are removed first."""
    for stale in folder.glob(f".*{_SUFFIX}"):
        stale.unlink(missing_ok=True)
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(_PERIOD):
            on_progress(read_progress(folder))

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
