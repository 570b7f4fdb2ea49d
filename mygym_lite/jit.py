"""Functions compiled to machine code, kept on disk between processes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mygym_lite.errors import UsageError

_LOOSE = {"contract", "nsz", "nnan"}  # enough to work on several pixels at once; no sum is reordered
_SAID: set[str] = set()


def exact_kernel(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called; its numbers round as Python's do.

    What was compiled is kept beside the source file, or in the user's cache folder where that cannot be written.
    """
    return _compiled(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function for speed: products and sums may round once instead of twice, and callees become part of it.

    Division by zero gives infinity, as in NumPy: a test for it in an inner loop costs more than the division.
    """
    return _compiled(function, error_model="numpy", fastmath=_LOOSE, forceinline=True)


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    from numba import njit

    folder = Path(function.__code__.co_filename).parent
    try:
        compiled: Any = njit(cache=True, nogil=True, **options)(function)
    except RuntimeError as error:
        raise UsageError(
            f"{folder / '__pycache__'}: compiled kernels cannot be kept there, nor in the user's cache folder; "
            "set NUMBA_CACHE_DIR to a folder that can be written"
        ) from error
    # numba looks at the date of the one file that holds a kernel, and would keep one whose callees have changed
    cache_file = compiled._cache._cache_file
    cache_file._source_stamp, cache_file._load_index = _digest(folder), _skip_unreadable(cache_file._load_index)
    return compiled


def _skip_unreadable(load_index: Callable[[], Any]) -> Callable[[], Any]:
    """Treat a cache that names types which no longer exist as empty; numba would fail on it."""

    def load() -> Any:
        try:
            return load_index()
        except (AttributeError, ImportError):
            return {}

    return load


@cache
def _digest(folder: Path) -> str:
    """What all sources of a folder are now, and how they are compiled; kernels call one another within their folder."""
    sources = [Path(__file__), *sorted(folder.glob("*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def announce_compilation(subject: str, kernel: Any, seconds: int) -> None:
    """Announce, in one line, a wait that comes once after installation.

    Args:
        subject: What is about to be compiled.
        kernel: One of its kernels.
        seconds: About how long it takes.
    """
    if subject in _SAID or is_compiled(kernel):
        return
    _SAID.add(subject)
    logging.getLogger("mygym_lite").warning("compiling %s, once after installation: about %d s", subject, seconds)


def is_compiled(kernel: Any) -> bool:
    """Whether a kernel is at hand as its sources are now, compiled by this process or an earlier one."""
    return bool(kernel.signatures) or bool(kernel._cache._cache_file._load_index())
