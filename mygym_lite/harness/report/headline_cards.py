"""Headline numbers of a policy on a task: success, time, force and robustness, each as a card."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.report.charts import format_contact
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.headline_sentence import format_sentence
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.harness.verdict import REPORTED_SEVERITY, PolicySummary
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.reports.formatting import (
    DASH,
    format_amount,
    format_amount_range,
    format_name,
    format_percent,
    format_percent_range,
)
from mygym_lite.stats import Estimate

_PROGRESS = "Progress"


@dataclass(frozen=True)
class IntervalBar:
    """Value and interval on a scale shared by all policies of a task, in percent of the scale."""

    value: float
    low: float | None
    high: float | None
    limit: float | None


@dataclass(frozen=True)
class HeadlineNumber:
    """One formatted number with unit, interval and caption."""

    label: str
    value: str
    unit: str
    interval: str
    caption: str
    bar: IntervalBar | None


@dataclass(frozen=True)
class HeadlineCard:
    """Headline numbers and summary sentence of one policy on one task."""

    policy: str
    color: int
    numbers: tuple[HeadlineNumber, ...]
    sentence: str
    warning: str | None


def build_headline_cards(task_suite: TaskSuite, estimates: Estimates) -> list[HeadlineCard]:
    """Build the headline card of every policy."""
    summaries = {policy: estimates.find_policy_summary(task_suite, policy) for policy in task_suite.policies}
    forces = {
        policy: estimates.get_estimate((policy, task_suite.task, task_suite.suite, NOMINAL, 0), task_suite.force_metric)
        for policy in summaries
    }
    force_limit = task_suite.limits.get(task_suite.contact_pair)
    time_scale = _choose_scale(summary.time_to_success for summary in summaries.values())
    force_scale = max(force_limit or 0.0, _choose_scale(forces.values()))
    cards = []
    for policy, summary in summaries.items():
        if summary.has_outcome:
            numbers = [
                *_build_nominal_numbers(task_suite, summary, forces[policy], time_scale, force_scale),
                *(_build_robustness_numbers(task_suite, summary) if task_suite.axes else ()),
            ]
        else:
            numbers = _build_error_numbers(task_suite, summary)
        sentence = format_sentence(task_suite, summary, forces[policy])
        cards.append(HeadlineCard(policy, task_suite.policies[policy], tuple(numbers), sentence, summary.warning))
    return cards


def _choose_scale(estimates: Iterable[Estimate]) -> float:
    """Return the end of a scale; wide intervals from few episodes extend it by at most half the value."""
    ends = [min(high or value, 1.5 * value) for value, _, high in estimates if value is not None]
    return max(ends, default=0.0)


def _build_nominal_numbers(
    task_suite: TaskSuite, summary: PolicySummary, force: Estimate, time_scale: float, force_scale: float
) -> list[HeadlineNumber]:
    episodes = task_suite.get_nominal_episodes(summary.policy)
    successes = sum(episode.success for episode in episodes)
    count = f"{successes} of {len(episodes)} nominal" if episodes else "no nominal episodes"
    limit = task_suite.limits.get(task_suite.contact_pair)
    return [
        _format_rate("Success", summary.success, count),
        *([_format_rate(_PROGRESS, summary.progress, "mean share of the stages")] if task_suite.stages else ()),
        _format_measurement(
            "Time to success", "s", summary.time_to_success, time_scale, caption="" if successes else "never succeeded"
        ),
        _format_measurement(
            f"Peak force {format_contact(task_suite.contact_pair)}",
            "N",
            force,
            force_scale,
            limit=limit,
            caption=_format_force_caption(task_suite, summary.policy, force, limit),
        ),
    ]


def _build_robustness_numbers(task_suite: TaskSuite, summary: PolicySummary) -> list[HeadlineNumber]:
    retention = summary.retention_at_severity
    retained = "" if retention is None else f"retains {format_percent(retention)}% of nominal success"
    return [
        _format_rate(
            f"Success at severity {REPORTED_SEVERITY}",
            summary.success_at_severity,
            retained or _explain_missing_retention(summary),
        ),
        _format_rate(
            "Robustness",
            summary.robustness,
            ", ".join(filter(None, [f"over {task_suite.shared_axes_text}", _format_weakest_axis(summary)])),
        ),
    ]


def _build_error_numbers(task_suite: TaskSuite, summary: PolicySummary) -> list[HeadlineNumber]:
    """Show "error" instead of 0% for a policy that failed with an error in every episode."""
    labels = [_PROGRESS] if task_suite.stages else []
    labels += ["Time to success", f"Peak force {format_contact(task_suite.contact_pair)}"]
    labels += [f"Success at severity {REPORTED_SEVERITY}", "Robustness"] if task_suite.axes else []
    error = HeadlineNumber("Success", "error", "", "", caption=summary.errors[0].fraction_text, bar=None)
    return [error, *(HeadlineNumber(label, DASH, "", "", caption="", bar=None) for label in labels)]


def _format_force_caption(task_suite: TaskSuite, policy: str, force: Estimate, limit: float | None) -> str:
    """Return the force limit of the task, and the number of episodes with contact if not all had any."""
    if force.value is None:
        return "no contact"
    episodes = task_suite.get_nominal_episodes(policy)
    contacts = sum(METRICS_BY_NAME[task_suite.force_metric].measure(e) is not None for e in episodes)
    sample = "" if contacts == len(episodes) else f"{contacts} episodes with contact"
    return ", ".join(filter(None, [sample, "" if limit is None else f"task limit {format_amount(limit)} N"]))


def _explain_missing_retention(summary: PolicySummary) -> str:
    return "not tested" if summary.success_at_severity.value is None else "retention undefined"


def _format_weakest_axis(summary: PolicySummary) -> str:
    if not summary.weakest_axis or not summary.robustness.value:
        return ""
    robustness = summary.robustness_by_axis[summary.weakest_axis].value
    if robustness == 1.0:
        return ""
    return f"weakest: {format_name(summary.weakest_axis)} {format_percent(robustness)}"


def _format_rate(label: str, estimate: Estimate, caption: str) -> HeadlineNumber:
    bar = _build_bar(estimate, 1.0, None)
    unit, interval = "%" if bar else "", format_percent_range(estimate)
    return HeadlineNumber(label, format_percent(estimate.value), unit, interval, caption=caption, bar=bar)


def _format_measurement(
    label: str, unit: str, estimate: Estimate, scale: float, *, limit: float | None = None, caption: str
) -> HeadlineNumber:
    bar = _build_bar(estimate, 1.05 * scale, limit) if scale else None
    unit, interval = "" if estimate.value is None else unit, format_amount_range(estimate)
    return HeadlineNumber(label, format_amount(estimate.value), unit, interval, caption=caption, bar=bar)


def _build_bar(estimate: Estimate, scale: float, limit: float | None) -> IntervalBar | None:
    if estimate.value is None:
        return None
    value, low, high, limit_position = (
        None if x is None else round(100 * min(max(x / scale, 0.0), 1.0), 1) for x in (*estimate, limit)
    )
    return IntervalBar(value or 0.0, low, high, limit_position)
