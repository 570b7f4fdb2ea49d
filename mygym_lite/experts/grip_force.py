"""Grip force of the scripted expert, by the force limits of a task."""

from __future__ import annotations

from mygym_lite.config.checks import TermCall, iterate_term_calls
from mygym_lite.config.task import Task

MAX_FORCE = 40.0  # N of thumb and fingers together, for tasks without a limit
_FORCE_SHARE = 0.65  # share of the task's force limit


def select_grip_force(task: Task, thing: str) -> float:
    """Select a firm grip force, or a safe share of the task's limit, N."""
    limits = [
        float(call["newtons"]) * _count_sides(task, call, thing)  # type: ignore[arg-type]
        for call in iterate_term_calls(task.failure.values())
        if call["term"] == "contact_force_above" and _count_sides(task, call, thing)
    ]
    return min([MAX_FORCE, *(_FORCE_SHARE * limit for limit in limits)])


def _count_sides(task: Task, call: TermCall, thing: str) -> int:
    """Count the sides of a grip for each force that a limit names: 2 for the thumb, 0 without a hand on the object."""
    groups = [str(call["a"]), str(call["b"])]
    if thing not in groups:
        return 0
    groups.remove(thing)
    return 0 if groups[0] in (*task.objects, "table") else 2 if groups[0] == "thumb" else 1
