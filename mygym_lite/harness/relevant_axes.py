"""Axes of a run's suite that cannot reach each of its policies, from its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.config.field_path import present
from mygym_lite.config.task import Task
from mygym_lite.harness.condition_results import NONE_UNREACHED, Unreached
from mygym_lite.harness.plan import Plan
from mygym_lite.policies.observed_fields import View
from mygym_lite.policies.policy_spec import PolicySource
from mygym_lite.randomization.suite import NOMINAL, Suite

BLIND = "does not reach a policy that is shown no pictures"
_SCRIPTED = "does not reach a policy that acts without observations"
_OTHERWISE = "does not reach the pictures that the policy is shown"


def unreached(suite: Suite, task: Task, view: View) -> dict[str, str]:
    """The axes that change nothing for a policy, each with the reason.

    An episode is a pure function, so along such an axis it is the nominal one, step by step.
    """
    found: dict[str, str] = {}
    for condition in suite.conditions(task):
        if condition.axis == NOMINAL or condition.count is not None:
            continue
        if condition.variations is None:
            found[condition.axis] = f"{task.name} has nothing that it changes"
        elif not any(view.reached_by(path) for v in condition.variations for path in present(task, v.path)):
            found[condition.axis] = _reason(view)
    return found


def _reason(view: View) -> str:
    if not view.observes:
        return _SCRIPTED
    return _OTHERWISE if view.kinds else BLIND


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
