"""Masks as run lengths down the columns, in the compressed text that COCO's tools read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BITS = 5  # of a number in one character; a sixth says that more follow
_MORE, _SIGN, _FIRST = 32, 16, 48
Whole = NDArray[np.int64]


def encode_rle(mask: NDArray[np.bool_]) -> str:
    """The runs of a mask (height, width), that of what is not in it first."""
    height = len(mask)
    columns = np.flatnonzero(mask.any(axis=0))
    left, right = (int(columns[0]), int(columns[-1]) + 1) if len(columns) else (0, 0)
    pixels = np.zeros((right - left) * height + 2, np.bool_)
    pixels[1:-1] = mask[:, left:right].T.ravel()
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + left * height
    edges = np.concatenate([[0], changes, [mask.size] if len(changes) == 0 or changes[-1] < mask.size else []])
    return _text((edges[1:] - edges[:-1]).astype(np.int64))


def _text(runs: Whole) -> str:
    """From the fourth run on, the difference to the run before the last; each in as few characters as it needs."""
    numbers = runs.copy()
    numbers[3:] -= runs[1:-2]
    size = np.where(numbers < 0, ~numbers, numbers)
    shifts = _BITS * np.arange(max(1, -(-(int(size.max()).bit_length() + 1) // _BITS)))
    needed = (size[:, None] >> np.maximum(shifts - 1, 0)) > 0
    needed[:, 0] = True
    characters = (numbers[:, None] >> shifts) & (_MORE - 1)
    characters[:, :-1] += _MORE * needed[:, 1:]
    return (characters[needed] + _FIRST).astype(np.uint8).tobytes().decode("ascii")


def decode_rle(text: str, height: int, width: int) -> NDArray[np.bool_]:
    """The mask (height, width) that a text stands for.

    Raises:
        ValueError: The text is no such mask.
    """
    runs = _runs(text)
    if (runs < 0).any() or runs.sum() != height * width:
        raise ValueError(f"holds runs of {runs.sum()} px, not {height * width}")
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(width, height).T


def _runs(text: str) -> Whole:
    codes = np.frombuffer(text.encode("latin-1", "replace"), np.uint8).astype(np.int64) - _FIRST
    if not len(codes) or codes.min() < 0 or codes.max() >= 2 * _MORE or codes[-1] & _MORE:
        raise ValueError("is no compressed mask")
    ends = np.flatnonzero(codes & _MORE == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(codes)) - np.repeat(starts, ends - starts + 1)
    numbers = np.add.reduceat((codes & (_MORE - 1)) << (_BITS * place), starts)
    numbers -= np.where(codes[ends] & _SIGN, 1 << (_BITS * (place[ends] + 1)), 0)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers
