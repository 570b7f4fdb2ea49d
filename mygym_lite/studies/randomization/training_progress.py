"""Progress of trainings in other processes: each writes a line into a file of its own, which the study reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ENDING = ".progress"
_PERIOD = 1.0  # s between two lines


class ProgressFile:
    """Give it as ``watch`` to a training.

    Args:
        policy: The folder that the policy will have; the file lies beside it, hidden.
    """

    def __init__(self, policy: Path) -> None:
        self._file = policy.with_name(f".{policy.name}{_ENDING}")
        self._name, self._last = policy.name, -_PERIOD

    def __call__(self, what: str, done: int, total: int, more: str) -> None:
        """Note how far it is; a full disk is the training's own affair."""
        now = time.monotonic()
        if now - self._last >= _PERIOD:
            self._last = now
            with suppress(OSError):
                self._file.write_text(f"{self._name} {done}/{total} {what}{more}", encoding="utf-8")

    def remove(self) -> None:
        """It has ended."""
        self._file.unlink(missing_ok=True)


def read_progress(folder: Path) -> str:
    """State of every training in a folder of policies: ``none-0 12/40 epochs, loss 0.0134; full-0 3/100 ...``."""
    found = []
    for file in sorted(folder.glob(f".*{_ENDING}")):
        with suppress(OSError):
            found.append(file.read_text(encoding="utf-8"))
    return "; ".join(filter(None, found))


@contextmanager
def follow_progress(folder: Path, on_progress: Callable[[str], None]) -> Iterator[None]:
    """Tell what trainings are at, again and again; what earlier ones left behind is removed first."""
    for left in folder.glob(f".*{_ENDING}"):
        left.unlink(missing_ok=True)
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_PERIOD):
            on_progress(read_progress(folder))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
