"""Pictures as PNG files: quick to write, and read with a proof that no byte has changed."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# against the library's own choices: colours with the noise of a camera in half the time, and not larger for it
_COLORS = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG,
           cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]  # fmt: skip
# depth changes steadily along a row
_DEPTH = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
# a mask in a tenth of the time: its rows are runs
_RUNS = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE,
         cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]  # fmt: skip


def encode_colors(rgb: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (height, width, 3)."""
    return _encoded(rgb[..., ::-1], _COLORS)


def encode_depth(depth: NDArray[np.float32]) -> bytes:
    """Depth in metres as 16-bit whole millimetres; 0 where there is nothing, or something beyond 65 m."""
    millimetres = np.rint(1000.0 * depth)
    return _encoded(np.where(millimetres <= 65535, millimetres, 0).astype(np.uint16), _DEPTH)


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """A mask, 255 where it is true."""
    return _encoded(mask * np.uint8(255), _RUNS)


def _encoded(image: NDArray[Any], options: list[int]) -> bytes:
    return bytes(cv2.imencode(".png", image, options)[1])


def read_png(path: Path) -> NDArray[Any]:
    """The pixels of a file as they are stored; colours as blue, green, red.

    Raises:
        ValueError: The file is missing or damaged; the message says so and does not name it.
    """
    data = read_bytes(path)
    size_of(data)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError("is no picture")
    return image


def read_bytes(path: Path) -> bytes:
    """A file.

    Raises:
        ValueError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of a picture, once the checksums of all of its parts have been found right.

    Raises:
        ValueError: It is no PNG file, or a damaged one.
    """
    if not data.startswith(_SIGNATURE):
        raise ValueError("is no PNG file")
    at, kind = len(_SIGNATURE), b""
    while kind != b"IEND":
        if len(data) < at + 12:
            raise ValueError("ends too early")
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 4 : at + 8 + length]
        if data[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(content)):
            raise ValueError("is damaged")
        at += 12 + length
    width, height = struct.unpack_from(">II", data, len(_SIGNATURE) + 8)
    return width, height
