"""Deflate for pictures: runs and literals alone, which is what is left to find once a picture's rows are differences.

A general compressor looks everywhere for what it has seen before, and finds next to nothing in the noise of a camera.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import kernel

_END, _SYMBOLS, _DISTANCES = 256, 286, 4
_LONGEST_CODE = 15  # bits
_SHORTEST, _LONGEST = 4, 258  # bytes that a run repeats; those of 3 cost as much as they save
_AT_ONCE = 16  # bytes
_SIZE_BITS = 5  # of an entry, which says of how many bits it is, and above that which they are

_EXTRA = np.array([0] * 8 + [bits for bits in range(1, 6) for _ in range(4)] + [0])  # bits after a length's symbol
_BASE = np.concatenate([3 + np.cumsum([0, *(1 << _EXTRA[:-2])]), [_LONGEST]])  # the least length of a symbol
_SYMBOL = _END + np.searchsorted(_BASE, np.arange(_LONGEST + 1), "right")  # of each length

_FRONT = [(1, 1), (2, 2)]  # the last block, with codes of its own
_ALPHABETS = [(_SYMBOLS - _END - 1, 5), (_DISTANCES - 1, 5), (15, 4)]  # how many of symbols, distances, lengths
_LENGTHS = [(0, 3)] * 3 + [(4, 3)] * 16  # a code's length takes four bits, which can tell all of them
_HEAD = np.array([value << _SIZE_BITS | size for value, size in _FRONT + _ALPHABETS + _LENGTHS], np.uint64)
_NIBBLES = np.array([int(f"{value:04b}"[::-1], 2) << _SIZE_BITS | 4 for value in range(16)], np.uint64)


def compress(data: NDArray[np.uint8], distance: int) -> bytes:
    """A zlib stream of some bytes.

    Args:
        data: One row of bytes, at least one.
        distance: How far back those bytes lie that a run repeats, 1 to 4: the size of a pixel.
    """
    tokens, counts = np.empty(len(data) + 1, np.uint16), np.zeros(_SYMBOLS, np.int64)
    number = _tokenize(data, distance, tokens, counts, _SYMBOL)
    lengths = _lengths(counts)
    distances = np.arange(1, _DISTANCES + 1) == distance  # the code of that which is used has one bit
    head = np.concatenate([_HEAD, _NIBBLES[lengths], _NIBBLES[distances.astype(int)]])
    stream = np.empty(number + len(head), np.uint32)
    size = _pack(head, tokens[:number], _entries(lengths, _SYMBOL, _BASE, _EXTRA), stream)
    packed = stream.astype("<u4", copy=False).data.cast("B")[:size]
    return b"".join([b"\x78\x01", packed, struct.pack(">I", zlib.adler32(data.data))])


@kernel
def _tokenize(data, distance, tokens, counts, symbol):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Each literal as it is, each run as 256 and its length; and how often each symbol is needed.

    Places are numbers without sign, which saves the question whether they are counted from the end.
    """
    size, back, at, number, one = np.uint64(len(data)), np.uint64(distance), np.uint64(0), np.uint64(0), np.uint64(1)
    many = np.uint64(_AT_ONCE)
    while at < size:
        run = np.uint64(0)
        if at >= back and data[at] == data[at - back]:
            most = min(np.uint64(_LONGEST), size - at)
            while run + many <= most and not _differ(data, at + run, back):
                run += many
            while run < most and data[at + run] == data[at + run - back]:
                run += one
        if run >= np.uint64(_SHORTEST):
            tokens[number] = np.uint64(_END) + run
            counts[symbol[run]] += 1
            at += run
        else:
            tokens[number] = data[at]
            counts[data[at]] += 1
            at += one
        number += one
    tokens[number] = _END
    counts[_END] += 1
    return number + one


@kernel
def _differ(data, at, back):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Whether some bytes, compared all at once, are not what lies before them."""
    found = np.uint8(0)
    for i in range(_AT_ONCE):
        found |= data[at + np.uint64(i)] ^ data[at + np.uint64(i) - back]
    return found != 0


@kernel
def _lengths(counts):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Bits of each symbol's code by Huffman's rule; counts are evened out until no code is too long."""
    while True:
        lengths = _huffman(counts)
        if lengths.max() <= _LONGEST_CODE:
            return lengths
        counts = (counts + 1) // 2


@kernel
def _huffman(counts):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Join the two rarest until all are one; leaves and joints are both met from the rarest on."""
    used = np.flatnonzero(counts)
    leaves = used[np.argsort(counts[used], kind="mergesort")]
    many = len(leaves)
    weight, above = np.zeros(2 * many, np.int64), np.zeros(2 * many, np.int64)
    weight[:many] = counts[leaves]
    leaf, joint = 0, many
    for made in range(many, 2 * many - 1):
        for _ in range(2):
            if leaf < many and (joint >= made or weight[leaf] <= weight[joint]):
                rarest = leaf
                leaf += 1
            else:
                rarest = joint
                joint += 1
            weight[made] += weight[rarest]
            above[rarest] = made
    depth, lengths = np.zeros(2 * many, np.int64), np.zeros(len(counts), np.int64)
    for node in range(2 * many - 3, -1, -1):
        depth[node] = depth[above[node]] + 1
    lengths[leaves] = depth[:many]
    return lengths


@kernel
def _pack(head, tokens, entries, stream):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write the one block that there is, and return of how many bytes it is."""
    places = np.arange(len(head)).astype(np.uint16)
    bits, many, at = _write(places, head, np.uint64(0), np.uint64(0), np.uint64(0), stream)
    bits, many, at = _write(tokens, entries, bits, many, at, stream)
    stream[at] = np.uint32(bits)
    return np.int64(at * np.uint64(4) + (many + np.uint64(7)) // np.uint64(8))


@kernel
def _write(tokens, entries, bits, many, at, stream):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Add the entries of some tokens to the bits that wait, and write a word whenever there are as many."""
    for token in tokens:
        entry = entries[token]
        bits |= (entry >> np.uint64(_SIZE_BITS)) << many
        many += entry & np.uint64((1 << _SIZE_BITS) - 1)
        if many >= np.uint64(32):
            stream[at] = np.uint32(bits)
            bits, many, at = bits >> np.uint64(32), many - np.uint64(32), at + np.uint64(1)
    return bits, many, at


@kernel
def _entry(value, size):  # type: ignore[no-untyped-def]  # pragma: no cover
    return np.uint64(value << _SIZE_BITS | size)


@kernel
def _entries(lengths, symbol, base, extra):  # type: ignore[no-untyped-def]  # pragma: no cover
    """What is written for each token: its code, and for a run what its code leaves open, and the distance."""
    entries, codes = np.zeros(_END + _LONGEST + 1, np.uint64), _codes(lengths)
    for token in range(_END + 1):
        entries[token] = _entry(codes[token], lengths[token])
    for run in range(_SHORTEST, _LONGEST + 1):
        size, kind = lengths[symbol[run]], symbol[run] - _END - 1
        entries[_END + run] = _entry(codes[symbol[run]] | (run - base[kind]) << size, size + extra[kind] + 1)
    return entries


@kernel
def _codes(lengths):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Codes in the order of their lengths, and of their symbols where those are alike."""
    codes, code = np.zeros(len(lengths), np.int64), 0
    for length in range(1, _LONGEST_CODE + 1):
        for symbol in np.flatnonzero(lengths == length):
            codes[symbol] = _reversed(code, length)
            code += 1
        code *= 2
    return codes


@kernel
def _reversed(code, length):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Codes are written from their highest bit on."""
    turned = 0
    for _ in range(length):
        turned = 2 * turned + code % 2
        code //= 2
    return turned
