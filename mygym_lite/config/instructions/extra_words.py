"""Insertion of polite phrases that do not change the meaning of an instruction."""

from __future__ import annotations

from collections.abc import Sequence

from mygym_lite.config.instructions.instruction_text import Word, count_words, split_words
from mygym_lite.config.instructions.wording import load_wording
from mygym_lite.config.language import MAX_WORDS
from mygym_lite.rng import make_stream


def add_extra_words(words: Sequence[Word], count: int, seed: int) -> list[Word]:
    """Add phrases before and after an instruction; those that would make it too long are left out.

    For one seed, a larger count adds to the phrases of a smaller one.
    """
    extra = load_wording().extra
    phrases = [*extra.front, *extra.back]
    room = MAX_WORDS - count_words(words)
    chosen: list[int] = []
    for index in make_stream(seed, "language/extra_words").permutation(len(phrases)).tolist()[:count]:
        size = len(split_words(phrases[index]))
        if size <= room:
            room -= size
            chosen.append(index)
    added = [Word(phrases[index], f"extra/{index}", role="extra") for index in sorted(chosen)]
    front = sum(index < len(extra.front) for index in chosen)
    end = len(words) if split_words(words[-1].text) else len(words) - 1  # before a final punctuation mark
    return [*added[:front], *words[:end], *added[front:], *words[end:]]
