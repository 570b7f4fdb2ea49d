"""Declaration of a task's instruction in natural language, and of the perturbations of its wording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mygym_lite.schema import quantity

MAX_WORDS = 24
"""Largest number of words of an instruction; the ``instruction`` observation has one token for each."""


@dataclass(frozen=True)
class Language:
    """Instruction in natural language: templates, filled in each episode, and perturbations of their wording."""

    templates: tuple[str, ...] = quantity(
        doc='the nominal wording and paraphrases, such as "put the {target.color} {target} into the {bowl}"'
    )
    words: dict[str, tuple[str, ...]] = field(
        default_factory=dict, metadata={"doc": "NAME = other nouns for that object or region, for `synonyms`"}
    )
    vocabulary: tuple[str, ...] = quantity((), doc="words beyond the shipped vocabulary")
    paraphrase: int | Literal["any"] = quantity(0, low=0, doc='index of the template; "any" draws one per episode')
    synonyms: float = quantity(0.0, low=0, high=1, doc="probability that each replaceable word becomes a synonym")
    reorder: float = quantity(0.0, low=0, high=1, doc="probability that each phrase moves to the front of its clause")
    extra_words: int = quantity(0, low=0, high=12, doc="number of polite phrases to add, such as 'please'")
    relation: float = quantity(
        0.0, low=0, high=1, doc="probability that each object is named by a spatial relation instead of its noun"
    )
    typos: float = quantity(
        0.0, low=0, high=1, doc="probability of a typing error in each word of three letters or more"
    )
