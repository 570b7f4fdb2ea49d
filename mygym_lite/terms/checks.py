"""Binding of checks: a term, or a composite of checks by ``any``, ``all`` or ``not``, compiled to one closure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mygym_lite.config.checks import OPERATORS
from mygym_lite.config.state import State
from mygym_lite.errors import suggest
from mygym_lite.schema import Location
from mygym_lite.terms.registry import Action, BoundTerm, SceneNames, bind_term

_SYNONYMS = {"and": "all", "or": "any"}
CompiledCheck = Callable[[State, Action, State], Any]


@dataclass(frozen=True)
class CompositeCheck:
    """Checks joined by an operator; ``not`` has one."""

    operator: str
    parts: tuple[BoundTerm | CompositeCheck, ...]

    def compile(self) -> CompiledCheck:
        """Return the check as a function of before, action and after."""
        parts = [part.compile() for part in self.parts]
        if self.operator == "not":
            [part] = parts
            return lambda before, action, after: not part(before, action, after)
        join = any if self.operator == "any" else all
        return lambda before, action, after: join([part(before, action, after) for part in parts])


Check = BoundTerm | CompositeCheck


def bind_checks(checks: Mapping[str, object], names: SceneNames, location: Location) -> dict[str, Check]:
    """Bind the checks of a table, each of which may be composite."""
    return {name: _bind_check(check, names, location.at(name)) for name, check in checks.items()}


def _bind_check(check: object, names: SceneNames, where: Location) -> Check:
    table = check if isinstance(check, Mapping) else {}
    if "term" in table or not table:
        return bind_term("check", table, names, where)
    operator, *others = sorted(table, key=lambda key: key not in OPERATORS)
    if operator not in OPERATORS:
        word = _SYNONYMS.get(operator.casefold(), operator)
        raise where.at(operator).error(f"is neither 'term' nor an operator{suggest(word, OPERATORS)}")
    if others:
        raise where.at(others[0]).error(f"stands beside '{operator}'; give each check a table of its own")
    inside = where.at(operator)
    if operator == "not":
        return CompositeCheck(operator, (_bind_check(table[operator], names, inside),))
    parts = _require_list(table[operator], inside)
    bound = [_bind_check(part, names, inside.at(str(index))) for index, part in enumerate(parts)]
    return CompositeCheck(operator, tuple(bound))


def _require_list(value: object, where: Location) -> list[object]:
    if not isinstance(value, list | tuple):
        raise where.error("is not a list of checks; write [{ term = ... }, { term = ... }]")
    if not value:
        raise where.error("is empty; write [{ term = ... }, { term = ... }]")
    return list(value)
