"""Refusal of runs that cannot stand on one leaderboard: another simulation, suite, task or other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mygym_lite.errors import UsageError
from mygym_lite.fingerprint import find_differences
from mygym_lite.harness.declared_worlds import drop_engine, read_suite, read_worlds
from mygym_lite.harness.leaderboard.complete_runs import CompleteRun

_DIGITS = 12  # of a digest in a message


def require_compatible_runs(runs: Sequence[CompleteRun]) -> None:
    """Refuse runs that differ in more than policies, the choice of tasks, and the physics engine.

    Raises:
        UsageError: The first difference, with both values.
    """
    first, *others = runs
    for other in others:
        _refuse_other_suite(first, other)
        _refuse_other_seeds(first, other)
        _refuse_other_simulation(first, other)
    known: dict[str, tuple[CompleteRun, dict[str, Any]]] = {}
    for run in runs:
        for task, fields in read_worlds(run.manifest).items():
            _refuse_other_task(task, known.setdefault(task, (run, fields)), (run, fields))


def _refuse_other_suite(first: CompleteRun, other: CompleteRun) -> None:
    a, b = ({"suite": read_suite(run.manifest)} for run in (first, other))
    if differences := find_differences(a, b):
        raise UsageError(
            f"{first.folder} and {other.folder}: have other suites: {differences[0]}; evaluate both under the same "
            "suite"
        )


def _refuse_other_seeds(first: CompleteRun, other: CompleteRun) -> None:
    a, b = (_get_seeds(run) for run in (first, other))
    if a != b:
        raise UsageError(
            f"{first.folder} and {other.folder}: have other seeds, {a[0]} to {a[-1]} and {b[0]} to {b[-1]}; evaluate "
            "both with the same --seed and --episodes"
        )


def _get_seeds(run: CompleteRun) -> range:
    start = int(run.manifest["seed"])
    return range(start, start + int(run.manifest["episodes"]))


def _refuse_other_simulation(first: CompleteRun, other: CompleteRun) -> None:
    a, b = (str(run.manifest["simulation"])[:_DIGITS] for run in (first, other))
    if a != b:
        raise UsageError(
            f"{first.folder} and {other.folder}: were made by other versions of the code or assets (simulation {a} "
            f"and {b}); evaluate both with one version"
        )


def _refuse_other_task(
    task: str, known: tuple[CompleteRun, dict[str, Any]], found: tuple[CompleteRun, dict[str, Any]]
) -> None:
    """Compare the declared fields of a task, apart from the physics engine."""
    a, b = (drop_engine(fields) for _, fields in (known, found))
    if differences := find_differences({task: a}, {task: b}):
        raise UsageError(
            f"{known[0].folder} and {found[0].folder}: have other tasks of one name: {differences[0]}; evaluate both "
            "on the same task"
        )
