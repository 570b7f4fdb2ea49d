"""Masks as run lengths down the columns, in the compressed text that COCO's tools read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import kernel

_BITS = 5  # of a number in one character; a sixth says that more follow
_MORE, _SIGN, _FIRST = 32, 16, 48
_LONGEST = 6  # characters of a number: a run is of all pixels at most, and there are not more than 2**29
Integers = NDArray[np.int64]


def encode_rle(mask: NDArray[np.bool_]) -> str:
    """The runs of a mask (height, width), that of what is not in it first."""
    text = np.empty(_LONGEST * (mask.size + 1), np.uint8)
    return text[: _write(mask, mask.any(axis=0), text)].tobytes().decode("ascii")


@kernel
def _write(mask, used, text):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Walk down the columns; from the fourth run on, each is told as the difference to the run before the last."""
    at, number, run, last, before, inside = 0, 0, 0, 0, 0, False
    for column in range(mask.shape[1]):
        if not (used[column] or inside):
            run += mask.shape[0]
            continue
        for row in range(mask.shape[0]):
            if mask[row, column] != inside:
                at = _spell(run - before if number > 2 else run, text, at)
                number, run, last, before, inside = number + 1, 0, run, last, not inside
            run += 1
    return _spell(run - before if number > 2 else run, text, at)


@kernel
def _spell(value, text, at):  # type: ignore[no-untyped-def]  # pragma: no cover
    """A number from its lowest bits on, in as few characters as it needs."""
    rest = value >> _BITS
    while rest != (-1 if value & _SIGN else 0):
        text[at] = (value & (_MORE - 1)) + _MORE + _FIRST
        value, rest, at = rest, rest >> _BITS, at + 1
    text[at] = (value & (_MORE - 1)) + _FIRST
    return at + 1


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


def _runs(text: str) -> Integers:
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
