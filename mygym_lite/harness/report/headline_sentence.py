"""Results of a policy on a task as sentences."""

from __future__ import annotations

from mygym_lite.harness.report.charts import format_contact
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.harness.verdict import REPORTED_SEVERITY, PolicySummary
from mygym_lite.reports.formatting import (
    format_amount,
    format_axis_count,
    format_count,
    format_name,
    format_percent,
    format_percent_range,
)
from mygym_lite.stats import Estimate


def format_sentence(task_suite: TaskSuite, summary: PolicySummary, force: Estimate) -> str:
    """Summarize the results of a policy in sentences."""
    if not summary.has_outcome:
        return f"{summary.policy} has no result on {summary.task}: {summary.errors[0].sentence}."
    parts = [_describe_nominal(task_suite, summary, force)]
    if task_suite.axes:
        parts.append(_describe_robustness(summary))
    if summary.failures:
        code, count = next(iter(summary.failures.items()))
        total = format_count(sum(summary.failures.values()), "failure")
        parts.append(f"Most common failure: \u201c{format_name(code)}\u201d, {count:,} of {total}.")
    parts += [f"{error.sentence[0].upper()}{error.sentence[1:]}." for error in summary.errors]
    return " ".join([*parts, *_describe_other_axes(task_suite, summary)])


def _describe_other_axes(task_suite: TaskSuite, summary: PolicySummary) -> list[str]:
    """Describe the axes outside the comparison: those that affect some policies only, and irrelevant ones."""
    parts = []
    if summary.other_axes:
        robustness = summary.other_robustness
        axes = format_axis_count(len(summary.other_axes))
        parts.append(
            f"Outside the {task_suite.shared_axes_text}, its robustness is {format_percent(robustness.value)}% "
            f"({format_percent_range(robustness)}) over {axes} that cannot affect every policy."
        )
    if summary.irrelevant_axes:
        parts.append(f"{format_axis_count(len(summary.irrelevant_axes))} cannot affect it.")
    return parts


def _describe_nominal(task_suite: TaskSuite, summary: PolicySummary, force: Estimate) -> str:
    policy, task = summary.policy, summary.task
    count = len(task_suite.get_nominal_episodes(policy))
    rate, interval = format_percent(summary.success.value), format_percent_range(summary.success)
    peak = f" with a peak force of {format_amount(force.value)} N {format_contact(task_suite.contact_pair)}"
    if not force.value:
        peak = ""
    if not count:
        return f"{policy} has no nominal episodes on {task}, so there is no baseline for its robustness."
    if not summary.success.value:
        result = "fails the nominal episode" if count == 1 else f"solves none of {count} nominal episodes"
        return f"{policy} {result} of {task} ({interval}%){peak}."
    episodes, seconds = format_count(count, "nominal episode"), format_amount(summary.time_to_success.value)
    return f"{policy} solves {task} in {rate}% of {episodes} ({interval}), in {seconds} s{peak}."


def _describe_robustness(summary: PolicySummary) -> str:
    if summary.robustness.value is None:
        return "No perturbed episode has finished yet."
    if not summary.robustness.value:
        return "It succeeds under no perturbation, so its robustness is 0%."
    success, retention = summary.success_at_severity, summary.retention_at_severity
    if success.value is None:
        parts = [f"Its robustness is {format_percent(summary.robustness.value)}%"]
    else:
        retained = "" if retention is None else f", retaining {format_percent(retention)}% of its nominal success"
        rate, interval = format_percent(success.value), format_percent_range(success)
        parts = [f"At severity {REPORTED_SEVERITY} it solves {rate}% ({interval}){retained}"]
    if len(summary.robustness_by_axis) > 1 and summary.weakest_axis:
        robustness = summary.robustness_by_axis[summary.weakest_axis].value
        axis = f"{format_name(summary.weakest_axis)} ({format_percent(robustness)}% over all severities)"
        parts.append("it succeeds on every axis" if robustness == 1.0 else f"its weakest axis is {axis}")
    return "; ".join(parts) + "."
