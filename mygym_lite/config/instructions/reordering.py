"""Reordering of an instruction by whole phrases: 'into the bowl, put the cube'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mygym_lite.config.instructions.instruction_text import Word, split_words
from mygym_lite.rng import make_stream

_CLAUSE_ENDS = frozenset({"and", "then", ",", ".", ";", ":", "!", "?"})
_LIST_SEPARATORS = frozenset({"and", ","})
_DETERMINERS = frozenset({"the", "a", "an", "this", "that", "its", "your"})
_PREPOSITIONS = frozenset(
    {"above", "across", "along", "around", "at", "behind", "below", "beside", "between", "from", "in", "inside", "into"}
    | {"near", "next", "on", "onto", "over", "through", "to", "under", "with"}
)
_PARTICLES = frozenset({"away", "back", "down", "off", "out", "up"})
Phrase = list[Word]


def move_phrases(words: Sequence[Word], probability: float, seed: int) -> list[Word]:
    """Move each phrase but the first to the front of its clause with some probability, independently of all others."""
    moved: list[Word] = []
    for clause in _join_lists(_split_clauses(words)):
        phrases = split_phrases(clause)
        is_moved = [_is_moved(phrase, probability, seed) for phrase in phrases[1:]]
        front = [phrase for phrase, chosen in zip(phrases[1:], is_moved, strict=True) if chosen]
        rest = [phrase for phrase, chosen in zip(phrases[1:], is_moved, strict=True) if not chosen]
        moved += [word for phrase in front for word in _add_comma(phrase)]
        moved += [word for phrase in [*phrases[:1], *rest] for word in phrase]
    return moved


def split_phrases(clause: Sequence[Word]) -> list[Phrase]:
    """Split a clause into the verb, its object, and phrases that begin with a preposition."""
    phrases: list[Phrase] = []
    for word in clause:
        if not phrases or _begins_phrase(word, phrases):
            phrases.append([])
        phrases[-1].append(word)
    return phrases


def _begins_phrase(word: Word, phrases: list[Phrase]) -> bool:
    first = word.text.split()[0].casefold()
    is_verb = len(phrases) == 1
    if first in _DETERMINERS:
        return is_verb and not _has_determiner(phrases[-1])
    return first in _PREPOSITIONS and (is_verb or _has_determiner(phrases[-1]))


def _has_determiner(phrase: Phrase) -> bool:
    return any(word.text.casefold() in _DETERMINERS for word in phrase[:-1])


def _split_clauses(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Split at conjunctions and punctuation marks, each of which is a clause of its own."""
    clause: list[Word] = []
    for word in words:
        if word.text.casefold() in _CLAUSE_ENDS:
            yield clause
            yield [word]
            clause = []
        else:
            clause.append(word)
    yield clause


def _join_lists(clauses: Iterator[list[Word]]) -> list[list[Word]]:
    """Join the items of each list, such as 'put the cube, the can and the ball into the bowl', to one clause."""
    joined: list[list[Word]] = []
    for clause in clauses:
        if len(joined) > 1 and _is_list_item(clause) and _ends_with_object(joined[-2], joined[-1]):
            separator = joined.pop()
            joined[-1] += [*separator, *clause]
        else:
            joined.append(clause)
    return joined


def _is_list_item(clause: Sequence[Word]) -> bool:
    return bool(clause) and clause[0].text.casefold() in _DETERMINERS


def _ends_with_object(clause: Sequence[Word], separator: Sequence[Word]) -> bool:
    """Return True if a list may go on: after the object of a verb, before any phrase with a preposition."""
    words = [word.text.casefold() for word in clause]
    has_verb = bool(words) and words[0] not in _DETERMINERS
    return has_verb and not _PREPOSITIONS & set(words) and separator[0].text.casefold() in _LIST_SEPARATORS


def _is_moved(phrase: Phrase, probability: float, seed: int) -> bool:
    if phrase[-1].text.casefold() in _PARTICLES:
        return False
    return make_stream(seed, f"language/reorder/{phrase[0].key}").random() < probability


def _add_comma(phrase: Phrase) -> Phrase:
    """Add a comma, unless the phrase ends with a punctuation mark."""
    last = phrase[-1]
    comma = [replace(last, text=",", attached=True, role="text")] if split_words(last.text) else []
    return [*phrase, *comma]
