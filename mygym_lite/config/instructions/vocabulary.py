"""Fixed vocabulary of instructions, from ``assets/language/vocabulary.txt``, and their conversion to tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from mygym_lite import paths
from mygym_lite.config.instructions.instruction_text import split_words
from mygym_lite.config.language import MAX_WORDS

PADDING, UNKNOWN = 0, 1
"""Tokens after the last word, and of words outside the vocabulary."""
Vocabulary = Mapping[str, int]


@lru_cache(maxsize=64)
def load_vocabulary(own_words: tuple[str, ...] = ()) -> Vocabulary:
    """Load the token of each word; the words of a task itself follow those that are shipped."""
    words = dict.fromkeys([*_read_shipped_words(), *(word.casefold() for word in own_words)])
    return {word: token for token, word in enumerate(words)}


@cache
def _read_shipped_words() -> tuple[str, ...]:
    """Read the file: a word per line, the padding and the unknown word first."""
    file = paths.get_assets_folder() / "language" / "vocabulary.txt"
    return tuple(file.read_text(encoding="utf-8").split())


def encode_instruction(text: str, vocabulary: Vocabulary) -> NDArray[np.int64]:
    """Encode an instruction as one token per word, padded to the fixed length."""
    tokens = np.full(MAX_WORDS, PADDING, np.int64)
    known = [vocabulary.get(word, UNKNOWN) for word in split_words(text)[:MAX_WORDS]]
    tokens[: len(known)] = known
    return tokens
