"""SIGTERM handling: schedulers and containers stop a command as Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class Termination:
    """State of the request to terminate."""

    requested: bool = False


@contextmanager
def handle_sigterm() -> Iterator[Termination]:
    """Raise ``KeyboardInterrupt`` on the first SIGTERM, so that temporary files are removed; a second one kills."""
    termination = Termination()
    if threading.current_thread() is not threading.main_thread():
        yield termination
        return

    def interrupt(_number: int, _frame: Any) -> None:
        termination.requested = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield termination
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
