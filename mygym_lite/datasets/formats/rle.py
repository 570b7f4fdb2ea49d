"""Run-length encoding of masks, column by column, in the compressed text of COCO's tools."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import kernel

_BITS = 5  # of a number per character; the sixth bit marks a continuation
_CONTINUATION, _SIGN, _OFFSET = 32, 16, 48
_MAX_CHARACTERS = 6  # of a number: a run covers all pixels at most, and there are fewer than 2**29
Integers = NDArray[np.int64]


def encode_rle(mask: NDArray[np.bool_]) -> str:
    """Encode a mask (height, width); the first run is of background pixels."""
    text = np.empty(_MAX_CHARACTERS * (mask.size + 1), np.uint8)
    return text[: _write_runs(mask, mask.any(axis=0), text)].tobytes().decode("ascii")


@kernel
def _write_runs(mask, used, text):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Walk down the columns; from the fourth on, a run is written as its difference to the run before the last."""
    at, number, run, last, before, inside = 0, 0, 0, 0, 0, False
    for column in range(mask.shape[1]):
        if not (used[column] or inside):
            run += mask.shape[0]
            continue
        for row in range(mask.shape[0]):
            if mask[row, column] != inside:
                at = _write_number(run - before if number > 2 else run, text, at)
                number, run, last, before, inside = number + 1, 0, run, last, not inside
            run += 1
    return _write_number(run - before if number > 2 else run, text, at)


@kernel
def _write_number(value, text, at):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write a number from its lowest bits, in as few characters as possible."""
    rest = value >> _BITS
    while rest != (-1 if value & _SIGN else 0):
        text[at] = (value & (_CONTINUATION - 1)) + _CONTINUATION + _OFFSET
        value, rest, at = rest, rest >> _BITS, at + 1
    text[at] = (value & (_CONTINUATION - 1)) + _OFFSET
    return at + 1


def decode_rle(text: str, height: int, width: int) -> NDArray[np.bool_]:
    """Decode a mask (height, width).

    Raises:
        ValueError: The text is not an encoded mask of that size.
    """
    runs = _parse_runs(text)
    if (runs < 0).any() or runs.sum() != height * width:
        raise ValueError(f"holds runs of {runs.sum()} px, not {height * width}")
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(width, height).T


def _parse_runs(text: str) -> Integers:
    codes = np.frombuffer(text.encode("latin-1", "replace"), np.uint8).astype(np.int64) - _OFFSET
    if not len(codes) or codes.min() < 0 or codes.max() >= 2 * _CONTINUATION or codes[-1] & _CONTINUATION:
        raise ValueError("is not a compressed mask")
    ends = np.flatnonzero(codes & _CONTINUATION == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    digit = np.arange(len(codes)) - np.repeat(starts, ends - starts + 1)
    numbers = np.add.reduceat((codes & (_CONTINUATION - 1)) << (_BITS * digit), starts)
    numbers -= np.where(codes[ends] & _SIGN, 1 << (_BITS * (digit[ends] + 1)), 0)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers
