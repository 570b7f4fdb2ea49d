"""Replacement of words by synonyms that cannot be mistaken for another thing of the scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mygym_lite.config.instructions.instruction_text import Word, count_words
from mygym_lite.config.instructions.referents import describe_referent, list_referents
from mygym_lite.config.instructions.wording import load_wording
from mygym_lite.config.language import MAX_WORDS, Language
from mygym_lite.config.task import Task
from mygym_lite.rng import make_stream

_LONGEST_PHRASE = 3  # words of a key of the table


def replace_synonyms(words: Sequence[Word], task: Task, language: Language, seed: int) -> list[Word]:
    """Replace each replaceable word with the probability ``language.synonyms``, independently of all others.

    If the instruction could become too long, only synonyms that are no longer than their word are used.
    """
    originals = _join_phrases(words)
    drawn = [_draw_synonym(word, list_synonyms(word, task, language), seed) for word in originals]
    fits = count_words(synonym for _, synonym in drawn) <= MAX_WORDS
    return [
        synonym if threshold < language.synonyms and (fits or count_words([synonym]) <= count_words([word])) else word
        for word, (threshold, synonym) in zip(originals, drawn, strict=True)
    ]


def _draw_synonym(word: Word, candidates: Sequence[str], seed: int) -> tuple[float, Word]:
    """Draw the probability above which a word is replaced, and its synonym; the word itself without candidates."""
    if not candidates:
        return 1.0, word
    rng = make_stream(seed, f"language/synonyms/{word.key}")
    threshold = float(rng.random())
    return threshold, replace(word, text=candidates[int(rng.integers(len(candidates)))])


def list_synonyms(word: Word, task: Task, language: Language) -> list[str]:
    """List the synonyms of a word; none for words that must stay."""
    wording = load_wording()
    if word.role == "noun":
        return _list_noun_synonyms(word, task, language)
    table = {"color": wording.colors, "text": wording.synonyms}.get(word.role, {})
    return list(table.get(word.text.casefold(), ()))


def _list_noun_synonyms(word: Word, task: Task, language: Language) -> list[str]:
    """List other nouns of a thing, without those that would also fit a thing with another noun."""
    nouns = load_wording().nouns
    taken: set[str] = set()
    for name in list_referents(task):
        noun = describe_referent(task, name).noun
        if noun != word.text:
            taken |= {noun, *nouns.get(noun, ()), *language.words.get(name, ())}
    own = [*language.words.get(word.referent, ()), *nouns.get(word.text, ())]
    return [noun for noun in dict.fromkeys(own) if noun not in taken]


def _join_phrases(words: Sequence[Word]) -> list[Word]:
    """Join the words of each phrase that has synonyms of its own, such as 'pick up', the longest first."""
    table, joined, index = load_wording().synonyms, list[Word](), 0
    while index < len(words):
        for size in range(_LONGEST_PHRASE, 0, -1):
            part = words[index : index + size]
            text = " ".join(word.text for word in part)
            if size == 1 or (all(word.role == "text" for word in part) and text.casefold() in table):
                joined.append(replace(words[index], text=text))
                index += len(part)
                break
    return joined
