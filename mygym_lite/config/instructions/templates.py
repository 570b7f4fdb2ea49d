"""Templates of instructions: plain words, and fields in braces such as ``{target}`` and ``{target.color}``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mygym_lite.config.instructions.instruction_text import WORD_PATTERN, split_words
from mygym_lite.errors import suggest

_PIECE = re.compile(rf"(\s*)(?:\{{([^{{}}]*)\}}|({WORD_PATTERN})|([^\w\s]))")
_COLOR = ".color"


@dataclass(frozen=True)
class TemplatePiece:
    """Word, punctuation mark or field of a template.

    Args:
        text: The word or mark; of a field, the text between the braces.
        is_field: True for a field.
        attached: Written without a space before it.
    """

    text: str
    is_field: bool
    attached: bool


@dataclass(frozen=True)
class TemplateField:
    """Field of a template: the noun of a thing, or its colour."""

    referent: str
    is_color: bool


@lru_cache(maxsize=1024)
def parse_template(template: str) -> tuple[TemplatePiece, ...]:
    """Split a template into pieces.

    Raises:
        ValueError: The template has no words, or a brace without its counterpart.
    """
    pieces: list[TemplatePiece] = []
    for match in _PIECE.finditer(template.strip()):
        space, field, word, mark = match.groups()
        if mark is not None and mark in "{}":
            number = match.start() + len(space) + 1
            raise ValueError(
                f"the brace '{mark}' at character {number} has no counterpart; write for example {{target}}"
            )
        text = field.strip() if field is not None else word or mark
        pieces.append(TemplatePiece(text, field is not None, attached=bool(pieces) and not space))
    if not any(piece.is_field or split_words(piece.text) for piece in pieces):
        raise ValueError("is empty; write an instruction, for example 'pick up the {target}'")
    return tuple(pieces)


def parse_field(text: str, referents: Sequence[str]) -> TemplateField:
    """Parse the text between the braces of a field.

    Raises:
        ValueError: The field names no object or region.
    """
    if text in referents:
        return TemplateField(text, is_color=False)
    if text.endswith(_COLOR) and text.removesuffix(_COLOR) in referents:
        return TemplateField(text.removesuffix(_COLOR), is_color=True)
    name = text.partition(".")[0]
    if name in referents:
        fields = f"Write {{{name}}} for its noun or {{{name}{_COLOR}}} for its colour"
        raise ValueError(f"no field '{{{text}}}'; did you mean '{name}'? {fields}")
    known = [field for name in referents for field in (name, name + _COLOR)]
    raise ValueError(f"no field '{{{text}}}'{suggest(text, known, 'the task has no objects; write plain words')}")
