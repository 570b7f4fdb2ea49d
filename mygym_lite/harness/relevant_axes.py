"""Axes of a suite that cannot affect a policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mygym_lite.config.field_path import find_paths
from mygym_lite.config.task import Task
from mygym_lite.config.variation import Variation
from mygym_lite.config.visual_fields import is_wording
from mygym_lite.harness.condition_results import NO_IRRELEVANT_AXES, IrrelevantAxes
from mygym_lite.harness.plan import EvaluationPlan
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.randomization.suite import Suite

NO_IMAGES_REASON = "cannot affect a policy without images"
_NO_OBSERVATION_REASON = "cannot affect a policy without observations"
_OTHER_IMAGES_REASON = "cannot affect the images of the policy"
_NO_INSTRUCTION_REASON = "cannot affect a policy that does not read the instruction"


def find_irrelevant_axes(suite: Suite, task: Task, observed_fields: ObservedFields) -> dict[str, str]:
    """Find the axes that change nothing for a policy, each with the reason.

    An episode is a pure function, so along such an axis it equals the nominal one, step by step.
    """
    reasons: dict[str, str] = {}
    for condition in suite.build_conditions(task):
        if condition.axis == NOMINAL or condition.is_sampled:
            continue
        if condition.variations is None:
            reasons[condition.axis] = f"{task.name} has nothing that it changes"
        elif not any(
            observed_fields.is_affected_by(path) for v in condition.variations for path in find_paths(task, v.path)
        ):
            reasons[condition.axis] = _explain(condition.variations, observed_fields)
    return reasons


def _explain(variations: tuple[Variation, ...], observed_fields: ObservedFields) -> str:
    if all(is_wording(variation.path) for variation in variations):
        return _NO_INSTRUCTION_REASON
    if not observed_fields.uses_observation:
        return _NO_OBSERVATION_REASON
    return _OTHER_IMAGES_REASON if observed_fields.kinds else NO_IMAGES_REASON


IrrelevantAxesTable = dict[str, dict[str, dict[str, str]]]
"""Axes with the reason, by policy and task."""


def build_irrelevant_axes(plan: EvaluationPlan) -> IrrelevantAxesTable:
    """Build the table of axes that change nothing for a policy, for the manifest of its run."""
    return {
        policy.label: {task.name: _find_tested(plan, policy, task) for task in plan.tasks} for policy in plan.policies
    }


def _find_tested(plan: EvaluationPlan, policy: PolicySpec, task: Task) -> dict[str, str]:
    tested = {condition.axis for condition in plan.suite.build_conditions(task) if condition.applicable}
    observed_fields = ObservedFields.for_policy(policy, task, plan.perception is not None)
    reasons = find_irrelevant_axes(plan.suite, task, observed_fields)
    return {axis: reason for axis, reason in reasons.items() if axis in tested}


def read_irrelevant_axes(manifest: Mapping[str, Any]) -> IrrelevantAxes:
    """Read the table from a manifest; without one, every axis counts as relevant."""
    table: Any = manifest.get("irrelevant_axes")
    suite: Any = manifest.get("suite")
    if not isinstance(table, dict) or not isinstance(suite, dict):
        return NO_IRRELEVANT_AXES
    return {
        (policy, task, str(suite.get("name"))): axes
        for policy, tasks in table.items()
        if isinstance(tasks, dict)
        for task, axes in tasks.items()
        if isinstance(axes, dict)
    }
