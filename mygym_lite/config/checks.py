"""Calls of terms in a task file, and the composite checks ``any``, ``all`` and ``not`` that nest them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mygym_lite.schema import Location

TermCall = dict[str, object]
"""A term with its parameters, as in the file: ``{ term = "near", of = "palm", to = "goal", within = 0.02 }``."""
LIST_OPERATORS = ("any", "all")
OPERATORS = (*LIST_OPERATORS, "not")
"""Keys of composite checks: ``{ any = [...] }``, ``{ all = [...] }``, ``{ not = {...} }``."""


def iterate_term_calls(checks: Iterable[object]) -> Iterator[TermCall]:
    """Iterate over the calls of terms in checks, at any depth; skip what is no check, as before validation."""
    for check in checks:
        yield from (call for call, _ in _locate_calls(check, Location("")))


def locate_term_calls(checks: Mapping[str, object], where: Location) -> Iterator[tuple[TermCall, Location]]:
    """Iterate over the calls of terms in a table of checks, at any depth, with the location of each."""
    for name, check in checks.items():
        yield from _locate_calls(check, where.at(name))


def _locate_calls(check: object, where: Location) -> Iterator[tuple[TermCall, Location]]:
    if not isinstance(check, dict):
        return
    if "term" in check:
        yield check, where
        return
    for operator in LIST_OPERATORS:
        parts = check.get(operator)
        for index, part in enumerate(parts if isinstance(parts, list | tuple) else ()):
            yield from _locate_calls(part, where.at(operator, str(index)))
    yield from _locate_calls(check.get("not"), where.at("not"))
