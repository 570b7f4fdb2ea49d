"""Deflate for images: runs and literals only, since filtered rows hold no other matches.

A general compressor also searches for earlier matches, and finds next to none in the noise of a camera.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import kernel

_END, _SYMBOLS, _DISTANCES = 256, 286, 4
_MAX_CODE = 15  # bits
_MIN_RUN, _MAX_RUN = 4, 258  # bytes; runs of 3 cost as much as they save
_BLOCK = 16  # bytes compared at once
_SIZE_BITS = 5  # low bits of an entry: the number of bits to write; those bits follow above

_EXTRA = np.array([0] * 8 + [bits for bits in range(1, 6) for _ in range(4)] + [0])  # extra bits of each length symbol
_BASE = np.concatenate([3 + np.cumsum([0, *(1 << _EXTRA[:-2])]), [_MAX_RUN]])  # smallest length of each symbol
_SYMBOL = _END + np.searchsorted(_BASE, np.arange(_MAX_RUN + 1), "right")  # symbol of each length

_BLOCK_HEADER = [(1, 1), (2, 2)]  # final block, dynamic Huffman codes
_ALPHABETS = [(_SYMBOLS - _END - 1, 5), (_DISTANCES - 1, 5), (15, 4)]  # numbers of symbols, distances and code lengths
_LENGTHS = [(0, 3)] * 3 + [(4, 3)] * 16  # every code length is itself coded in four bits
_HEAD = np.array([value << _SIZE_BITS | size for value, size in _BLOCK_HEADER + _ALPHABETS + _LENGTHS], np.uint64)
_NIBBLES = np.array([int(f"{value:04b}"[::-1], 2) << _SIZE_BITS | 4 for value in range(16)], np.uint64)


def compress(data: NDArray[np.uint8], distance: int) -> bytes:
    """Compress bytes into a zlib stream.

    Args:
        data: Bytes (n,), at least one.
        distance: Distance of the bytes that a run repeats, 1 to 4: the size of a pixel.
    """
    tokens, counts = np.empty(len(data) + 1, np.uint16), np.zeros(_SYMBOLS, np.int64)
    count = _tokenize(data, distance, tokens, counts, _SYMBOL)
    lengths = _compute_code_lengths(counts)
    distances = np.arange(1, _DISTANCES + 1) == distance  # the only distance in use has a code of one bit
    head = np.concatenate([_HEAD, _NIBBLES[lengths], _NIBBLES[distances.astype(int)]])
    stream = np.empty(count + len(head), np.uint32)
    size = _pack(head, tokens[:count], _build_entries(lengths, _SYMBOL, _BASE, _EXTRA), stream)
    packed = stream.astype("<u4", copy=False).data.cast("B")[:size]
    return b"".join([b"\x78\x01", packed, struct.pack(">I", zlib.adler32(data.data))])


@kernel
def _tokenize(data, distance, tokens, counts, symbol):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write literals as they are and runs as 256 plus their length, and count the symbols.

    Indices are unsigned, which saves the check for negative ones.
    """
    size, back, at, number, one = np.uint64(len(data)), np.uint64(distance), np.uint64(0), np.uint64(0), np.uint64(1)
    many = np.uint64(_BLOCK)
    while at < size:
        run = np.uint64(0)
        if at >= back and data[at] == data[at - back]:
            most = min(np.uint64(_MAX_RUN), size - at)
            while run + many <= most and not _differ(data, at + run, back):
                run += many
            while run < most and data[at + run] == data[at + run - back]:
                run += one
        if run >= np.uint64(_MIN_RUN):
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
    """Return True if a block of bytes differs from the bytes before it."""
    difference = np.uint8(0)
    for i in range(_BLOCK):
        difference |= data[at + np.uint64(i)] ^ data[at + np.uint64(i) - back]
    return difference != 0


@kernel
def _compute_code_lengths(counts):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Compute the code length of each symbol, bits; counts are flattened until no code is too long."""
    while True:
        lengths = _build_huffman_tree(counts)
        if lengths.max() <= _MAX_CODE:
            return lengths
        counts = (counts + 1) // 2


@kernel
def _build_huffman_tree(counts):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Merge the two rarest nodes until one is left; leaves and inner nodes both come in order of their weight."""
    used = np.flatnonzero(counts)
    leaves = used[np.argsort(counts[used], kind="mergesort")]
    many = len(leaves)
    weight, parent = np.zeros(2 * many, np.int64), np.zeros(2 * many, np.int64)
    weight[:many] = counts[leaves]
    leaf, inner = 0, many
    for node in range(many, 2 * many - 1):
        for _ in range(2):
            if leaf < many and (inner >= node or weight[leaf] <= weight[inner]):
                rarest = leaf
                leaf += 1
            else:
                rarest = inner
                inner += 1
            weight[node] += weight[rarest]
            parent[rarest] = node
    depth, lengths = np.zeros(2 * many, np.int64), np.zeros(len(counts), np.int64)
    for node in range(2 * many - 3, -1, -1):
        depth[node] = depth[parent[node]] + 1
    lengths[leaves] = depth[:many]
    return lengths


@kernel
def _pack(head, tokens, entries, stream):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write the only block, and return its size in bytes."""
    indices = np.arange(len(head)).astype(np.uint16)
    bits, many, at = _write(indices, head, np.uint64(0), np.uint64(0), np.uint64(0), stream)
    bits, many, at = _write(tokens, entries, bits, many, at, stream)
    stream[at] = np.uint32(bits)
    return np.int64(at * np.uint64(4) + (many + np.uint64(7)) // np.uint64(8))


@kernel
def _write(tokens, entries, bits, many, at, stream):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Append the entries of tokens to the bit buffer, and write every full word."""
    for token in tokens:
        entry = entries[token]
        bits |= (entry >> np.uint64(_SIZE_BITS)) << many
        many += entry & np.uint64((1 << _SIZE_BITS) - 1)
        if many >= np.uint64(32):
            stream[at] = np.uint32(bits)
            bits, many, at = bits >> np.uint64(32), many - np.uint64(32), at + np.uint64(1)
    return bits, many, at


@kernel
def _pack_entry(value, size):  # type: ignore[no-untyped-def]  # pragma: no cover
    return np.uint64(value << _SIZE_BITS | size)


@kernel
def _build_entries(lengths, symbol, base, extra):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Build the bits of each token: its code, and for a run its extra bits and the distance."""
    entries, codes = np.zeros(_END + _MAX_RUN + 1, np.uint64), _assign_codes(lengths)
    for token in range(_END + 1):
        entries[token] = _pack_entry(codes[token], lengths[token])
    for run in range(_MIN_RUN, _MAX_RUN + 1):
        size, kind = lengths[symbol[run]], symbol[run] - _END - 1
        entries[_END + run] = _pack_entry(codes[symbol[run]] | (run - base[kind]) << size, size + extra[kind] + 1)
    return entries


@kernel
def _assign_codes(lengths):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Assign canonical codes: in order of length, then of symbol."""
    codes, code = np.zeros(len(lengths), np.int64), 0
    for length in range(1, _MAX_CODE + 1):
        for symbol in np.flatnonzero(lengths == length):
            codes[symbol] = _reverse_bits(code, length)
            code += 1
        code *= 2
    return codes


@kernel
def _reverse_bits(code, length):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Reverse a code, since codes are written from their highest bit."""
    result = 0
    for _ in range(length):
        result = 2 * result + code % 2
        code //= 2
    return result
