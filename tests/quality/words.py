"""Word lists for checks of names and sentences."""

from __future__ import annotations

import tomllib
from pathlib import Path

_LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

QUESTIONS = frozenset(_LISTS["questions"].split())
"""First words of sentences that ask instead of naming a thing."""

FRAGMENTS = frozenset(_LISTS["fragments"].split())
"""First words of sentences without a noun or an imperative."""

PREPOSITIONS = frozenset(_LISTS["prepositions"].split())

STOP_NAMES = frozenset(_LISTS["stop_names"].split())
"""Names that say nothing about robots, vision, learning or statistics."""

UNGUESSABLE_MODULES = frozenset(_LISTS["unguessable_modules"].split())
"""Names of modules that do not tell a reader of the field what is inside."""

IRREGULAR_PARTICIPLES = frozenset(_LISTS["irregular_participles"].split())

VERBS = frozenset(_LISTS["verbs"].split())

STOP_WORDS = frozenset(_LISTS["stop_words"].split())
"""Words that make persons of machinery."""
