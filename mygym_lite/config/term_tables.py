"""Tables of named terms as they stand in a task file: refuse terms without a name, or outside of a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.config.checks import LIST_OPERATORS
from mygym_lite.schema import Location


def check_term_tables(table: Mapping[str, Any], where: Location) -> None:
    """Check the tables of a task file in which terms stand, before they are converted.

    Raises:
        ConfigError: A term stands where its name or its group belongs.
    """
    for section in ("reward", "success", "failure"):
        _refuse_unnamed(table.get(section), where.at(section))
    _check_groups(table.get("observe"), where.at("observe"))
    stages = table.get("stages")
    for index, stage in enumerate(stages if isinstance(stages, list) else ()):
        for section in ("checks", "reward"):
            inside = stage.get(section) if isinstance(stage, dict) else None
            _refuse_unnamed(inside, where.at("stages", str(index), section))


def _check_groups(groups: object, where: Location) -> None:
    """Check that the terms of observations stand in groups."""
    for name, group in groups.items() if isinstance(groups, dict) else ():
        if _is_unnamed(group):
            raise where.at(name).error(
                "is a term outside of a group; write it below [observe.GROUP], for example [observe.all]"
            )


def _refuse_unnamed(table: object, where: Location) -> None:
    if _is_unnamed(table):
        raise where.error("is a term without a name; write NAME = { term = ... } in it")


def _is_unnamed(table: object) -> bool:
    """Return true for the table of a term or of a composite check, where a table of such tables belongs."""
    if not isinstance(table, dict):
        return False
    return isinstance(table.get("term"), str) or any(isinstance(table.get(key), list) for key in LIST_OPERATORS)
