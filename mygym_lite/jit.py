"""Just-in-time compilation with Numba, cached on disk between processes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mygym_lite.errors import UsageError

_FAST_MATH = {"contract", "nsz", "nnan"}  # enough for SIMD over pixels; no sum is reordered
_announced: set[str] = set()


def exact_kernel(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call, with the rounding of Python.

    Machine code is cached beside the source file, or in the user's cache folder if that is read-only.
    """
    return _compile(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function for speed: multiply-add may round once instead of twice, and callees are inlined.

    Division by zero gives infinity, as in NumPy: testing for it in an inner loop costs more than the division.
    """
    return _compile(function, error_model="numpy", fastmath=_FAST_MATH, forceinline=True)


def _compile(function: Callable[..., Any], **options: Any) -> Any:
    from numba import njit

    folder = Path(function.__code__.co_filename).parent
    try:
        compiled: Any = njit(cache=True, nogil=True, **options)(function)
    except RuntimeError as error:
        raise UsageError(
            f"{folder / '__pycache__'}: compiled kernels cannot be stored there, nor in the user's cache folder; "
            "set NUMBA_CACHE_DIR to a writable folder"
        ) from error
    # Numba checks the date of the kernel's own file alone, and would miss changes of its callees
    cache_file = compiled._cache._cache_file
    cache_file._source_stamp, cache_file._load_index = _hash_sources(folder), _skip_unreadable(cache_file._load_index)
    return compiled


def _skip_unreadable(load_index: Callable[[], Any]) -> Callable[[], Any]:
    """Treat a cache that refers to removed types as empty; Numba would fail on it."""

    def load() -> Any:
        try:
            return load_index()
        except (AttributeError, ImportError):
            return {}

    return load


@cache
def _hash_sources(folder: Path) -> str:
    """Hash all sources of a folder and this file; kernels call one another within their folder only."""
    sources = [Path(__file__), *sorted(folder.glob("*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def announce_compilation(subject: str, kernel: Any, seconds: int) -> None:
    """Log, once, that a compilation is about to start.

    Args:
        subject: Name of the component to compile.
        kernel: Any of its kernels.
        seconds: Approximate duration, s.
    """
    if subject in _announced or is_compiled(kernel):
        return
    _announced.add(subject)
    logging.getLogger("mygym_lite").warning("compiling %s, once after installation: about %d s", subject, seconds)


def is_compiled(kernel: Any) -> bool:
    """Return true if a kernel is compiled from its current sources, by this process or an earlier one."""
    return bool(kernel.signatures) or bool(kernel._cache._cache_file._load_index())
