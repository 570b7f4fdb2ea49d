"""Pictures as PNG files: quick to write, and read with a proof that no byte has changed."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.formats.deflate import compress

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _COLORS = 0, 2
_AS_THEY_ARE, _DIFFERENCES = 0, 1  # how the bytes of a row are told, in the row's first byte


def encode_colors(rgb: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 (height, width, 3)."""
    return _file(_differences(rgb), rgb.shape[1], 8, _COLORS, 3)


def encode_depth(depth: NDArray[np.float32]) -> bytes:
    """Depth in metres as 16-bit whole millimetres; 0 where there is nothing, or something beyond 65 m."""
    millimetres = np.rint(np.float32(1000.0) * depth)
    millimetres[millimetres > 65535] = 0
    samples = millimetres.astype(np.uint16).astype(">u2").view(np.uint8).reshape(*depth.shape, 2)
    return _file(_differences(samples), depth.shape[1], 16, _GREY, 2)


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """A mask, 255 where it is true."""
    height, width = mask.shape
    rows = np.full((height, 1 + width), _AS_THEY_ARE, np.uint8)
    np.multiply(mask, np.uint8(255), out=rows[:, 1:])
    return _file(rows, width, 8, _GREY, 1)


def _differences(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of the bytes of pixels, (height, width, bytes), each but the first less that of the pixel before it."""
    height, width, size = samples.shape
    rows, flat = np.empty((height, 1 + width * size), np.uint8), samples.reshape(height, -1)
    rows[:, 0], rows[:, 1 : 1 + size] = _DIFFERENCES, flat[:, :size]
    np.subtract(flat[:, size:], flat[:, :-size], out=rows[:, 1 + size :])
    return rows


def _file(rows: NDArray[np.uint8], width: int, bits: int, kind: int, size: int) -> bytes:
    """A file of a picture whose pixels have so many bytes."""
    head = struct.pack(">IIBBBBB", width, len(rows), bits, kind, 0, 0, 0)
    return b"".join([
        _SIGNATURE, *_part(b"IHDR", head), *_part(b"IDAT", compress(rows.ravel(), size)), *_part(b"IEND", b""),
    ])  # fmt: skip


def _part(kind: bytes, content: bytes) -> tuple[bytes, ...]:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)), kind, content, struct.pack(">I", checksum)


def read_png(path: Path) -> NDArray[Any]:
    """The pixels of a file as they are stored; colours as blue, green, red.

    Raises:
        ValueError: The file is missing or damaged; the message says so and does not name it.
    """
    data = read_bytes(path)
    parse_size(data)
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


def parse_size(data: bytes) -> tuple[int, int]:
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
