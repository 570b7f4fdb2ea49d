"""Worker processes that end with their parent, however that ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from multiprocessing import parent_process

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """End this process as soon as its parent has ended, even by ``kill -9``.

    A worker notices the end of its parent when it next reads its pipe. One that hangs in compiled code never does, so
    the Linux kernel is asked to kill it. (The kernel does so when the thread that started the process ends; that
    thread waits for its workers.) Elsewhere a thread waits for the end of the parent; it fails only while compiled
    code holds the interpreter's lock.
    """
    parent = parent_process()
    if parent is None:
        return
    if _request_death_signal():
        if os.getppid() != parent.pid:  # it ended before the kernel was asked
            _kill_self()
    else:
        threading.Thread(target=_wait_and_exit, daemon=True).start()


def _request_death_signal() -> bool:
    """Ask the kernel for a signal; return True if it will be sent."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0)


def _wait_and_exit() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    _kill_self()


def _kill_self() -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
