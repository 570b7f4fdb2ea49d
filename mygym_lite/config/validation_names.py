"""Validation of the names that become parts of paths, tables and file names."""

from __future__ import annotations

import re

from mygym_lite.config.task import Task
from mygym_lite.schema import Location

_NAME = re.compile(r"\w[\w.-]{0,63}")
_RESERVED = frozenset({"timeout", "policy_error", "physics_error"})


def check_names(task: Task, where: Location) -> None:
    """Check the names that become parts of paths, tables and file names."""
    tables = ("objects", "regions", "draws", "cameras", "pushes", "observe", "reward", "success", "failure")
    _check_name(task.name, where.at("name"))
    for table in tables:
        for name in getattr(task, table):
            _check_name(name, where.at(table))
    for group, calls in task.observe.items():
        for name in calls:
            _check_name(name, where.at("observe", group))
    for index, stage in enumerate(task.stages):
        inside = where.at("stages", str(index))
        _check_name(stage.name, inside.at("name"))
        for table in ("checks", "reward"):
            for name in getattr(stage, table):
                _check_name(name, inside.at(table))
    for name in _RESERVED.intersection(task.failure):
        raise where.at("failure", name).error("is reserved for episodes that no term ended; use another name")


def _check_name(name: str, where: Location) -> None:
    if not _NAME.fullmatch(name):
        raise where.error(
            f"{name!r:.40} is not a valid name; use up to 64 letters, digits, '_', '-' and '.', "
            "and neither '-' nor '.' first"
        )
