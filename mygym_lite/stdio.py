"""Standard output and error at the level of file descriptors, which C code writes to directly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def flush_stdio() -> None:
    """Flush the buffers of Python and of C, so that pending text appears in the right place."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if os.name == "posix":
        import ctypes

        ctypes.CDLL(None).fflush(None)


@contextmanager
def silence_stdio() -> Iterator[None]:
    """Discard everything that Python or C writes to standard output and error within the block."""
    flush_stdio()
    sink = os.open(os.devnull, os.O_WRONLY)
    duplicates = {number: os.dup(number) for number in (1, 2) if _is_open(number)}
    try:
        for number in duplicates:
            os.dup2(sink, number)
        yield
    finally:
        flush_stdio()
        for number, copy in duplicates.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(sink)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
