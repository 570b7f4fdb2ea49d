"""The instruction of an episode, a pure function of the sampled task and the seed."""

from __future__ import annotations

from mygym_lite.config.instructions.extra_words import add_extra_words
from mygym_lite.config.instructions.instruction_text import Word, correct_articles, join_words
from mygym_lite.config.instructions.referents import describe_referent, list_referents
from mygym_lite.config.instructions.relations import refer_by_relation
from mygym_lite.config.instructions.reordering import move_phrases
from mygym_lite.config.instructions.synonyms import replace_synonyms
from mygym_lite.config.instructions.templates import parse_field, parse_template
from mygym_lite.config.instructions.typos import add_typos
from mygym_lite.config.instructions.vocabulary import load_vocabulary
from mygym_lite.config.language import Language
from mygym_lite.config.task import Task
from mygym_lite.rng import make_stream


def describe_task(task: Task) -> str:
    """Return the nominal instruction of a declared task, or its description if it has no ``[language]``."""
    return task.about if task.language is None else join_words(fill_template(task, task.language.templates[0]))


def build_instruction(task: Task, seed: int) -> str:
    """Build the instruction of an episode, or return the description of a task without ``[language]``.

    Each perturbation draws from streams of its own, named by the word that it changes: other words stay as they are,
    and those that are changed at some strength are changed in the same way at a greater one.

    Args:
        task: Task as sampled for the episode.
        seed: Seed of the episode.
    """
    language = task.language
    if language is None:
        return task.about
    words = fill_template(task, _select_template(language, seed))
    if language.relation:
        words = refer_by_relation(words, task, language.relation, seed)
    if language.synonyms:
        words = replace_synonyms(words, task, language, seed)
    if language.reorder:
        words = move_phrases(words, language.reorder, seed)
    if language.extra_words:
        words = add_extra_words(words, language.extra_words, seed)
    words = correct_articles(words)
    if language.typos:
        words = add_typos(words, language.typos, load_vocabulary(language.vocabulary), seed)
    return join_words(words)


def _select_template(language: Language, seed: int) -> str:
    index = language.paraphrase
    if isinstance(index, str):
        index = int(make_stream(seed, "language/paraphrase").integers(len(language.templates)))
    return language.templates[index]


def fill_template(task: Task, template: str) -> list[Word]:
    """Fill the fields of a template with the nouns and colours of a task."""
    referents = list_referents(task)
    words = []
    for index, piece in enumerate(parse_template(template)):
        if piece.is_field:
            field = parse_field(piece.text, referents)
            referent = describe_referent(task, field.referent)
            text, role = (str(referent.color), "color") if field.is_color else (referent.noun, "noun")
            words.append(Word(text, str(index), piece.attached, role, field.referent))  # type: ignore[arg-type]
        else:
            words.append(Word(piece.text, str(index), piece.attached))
    return correct_articles(words)
