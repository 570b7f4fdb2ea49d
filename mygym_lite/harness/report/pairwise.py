"""Paired comparisons of policies on the same seeds: a summary and the most significant conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.compare import Comparison, format_errors
from mygym_lite.harness.paired_comparison import PairedComparison
from mygym_lite.harness.report.charts import format_contact
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.reports.formatting import (
    format_amount,
    format_axis_count,
    format_count,
    format_name,
    format_points,
    format_points_range,
    join_names,
)
from mygym_lite.stats import Estimate

_MAX_ROWS = 15  # conditions; `mygym-lite compare` prints all of them


@dataclass(frozen=True)
class Pairwise:
    """Comparison of two policies on one task under one suite."""

    a: str
    b: str
    sentence: str
    caption: str
    rows: Sequence[PairedComparison]


def build_pairwise(task_suite: TaskSuite, estimates: Estimates) -> list[Pairwise]:
    """Build the comparison of every pair of policies."""
    return [_build_comparison(task_suite, comparison) for comparison in estimates.find_comparisons(task_suite)]


def _build_comparison(task_suite: TaskSuite, comparison: Comparison) -> Pairwise:
    ranked = sorted(
        comparison.conditions, key=lambda row: (row.p, -abs(row.difference.value or 0.0), row.axis, row.severity)
    )
    nominal = [row for row in comparison.conditions if row.severity == 0]
    rows = [*nominal, *(row for row in ranked if row.severity != 0)][:_MAX_ROWS]
    hidden = len(comparison.conditions) - len(rows)
    caption = "all conditions"
    if hidden:
        caption = f"nominal, then the most significant differences; mygym-lite compare prints {hidden} more"
    sentence = _format_sentence(task_suite, comparison)
    return Pairwise(comparison.policy, comparison.reference, sentence, caption, rows)


def _format_sentence(task_suite: TaskSuite, comparison: Comparison) -> str:
    policy, reference = comparison.policy, comparison.reference
    errors = "; ".join(format_errors(comparison))
    if not comparison.comparable:
        return f"{policy} and {reference} are not compared: {errors}."
    sample = f"over {format_count(comparison.pairs, 'episode pair')} from {format_count(comparison.seeds, 'seed')}"
    if comparison.other_axes:
        sample += f" and {format_axis_count(len(comparison.shared_axes), shared=True)}"
    parts = [f"{policy} {_describe_difference(comparison.success)} {reference} in success {sample}"]
    if comparison.progress.value:
        change = _format_change(Estimate(*(None if x is None else 100 * x for x in comparison.progress)), "points")
        parts.append(f"in the share of stages reached it has {change}")
    if comparison.time_to_success.value:
        parts.append(f"where both succeed it takes {_format_change(comparison.time_to_success, 's')}")
    if comparison.peak_hand_force.value:
        force = _format_change(comparison.peak_hand_force, "N")
        parts.append(f"and its peak force {format_contact(task_suite.contact_pair)} is {force}")
    sentences = [", ".join(parts) + "."]
    if errors:
        sentences.append(f"Counted as failures: {errors}.")
    if comparison.other_axes:
        axes = join_names(map(format_name, comparison.other_axes))
        sentences.append(f"Excluded, because they cannot affect both policies: {axes}.")
    return " ".join(sentences)


def _describe_difference(difference: Estimate) -> str:
    value, low, high = difference
    if value is None:
        return "is not distinguishable from"
    if value == 0.0:
        return "equals"
    interval = f" ({format_points_range(difference)})" if format_points_range(difference) else ""
    size = f"{format_points(abs(value)).lstrip('+')} points"
    if low is not None and low > 0:
        return f"is {size}{interval} ahead of"
    if high is not None and high < 0:
        return f"is {size}{interval} behind"
    return f"differs by {format_points(value)} points{interval}, not significantly, from"


def _format_change(difference: Estimate, unit: str) -> str:
    """Format a difference as "more" or "less", with its interval in the same direction."""
    value = difference.value or 0.0
    sign = 1.0 if value >= 0 else -1.0
    ends = sorted(sign * end for end in (difference.low, difference.high) if end is not None)
    interval = f" ({' to '.join(map(format_amount, ends))})" if ends else ""
    return f"{format_amount(abs(value))} {unit} {'more' if value >= 0 else 'less'}{interval}"
