"""How policies and robots in different programs talk: openpi's messages, msgpack with arrays, over a websocket."""

from __future__ import annotations

import importlib
import re
from types import ModuleType
from typing import Any

import numpy as np

from mygym_lite.errors import PolicyError, UsageError
from mygym_lite.text import ENCODING_ERRORS

_DTYPE = re.compile(r"[<>|=]?(\?|[A-Za-z]\w*(\[\w+\])?)")  # NumPy would read a whole grammar
_REFUSED = "VOc"  # kinds of arrays that the protocol does not carry: void, objects, complex


def import_extra(module: str) -> ModuleType:
    """A module of what is installed with ``mygym_lite[serve]``."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"policies over a network need {error.name}, which is not installed: pip install 'mygym_lite[serve]'"
        ) from error


def pack_message(message: Any) -> bytes:
    """A message as it is sent."""
    data: bytes = import_extra("msgpack").packb(message, default=_coded, unicode_errors=ENCODING_ERRORS)
    return data


def unpack_message(data: bytes) -> Any:
    """A message as it was meant."""
    try:
        return import_extra("msgpack").unpackb(data, object_hook=_decoded)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise PolicyError(f"a message that is not of openpi's protocol ({type(error).__name__}: {error})") from error


def _coded(thing: Any) -> dict[bytes, Any]:
    if isinstance(thing, np.ndarray | np.generic) and thing.dtype.kind in _REFUSED:
        raise TypeError(f"an array of {thing.dtype} cannot be sent")
    if isinstance(thing, np.ndarray):
        return {b"__ndarray__": True, b"data": thing.tobytes(), b"dtype": thing.dtype.str, b"shape": thing.shape}
    if isinstance(thing, np.generic):
        return {b"__npgeneric__": True, b"data": thing.item(), b"dtype": thing.dtype.str}
    raise TypeError(f"a {type(thing).__name__} cannot be sent")


def _decoded(table: dict[Any, Any]) -> Any:
    if b"__ndarray__" in table:
        return np.frombuffer(table[b"data"], _dtype(table)).reshape(table[b"shape"])
    if b"__npgeneric__" in table:
        return _dtype(table).type(table[b"data"])
    return table


def _dtype(table: dict[Any, Any]) -> np.dtype[Any]:
    name = table[b"dtype"]
    name = name.decode("ascii") if isinstance(name, bytes) else name
    if not isinstance(name, str) or not _DTYPE.fullmatch(name):
        raise TypeError(f"{name!r:.40} is no type of numbers")
    dtype: np.dtype[Any] = np.dtype(name)
    if dtype.kind in _REFUSED:
        raise TypeError(f"an array of {dtype} is not accepted")
    return dtype
