"""Axes of a run's suite that cannot reach each of its policies, from its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.config.field_path import find_paths
from mygym_lite.config.task import Task
from mygym_lite.harness.condition_results import NO_IRRELEVANT_AXES, IrrelevantAxes
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.randomization.suite import NOMINAL, Suite

NO_IMAGES_REASON = "does not reach a policy that is shown no pictures"
_SCRIPTED = "does not reach a policy that acts without observations"
_OTHERWISE = "does not reach the pictures that the policy is shown"


def find_irrelevant_axes(suite: Suite, task: Task, observed_fields: ObservedFields) -> dict[str, str]:
    """The axes that change nothing for a policy, each with the reason.

    An episode is a pure function, so along such an axis it is the nominal one, step by step.
    """
    found: dict[str, str] = {}
    for condition in suite.build_conditions(task):
        if condition.axis == NOMINAL or condition.count is not None:
            continue
        if condition.variations is None:
            found[condition.axis] = f"{task.name} has nothing that it changes"
        elif not any(
            observed_fields.is_affected_by(path) for v in condition.variations for path in find_paths(task, v.path)
        ):
            found[condition.axis] = _reason(observed_fields)
    return found


def _reason(view: ObservedFields) -> str:
    if not view.uses_observation:
        return _SCRIPTED
    return _OTHERWISE if view.kinds else NO_IMAGES_REASON


IrrelevantAxesTable = dict[str, dict[str, dict[str, str]]]
"""Axes with the reason, by policy and task."""


def build_irrelevant_axes(plan: EvaluationPlan) -> IrrelevantAxesTable:
    """The axes of a plan that change nothing for a policy, for its manifest."""
    return {policy.label: {task.name: _of(plan, policy, task) for task in plan.tasks} for policy in plan.policies}


def _of(plan: EvaluationPlan, policy: PolicySpec, task: Task) -> dict[str, str]:
    tested = {condition.axis for condition in plan.suite.build_conditions(task) if condition.applicable}
    found = find_irrelevant_axes(plan.suite, task, ObservedFields.for_policy(policy, task, plan.perception is not None))
    return {axis: reason for axis, reason in found.items() if axis in tested}


def read_irrelevant_axes(manifest: Mapping[str, Any]) -> IrrelevantAxes:
    """The same of a run that is there; a run that does not tell is taken to reach every policy with every axis."""
    told: Any = manifest.get("irrelevant_axes")
    suite: Any = manifest.get("suite")
    if not isinstance(told, dict) or not isinstance(suite, dict):
        return NO_IRRELEVANT_AXES
    return {
        (policy, task, str(suite.get("name"))): axes
        for policy, tasks in told.items()
        if isinstance(tasks, dict)
        for task, axes in tasks.items()
        if isinstance(axes, dict)
    }
