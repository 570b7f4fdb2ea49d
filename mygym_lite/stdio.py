"""Standard output and error at the level of the operating system, where code in C writes past Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def flush_stdio() -> None:
    """Empty the buffers of Python and of C: a text that waits there would come out in the wrong place."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if os.name == "posix":
        import ctypes

        ctypes.CDLL(None).fflush(None)


@contextmanager
def silence_stdio() -> Iterator[None]:
    """Drop everything that is written to standard output and error meanwhile, by Python or by C."""
    flush_stdio()
    sink = os.open(os.devnull, os.O_WRONLY)
    kept = {number: os.dup(number) for number in (1, 2) if _is_open(number)}
    try:
        for number in kept:
            os.dup2(sink, number)
        yield
    finally:
        flush_stdio()
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(sink)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
