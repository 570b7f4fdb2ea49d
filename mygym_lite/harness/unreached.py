"""Axes of a run's suite that cannot reach each of its policies, from its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.harness.plan import Plan
from mygym_lite.harness.transfer.reach import unreached
from mygym_lite.harness.trial import NONE_UNREACHED, Unreached
from mygym_lite.learning.source import PolicySource
from mygym_lite.learning.view import View
from mygym_lite.spec.task import Task

Table = dict[str, dict[str, dict[str, str]]]
"""Axes with the reason, by policy and task."""


def find_unreached(plan: Plan) -> Table:
    """The axes of a plan that change nothing for a policy, for its manifest."""
    return {policy.label: {task.name: _of(plan, policy, task) for task in plan.tasks} for policy in plan.policies}


def _of(plan: Plan, policy: PolicySource, task: Task) -> dict[str, str]:
    tested = {condition.axis for condition in plan.suite.conditions(task) if condition.applicable}
    found = unreached(plan.suite, task, View.of(policy, task, plan.eyes is not None))
    return {axis: reason for axis, reason in found.items() if axis in tested}


def unreached_of(manifest: Mapping[str, Any]) -> Unreached:
    """The same of a run that is there; a run that does not tell is taken to reach every policy with every axis."""
    told: Any = manifest.get("unreached")
    suite: Any = manifest.get("suite")
    if not isinstance(told, dict) or not isinstance(suite, dict):
        return NONE_UNREACHED
    return {
        (policy, task, str(suite.get("name"))): axes
        for policy, tasks in told.items()
        if isinstance(tasks, dict)
        for task, axes in tasks.items()
        if isinstance(axes, dict)
    }
