"""Validation of the instructions of a task: templates, fields, length and vocabulary."""

from __future__ import annotations

from collections.abc import Iterator

from mygym_lite.config.instructions.instruction_text import split_words
from mygym_lite.config.instructions.referents import describe_referent, get_noun, list_referents
from mygym_lite.config.instructions.templates import TemplateField, parse_field, parse_template
from mygym_lite.config.instructions.vocabulary import Vocabulary, load_vocabulary
from mygym_lite.config.language import MAX_WORDS, Language
from mygym_lite.config.start_extents import list_start_models
from mygym_lite.config.task import Task
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

INSTRUCTION = "instruction"
"""Name of the observation with the tokens of the instruction."""


def check_language(task: Task, where: Location) -> None:
    """Validate ``[language]``.

    Raises:
        ConfigError: The message names the template or word, and the remedy.
    """
    language = task.language
    if language is None:
        return
    if INSTRUCTION in task.observe:
        raise where.at("observe", INSTRUCTION).error("is the name of the tokens of [language]; use another name")
    here = where.at("language")
    _check_own_words(language, here.at("vocabulary"))
    vocabulary = load_vocabulary(language.vocabulary)
    _check_synonyms(task, language, vocabulary, here.at("words"))
    if not language.templates:
        raise here.at("templates").error("is empty; write an instruction, for example ['pick up the {target}']")
    for index, template in enumerate(language.templates):
        _check_template(task, template, vocabulary, here.at("templates", str(index)))
    check_paraphrase(task, here.at("paraphrase"))


def check_paraphrase(task: Task, where: Location) -> None:
    """Check that the template that a task uses exists."""
    language = task.language
    if language is not None and isinstance(language.paraphrase, int):
        count = len(language.templates)
        if language.paraphrase >= count:
            raise where.error(f"is {language.paraphrase}, there are {count} templates; use 0 to {count - 1} or 'any'")


def _check_own_words(language: Language, where: Location) -> None:
    for word in language.vocabulary:
        if split_words(word) != [word.casefold()]:
            raise where.error(f"{word!r:.40} is not a single word; write each word as a string of its own")


def _check_synonyms(task: Task, language: Language, vocabulary: Vocabulary, where: Location) -> None:
    referents = list_referents(task)
    for name, nouns in language.words.items():
        if name not in referents:
            raise where.at(name).error(f"no object or region '{name}'{suggest(name, referents)}")
        for noun in nouns:
            if not split_words(noun):
                raise where.at(name).error("has an empty noun; leave it out")
            _check_words(noun, vocabulary, where.at(name))


def _check_template(task: Task, template: str, vocabulary: Vocabulary, where: Location) -> None:
    referents = list_referents(task)
    try:
        pieces = parse_template(template)
        fields = [parse_field(piece.text, referents) for piece in pieces if piece.is_field]
    except ValueError as error:
        raise where.error(str(error)) from None
    words = [word for piece in pieces if not piece.is_field for word in split_words(piece.text)]
    _check_words(" ".join(words), vocabulary, where)
    count = len(words) + sum(_check_field(task, field, vocabulary, where) for field in fields)
    if count > MAX_WORDS:
        raise where.error(f"has up to {count} words, at most {MAX_WORDS} are allowed; shorten it")


def _check_field(task: Task, field: TemplateField, vocabulary: Vocabulary, where: Location) -> int:
    """Check the words that may stand for a field, and return their largest number."""
    if field.is_color:
        if describe_referent(task, field.referent).color is None:
            raise where.error(f"'{field.referent}' has no colour; give it one, or leave {{{field.referent}.color}} out")
        return 1
    nouns = list(_iterate_nouns(task, field.referent))
    for noun in nouns:
        _check_words(noun, vocabulary, where)
    return max(len(split_words(noun)) for noun in nouns)


def _iterate_nouns(task: Task, name: str) -> Iterator[str]:
    """Iterate over the nouns that a thing may have, with all models that its start may choose."""
    yield describe_referent(task, name).noun
    if name in task.objects:
        yield from map(get_noun, list_start_models(task, name))


def _check_words(text: str, vocabulary: Vocabulary, where: Location) -> None:
    for word in split_words(text):
        if word not in vocabulary:
            hint = suggest(word, vocabulary)
            remedy = f"{hint} If not, extend" if hint.endswith("?") else "; extend"
            raise where.error(f"'{word}' is not in the vocabulary{remedy} it: [language] vocabulary = [\"{word}\"]")
