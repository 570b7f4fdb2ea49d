"""Typing errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mygym_lite.config.instructions.instruction_text import WORD_PATTERN, Word
from mygym_lite.config.instructions.vocabulary import Vocabulary
from mygym_lite.rng import Rng, make_stream

_MIN_LETTERS = 3  # shorter words are hardly recognised with an error
_MAX_ATTEMPTS = 20
_WORD = re.compile(WORD_PATTERN)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBORS = {letter: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _ROWS for i, letter in enumerate(row)}


def add_typos(words: Sequence[Word], probability: float, vocabulary: Vocabulary, seed: int) -> list[Word]:
    """Add an error to each word of three letters or more with some probability, independently of all others."""
    return [replace(word, text=_mistype_text(word, probability, vocabulary, seed)) for word in words]


def _mistype_text(word: Word, probability: float, vocabulary: Vocabulary, seed: int) -> str:
    text = ""
    position = 0
    for number, match in enumerate(_WORD.finditer(word.text)):
        part = match.group()
        rng = make_stream(seed, f"language/typos/{word.key}/{number}")
        if len(part) >= _MIN_LETTERS and rng.random() < probability:
            part = mistype(part, vocabulary, rng)
        text += word.text[position : match.start()] + part
        position = match.end()
    return text + word.text[position:]


def mistype(word: str, vocabulary: Vocabulary, rng: Rng) -> str:
    """Exchange, omit, double or mistype one letter, such that the result is no word of the vocabulary."""
    errors = (_exchange_letters, _omit_letter, _double_letter, _press_neighbor)
    for _ in range(_MAX_ATTEMPTS):
        wrong = errors[int(rng.integers(len(errors)))](word, rng)
        if wrong != word and wrong.casefold() not in vocabulary:
            return wrong
    return word + 2 * word[-1]


def _exchange_letters(word: str, rng: Rng) -> str:
    i = int(rng.integers(len(word) - 1))
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def _omit_letter(word: str, rng: Rng) -> str:
    i = int(rng.integers(len(word)))
    return word[:i] + word[i + 1 :]


def _double_letter(word: str, rng: Rng) -> str:
    i = int(rng.integers(len(word)))
    return word[: i + 1] + word[i:]


def _press_neighbor(word: str, rng: Rng) -> str:
    i = int(rng.integers(len(word)))
    letters = _NEIGHBORS.get(word[i].casefold(), word[i])
    return word[:i] + letters[int(rng.integers(len(letters)))] + word[i + 1 :]
