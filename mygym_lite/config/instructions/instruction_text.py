"""Words of an instruction, and their conversion from and to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

WORD_PATTERN = r"\w+(?:'\w+)*"
_WORD = re.compile(WORD_PATTERN)
_VOWELS = "aeiou"
Role = Literal["text", "noun", "color", "relation", "extra"]


@dataclass(frozen=True)
class Word:
    """Word or short phrase of an instruction.

    Args:
        text: The word itself, or a punctuation mark.
        key: Identity in the template, from which its random streams are named, whatever else changes.
        attached: Written without a space before it.
        role: Origin of the word; nouns and colours come from fields of a template.
        referent: Name of the object or region that a noun, colour or relation refers to.
    """

    text: str
    key: str
    attached: bool = False
    role: Role = "text"
    referent: str = ""


def split_words(text: str) -> list[str]:
    """Split a text into its words in lower case, without punctuation."""
    return _WORD.findall(text.casefold())


def count_words(words: Iterable[Word]) -> int:
    """Count the words of an instruction, without punctuation."""
    return sum(len(split_words(word.text)) for word in words)


def join_words(words: Iterable[Word]) -> str:
    """Join the words to a text."""
    return "".join(word.text if word.attached else f" {word.text}" for word in words).strip()


def correct_articles(words: Sequence[Word]) -> list[Word]:
    """Write 'an' before a vowel, and 'a' otherwise."""
    corrected = list(words)
    for index, (word, following) in enumerate(pairwise(words)):
        if word.role == "text" and word.text in ("a", "an"):
            article = "an" if following.text[0].casefold() in _VOWELS else "a"
            corrected[index] = replace(word, text=article)
    return corrected
