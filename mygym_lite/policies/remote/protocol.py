"""Message format of policy servers, that of openpi: msgpack with NumPy arrays."""

from __future__ import annotations

import importlib
import re
from types import ModuleType
from typing import Any

import numpy as np

from mygym_lite.errors import PolicyError, UsageError
from mygym_lite.text import ENCODING_ERRORS

_DTYPE = re.compile(r"[<>|=]?(\?|[A-Za-z]\w*(\[\w+\])?)")  # NumPy accepts a whole grammar of dtypes
_REFUSED = "VOc"  # dtype kinds that the protocol excludes: void, object, complex


def import_extra(module: str) -> ModuleType:
    """Import a module of the optional dependencies ``mygym_lite[serve]``."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"policies over a network need {error.name}, which is not installed: pip install 'mygym_lite[serve]'"
        ) from error


def pack_message(message: Any, text_keys: bool = False) -> bytes:
    """Encode a message.

    Args:
        message: Table of numbers, text and arrays.
        text_keys: Whether the keys of an encoded array are text instead of bytes.
    """
    encode = _encode_with_text_keys if text_keys else _encode_array
    data: bytes = import_extra("msgpack").packb(message, default=encode, unicode_errors=ENCODING_ERRORS)
    return data


def unpack_message(data: bytes) -> Any:
    """Decode a message."""
    try:
        return import_extra("msgpack").unpackb(data, object_hook=_decode_array)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise PolicyError(f"a message that is not of openpi's protocol ({type(error).__name__}: {error})") from error


def _encode_array(value: Any) -> dict[bytes, Any]:
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in _REFUSED:
        raise TypeError(f"an array of {value.dtype} cannot be sent")
    if isinstance(value, np.ndarray):
        return {b"__ndarray__": True, b"data": value.tobytes(), b"dtype": value.dtype.str, b"shape": value.shape}
    if isinstance(value, np.generic):
        return {b"__npgeneric__": True, b"data": value.item(), b"dtype": value.dtype.str}
    raise TypeError(f"a {type(value).__name__} cannot be sent")


def _encode_with_text_keys(value: Any) -> Any:
    """Encode an array with text as keys; a number of NumPy becomes one of Python."""
    table = _encode_array(value)
    return table[b"data"] if b"__npgeneric__" in table else {key.decode(): item for key, item in table.items()}


def _decode_array(table: dict[Any, Any]) -> Any:
    if "__ndarray__" in table:
        table = {key.encode(): value for key, value in table.items()}
    if b"__ndarray__" in table:
        return np.frombuffer(table[b"data"], _parse_dtype(table)).reshape(table[b"shape"])
    if b"__npgeneric__" in table:
        return _parse_dtype(table).type(table[b"data"])
    return table


def _parse_dtype(table: dict[Any, Any]) -> np.dtype[Any]:
    name = table[b"dtype"]
    name = name.decode("ascii") if isinstance(name, bytes) else name
    if not isinstance(name, str) or not _DTYPE.fullmatch(name):
        raise TypeError(f"{name!r:.40} is no type of numbers")
    dtype: np.dtype[Any] = np.dtype(name)
    if dtype.kind in _REFUSED:
        raise TypeError(f"an array of {dtype} is not accepted")
    return dtype
