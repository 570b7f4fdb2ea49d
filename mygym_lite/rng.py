"""Random streams by name: each thing that is drawn in an episode has its own, so that none disturbs another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
_POOL = 4  # words of numpy's SeedSequence
_WORD = 2**32
_LAST, _LAST_64, _FINEST = 2**128 - 1, 2**64 - 1, 2.0**-53
_PCG = 0x2360ED051FC65DA44385DF649FCCF645
_LEFT, _RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_HALF = np.uint32(16)


def make_stream(seed: int, name: str) -> Rng:
    """The random stream of one named thing in one episode."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _number(name)])))


class FastStream:
    """A stream that gives even numbers without numpy, and asks a numpy one, lent to it, for anything else."""

    __slots__ = ("_increment", "_lent", "_real", "_state")

    def __init__(self, state: int, increment: int, generator: Rng) -> None:
        self._state, self._increment, self._lent = state, increment, generator
        self._real = False  # whether the numpy one has gone on from here

    def random(self) -> float:
        """A number from 0 to 1: the upper 53 bits of PCG XSL RR 128/64."""
        if self._real:
            return self._lent.random()
        self._state = state = (self._state * _PCG + self._increment) & _LAST
        word, turn = (state >> 64) ^ (state & _LAST_64), state >> 122
        return ((((word >> turn) | (word << (64 - turn))) & _LAST_64) >> 11) * _FINEST

    def __getattr__(self, name: str) -> Any:
        if not self._real:
            self._lent.bit_generator.state = {
                "bit_generator": "PCG64", "state": {"state": self._state, "inc": self._increment},
                "has_uint32": 0, "uinteger": 0,
            }  # fmt: skip
            self._real = True
        return getattr(self._lent, name)


def make_streams(seed: int, names: Sequence[str]) -> Iterator[Rng]:
    """The streams of several things, one after the other: each holds until the next one is asked for.

    They are those of ``make_stream``, to the last bit, at a fraction of the cost: all seeds are hashed at once, the way
    numpy's ``SeedSequence`` hashes them one by one.
    """
    if len(names) < 4 or not 0 <= seed < _WORD or min(numbers := [_number(n) for n in names]) < _WORD:
        yield from (make_stream(seed, name) for name in names)
        return
    lent = make_stream(0, "")
    for a, b, c, d in _hashed(seed, np.array(numbers, dtype=np.uint64)).tolist():
        odd = ((((c << 64) | d) << 1) | 1) & _LAST
        lean: Any = FastStream(((odd + ((a << 64) | b)) * _PCG + odd) & _LAST, odd, lent)
        yield lean


@lru_cache(maxsize=4096)
def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _constants(first: int, factor: int, count: int) -> NDArray[np.uint32]:
    powers = [first]
    for _ in range(count):
        powers.append(powers[-1] * factor % _WORD)
    return np.array(powers, dtype=np.uint32)[:, None]


_IN = _constants(0x43B0D7E5, 0x931E8875, _POOL * _POOL)
_OUT = _constants(0x8B51F9DD, 0x58F38DED, 2 * _POOL)
_OTHERS = [[lane for lane in range(_POOL) if lane != source] for source in range(_POOL)]


def _stirred(words: NDArray[np.uint32], constants: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Hash each row with its constant and the next one."""
    mixed = (words ^ constants[:-1]) * constants[1:]
    return mixed ^ (mixed >> _HALF)


def _hashed(seed: int, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Four 64-bit words for each number, as ``SeedSequence([seed, number]).generate_state(4, uint64)`` gives them."""
    pool = np.zeros((_POOL, len(numbers)), dtype=np.uint32)
    pool[0], pool[1], pool[2] = seed, numbers & np.uint64(_WORD - 1), numbers >> np.uint64(32)
    pool = _stirred(pool, _IN[: _POOL + 1])
    at = _POOL
    for source, others in enumerate(_OTHERS):
        poured = _stirred(pool[source], _IN[at : at + _POOL])
        mixed = _LEFT * pool[others] - _RIGHT * poured
        pool[others] = mixed ^ (mixed >> _HALF)
        at += _POOL - 1
    words = _stirred(np.concatenate([pool, pool]), _OUT).astype(np.uint64)
    return (words[0::2] | (words[1::2] << np.uint64(32))).T
