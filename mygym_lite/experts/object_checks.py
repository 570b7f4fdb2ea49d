"""Checks of a task, grouped by the object that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from mygym_lite.config.checks import TermCall
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.terms import TERMS, Thing, relations

Call = Mapping[str, Any]
Calls = Mapping[str, Call]
"""Checks of one object, by term."""


def group_stages(task: Task) -> list[dict[str, dict[str, Call]]]:
    """Group the checks of each stage, and of success, by the object that they are about."""
    tables = [*(stage.checks for stage in task.stages), *([task.success] if task.success else [])]
    return [_group_by_thing(task, table) for table in tables]


def _group_by_thing(task: Task, checks: Mapping[str, TermCall]) -> dict[str, dict[str, Call]]:
    groups: dict[str, dict[str, Call]] = {}
    for call in _iterate_calls(checks.values()):
        thing = str(call.get("thing", call.get("of", "")))
        if thing in task.objects:
            groups.setdefault(thing, {})[str(call["term"])] = call
    return groups


def _iterate_calls(checks: Iterable[Call]) -> Iterator[Call]:
    """Iterate over the calls to satisfy: the first alternative, each object of a count; skip negations."""
    for check in checks:
        if check.get("term") == "count_in":
            for thing in check["things"]:
                yield {"term": "inside", "thing": thing, "region": check["region"]}
        elif "term" in check:
            yield check
        else:
            yield from _iterate_calls([*check.get("all", ()), *check.get("any", ())[:1]])


def compile_checks(thing: str, calls: Calls) -> Callable[[State], bool]:
    """Compile the checks of one object, which the hand has to leave as well; it comes to rest without the hand."""
    checks = [
        partial(TERMS["check"][str(call["term"])], **{key: value for key, value in call.items() if key != "term"})
        for call in calls.values()
        if call["term"] != "at_rest"
    ]
    return lambda state: relations.released(state, Thing(thing)) and all(check(state) for check in checks)
