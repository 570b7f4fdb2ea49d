"""Calls of terms in a task file, and the composite checks ``any``, ``all`` and ``not`` that nest them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

TermCall = dict[str, object]
"""A term with its parameters, as in the file: ``{ term = "near", of = "palm", to = "goal", within = 0.02 }``."""
LIST_OPERATORS = ("any", "all")
OPERATORS = (*LIST_OPERATORS, "not")
"""Keys of composite checks: ``{ any = [...] }``, ``{ all = [...] }``, ``{ not = {...} }``."""


def iterate_term_calls(checks: Iterable[object]) -> Iterator[TermCall]:
    """Iterate over the calls of terms in checks, at any depth; skip what is no check, as before validation."""
    for check in checks:
        if not isinstance(check, dict):
            continue
        if "term" in check:
            yield check
            continue
        for operator in LIST_OPERATORS:
            parts = check.get(operator)
            yield from iterate_term_calls(parts if isinstance(parts, list | tuple) else ())
        yield from iterate_term_calls([check.get("not")])
