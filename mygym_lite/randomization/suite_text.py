"""Text of the file of a suite that a program built."""

from __future__ import annotations

import json
from typing import Any

from mygym_lite.randomization.axis import Axis
from mygym_lite.randomization.suite import Suite


def format_suite(suite: Suite) -> str:
    """Format a suite of axes as the text of its file, which ``load_suite`` reads."""
    head = {"schema": 1, "name": suite.name, "version": suite.version, "about": suite.about}
    lines = [f"{key} = {_format_value(value)}" for key, value in (head | {"severities": suite.severities}).items()]
    return "\n".join([*lines, *(line for axis in suite.axes for line in _format_axis(axis))]) + "\n"


def _format_axis(axis: Axis) -> list[str]:
    fields = {"group": axis.group, "about": axis.about, "needs": axis.needs, "observes": axis.observes}
    return [
        "",
        f"[axes.{_format_value(axis.name)}]",
        *(f"{key} = {_format_value(value)}" for key, value in fields.items()),
        f"[axes.{_format_value(axis.name)}.changes]",
        *(f"{_format_value(path)} = {_format_value(change)}" for path, change in axis.changes.items()),
    ]


def _format_value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_format_value(key)} = {_format_value(item)}' for key, item in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_format_value, value))}]"
    return json.dumps(value)  # text, numbers and booleans look alike in TOML and JSON
