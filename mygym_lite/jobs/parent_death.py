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
    """Have this process end as soon as its parent has ended, even by ``kill -9``.

    A worker notices the end of its parent when it next reads its pipe. One that hangs in compiled code never does, and
    would run on at full speed for ever, so the Linux kernel is asked to kill it. (It does so when the thread that
    started the process ends; that one waits for its workers.) Elsewhere a thread waits for the end of the parent, and
    is of no use only while compiled code holds the interpreter's lock.
    """
    parent = parent_process()
    if parent is None:
        return
    if _ask_kernel():
        if os.getppid() != parent.pid:  # it ended before the kernel was asked
            _end()
    else:
        threading.Thread(target=_wait_and_exit, daemon=True).start()


def _ask_kernel() -> bool:
    """Whether the kernel will send the signal."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0)


def _wait_and_exit() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    _end()


def _end() -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
