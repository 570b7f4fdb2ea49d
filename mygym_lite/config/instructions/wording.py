"""Shipped synonyms and polite phrases, from ``assets/language/wording.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mygym_lite import paths
from mygym_lite.documents import read_toml
from mygym_lite.schema import Location, build, quantity, require_schema

Synonyms = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class ExtraPhrases:
    """Phrases without meaning for the task."""

    front: tuple[str, ...] = quantity(doc="phrases before the instruction, in their order")
    back: tuple[str, ...] = quantity(doc="phrases after the instruction, in their order")


@dataclass(frozen=True)
class Wording:
    """Words of the same meaning, and polite phrases."""

    synonyms: Synonyms = quantity(doc="synonyms of words of templates, by word or phrase")
    nouns: Synonyms = quantity(doc="synonyms of the nouns of objects and regions")
    colors: Synonyms = quantity(doc="synonyms of the basic colours")
    extra: ExtraPhrases = quantity(doc="polite phrases")


@cache
def load_wording() -> Wording:
    """Load the shipped table."""
    path = paths.get_assets_folder() / "language" / "wording.toml"
    where = Location(path.name)
    return build(Wording, require_schema(read_toml(path), where), where)
