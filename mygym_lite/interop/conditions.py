"""Selection of the conditions of a suite that another harness evaluates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, suggest
from mygym_lite.randomization.condition import NOMINAL, Condition
from mygym_lite.randomization.suite import Suite


def select_conditions(task: Task, suite: Suite, axes: Sequence[str], severity: int) -> Iterator[Condition]:
    """Yield the conditions of a task along some axes; those that do not apply to it are left out.

    Args:
        task: Task.
        suite: Suite of perturbations.
        axes: Axes of the suite, each at ``severity``; the nominal condition alone if there are none.
        severity: Severity of the axes.
    """
    known = {(c.axis, c.severity): c for c in suite.build_conditions(task)}
    for axis in axes or (NOMINAL,):
        condition = known.get((axis, severity if axis != NOMINAL else 0))
        if condition is None:
            names = list(dict.fromkeys(axis for axis, _ in known))
            raise UsageError(f"axes: no '{axis}' at severity {severity}{suggest(axis, names)}")
        if condition.applicable:
            yield condition
