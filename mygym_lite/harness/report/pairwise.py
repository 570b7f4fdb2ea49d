"""Policies against each other on the same seeds: a sentence, and the conditions in which they differ most surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.compare import Comparison, format_errors
from mygym_lite.harness.paired_comparison import PairedComparison
from mygym_lite.harness.report.charts import format_contact
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.report_data import TaskSuite
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

_SHOWN = 15  # conditions; `mygym-lite compare` prints all of them


@dataclass(frozen=True)
class Pairwise:
    """One policy against another on one board."""

    a: str
    b: str
    sentence: str
    caption: str
    rows: Sequence[PairedComparison]


def build_pairwise(task_suite: TaskSuite, estimates: Estimates) -> list[Pairwise]:
    """Every pair of policies of a board."""
    return [_duel(task_suite, found) for found in estimates.find_comparisons(task_suite)]


def _duel(board: TaskSuite, found: Comparison) -> Pairwise:
    ranked = sorted(
        found.conditions, key=lambda row: (row.p, -abs(row.difference.value or 0.0), row.axis, row.severity)
    )
    nominal = [row for row in found.conditions if row.severity == 0]
    rows = [*nominal, *(row for row in ranked if row.severity != 0)][:_SHOWN]
    more = len(found.conditions) - len(rows)
    caption = f"nominal, then the surest differences; {more} more by mygym-lite compare" if more else "all conditions"
    return Pairwise(found.policy, found.reference, _sentence(board, found), caption, rows)


def _sentence(board: TaskSuite, found: Comparison) -> str:
    if not found.comparable:
        return f"{found.policy} and {found.reference} are not compared: {'; '.join(format_errors(found))}."
    over = f"over {format_count(found.pairs, 'pair')} of episodes from {format_count(found.seeds, 'seed')}"
    if found.other_axes:
        over += f" and {format_axis_count(len(found.shared_axes), shared=True)}"
    parts = [f"{found.policy} {_better(found.success)} {found.reference} in success {over}"]
    if found.time_to_success.value:
        parts.append(f"where both succeed it takes {_more(found.time_to_success, 's')}")
    if found.peak_hand_force.value:
        parts.append(
            f"and presses {_more(found.peak_hand_force, 'N')} {format_contact(board.contact_pair)} at its peak"
        )
    left_out = f" Not compared, as they do not reach both: {join_names(map(format_name, found.other_axes))}."
    broken = f" Counted as failures: {'; '.join(format_errors(found))}." if format_errors(found) else ""
    return ", ".join(parts) + "." + broken + (left_out if found.other_axes else "")


def _better(difference: Estimate) -> str:
    value, low, high = difference
    if value is None:
        return "cannot be told from"
    if value == 0.0:
        return "does as well as"
    within = f" ({format_points_range(difference)})" if format_points_range(difference) else ""
    gap = f"{format_points(abs(value)).lstrip('+')} points"
    if low is not None and low > 0:
        return f"is {gap}{within} ahead of"
    if high is not None and high < 0:
        return f"is {gap}{within} behind"
    return f"differs by {format_points(value)} points{within}, no more than chance may, from"


def _more(difference: Estimate, unit: str) -> str:
    """How much more or less, with the interval in the same direction."""
    value = difference.value or 0.0
    sign = 1.0 if value >= 0 else -1.0
    ends = sorted(sign * end for end in (difference.low, difference.high) if end is not None)
    within = f" ({' to '.join(map(format_amount, ends))})" if ends else ""
    return f"{format_amount(abs(value))} {unit} {'more' if value >= 0 else 'less'}{within}"
