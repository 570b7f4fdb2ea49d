"""PNG files: fast to write, and verified by checksum when read."""

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
_GREY, _RGB = 0, 2  # color types
_UNFILTERED, _SUB = 0, 1  # filter type, the first byte of a row


def encode_colors(rgb: NDArray[np.uint8]) -> bytes:
    """Encode an RGB image, uint8 (height, width, 3)."""
    return _build_file(_filter_rows(rgb), rgb.shape[1], 8, _RGB, 3)


def encode_samples(samples: NDArray[np.uint16]) -> bytes:
    """Encode an image of 16-bit samples, uint16 (height, width, 3)."""
    flat = samples.astype(">u2").view(np.uint8).reshape(*samples.shape[:2], 6)
    return _build_file(_filter_rows(flat), samples.shape[1], 16, _RGB, 1)


def encode_depth(depth: NDArray[np.float32]) -> bytes:
    """Encode depth in metres as 16-bit integers in millimetres; 0 for background and beyond 65 m."""
    millimetres = np.rint(np.float32(1000.0) * depth)
    millimetres[millimetres > 65535] = 0
    samples = millimetres.astype(np.uint16).astype(">u2").view(np.uint8).reshape(*depth.shape, 2)
    return _build_file(_filter_rows(samples), depth.shape[1], 16, _GREY, 2)


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """Encode a mask, 255 where it is true."""
    height, width = mask.shape
    rows = np.full((height, 1 + width), _UNFILTERED, np.uint8)
    np.multiply(mask, np.uint8(255), out=rows[:, 1:])
    return _build_file(rows, width, 8, _GREY, 1)


def _filter_rows(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Apply the Sub filter to pixels (height, width, bytes): subtract the pixel to the left."""
    height, width, size = samples.shape
    rows, flat = np.empty((height, 1 + width * size), np.uint8), samples.reshape(height, -1)
    rows[:, 0], rows[:, 1 : 1 + size] = _SUB, flat[:, :size]
    np.subtract(flat[:, size:], flat[:, :-size], out=rows[:, 1 + size :])
    return rows


def _build_file(rows: NDArray[np.uint8], width: int, bit_depth: int, color_type: int, run_distance: int) -> bytes:
    header = struct.pack(">IIBBBBB", *(width, len(rows), bit_depth, color_type, 0, 0, 0))
    data = compress(rows.ravel(), run_distance)
    return b"".join(
        [_SIGNATURE, *_build_chunk(b"IHDR", header), *_build_chunk(b"IDAT", data), *_build_chunk(b"IEND", b"")]
    )


def _build_chunk(kind: bytes, content: bytes) -> tuple[bytes, ...]:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)), kind, content, struct.pack(">I", checksum)


def read_png(path: Path) -> NDArray[Any]:
    """Read the pixels of a file as they are stored; colours as blue, green, red.

    Raises:
        ValueError: The file is missing or damaged; the message does not name it.
    """
    data = read_bytes(path)
    parse_size(data)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError("is not an image")
    return image


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        ValueError: The file cannot be read; the message does not name it.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def parse_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a PNG file after verifying the checksums of all chunks.

    Raises:
        ValueError: The data is not a PNG file, or damaged.
    """
    if not data.startswith(_SIGNATURE):
        raise ValueError("is not a PNG file")
    offset, kind = len(_SIGNATURE), b""
    while kind != b"IEND":
        if len(data) < offset + 12:
            raise ValueError("ends too early")
        length, kind = struct.unpack_from(">I4s", data, offset)
        content = data[offset + 4 : offset + 8 + length]
        if data[offset + 8 + length : offset + 12 + length] != struct.pack(">I", zlib.crc32(content)):
            raise ValueError("is damaged")
        offset += 12 + length
    width, height = struct.unpack_from(">II", data, len(_SIGNATURE) + 8)
    return width, height
