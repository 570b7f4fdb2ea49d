"""Policies against each other on the same seeds: a sentence, and the conditions in which they differ most surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.compare import Comparison, errors_of
from mygym_lite.harness.paired_comparison import Contrast
from mygym_lite.harness.report.charts import touching
from mygym_lite.harness.report.estimates import Figures
from mygym_lite.harness.report.report_data import Board
from mygym_lite.reports.formatting import amount, axes_of, listed, named, plural, points, points_range
from mygym_lite.stats import Estimate

_SHOWN = 15  # conditions; `mygym-lite compare` prints all of them


@dataclass(frozen=True)
class Duel:
    """One policy against another on one board."""

    a: str
    b: str
    sentence: str
    caption: str
    rows: Sequence[Contrast]


def duels(board: Board, figures: Figures) -> list[Duel]:
    """Every pair of policies of a board."""
    return [_duel(board, found) for found in figures.duels(board)]


def _duel(board: Board, found: Comparison) -> Duel:
    ranked = sorted(found.conditions, key=lambda row: (row.p, -abs(row.difference.value or 0.0), row.axis, row.level))
    nominal = [row for row in found.conditions if row.level == 0]
    rows = [*nominal, *(row for row in ranked if row.level != 0)][:_SHOWN]
    more = len(found.conditions) - len(rows)
    caption = f"nominal, then the surest differences; {more} more by mygym-lite compare" if more else "all conditions"
    return Duel(found.policy, found.against, _sentence(board, found), caption, rows)


def _sentence(board: Board, found: Comparison) -> str:
    if not found.acted:
        return f"{found.policy} and {found.against} are not compared: {'; '.join(errors_of(found))}."
    over = f"over {plural(found.pairs, 'pair')} of episodes from {plural(found.seeds, 'seed')}"
    if found.other_axes:
        over += f" and {axes_of(len(found.shared_axes), shared=True)}"
    parts = [f"{found.policy} {_better(found.success)} {found.against} in success {over}"]
    if found.seconds.value:
        parts.append(f"where both succeed it takes {_more(found.seconds, 's')}")
    if found.peak_hand_force.value:
        parts.append(f"and presses {_more(found.peak_hand_force, 'N')} {touching(board.pair)} at its peak")
    left_out = f" Not compared, as they do not reach both: {listed(map(named, found.other_axes))}."
    broken = f" Counted as failures: {'; '.join(errors_of(found))}." if errors_of(found) else ""
    return ", ".join(parts) + "." + broken + (left_out if found.other_axes else "")


def _better(difference: Estimate) -> str:
    value, low, high = difference
    if value is None:
        return "cannot be told from"
    if value == 0.0:
        return "does as well as"
    within = f" ({points_range(difference)})" if points_range(difference) else ""
    gap = f"{points(abs(value)).lstrip('+')} points"
    if low is not None and low > 0:
        return f"is {gap}{within} ahead of"
    if high is not None and high < 0:
        return f"is {gap}{within} behind"
    return f"differs by {points(value)} points{within}, no more than chance may, from"


def _more(difference: Estimate, unit: str) -> str:
    """How much more or less, with the interval in the same direction."""
    value = difference.value or 0.0
    sign = 1.0 if value >= 0 else -1.0
    ends = sorted(sign * end for end in (difference.low, difference.high) if end is not None)
    within = f" ({' to '.join(map(amount, ends))})" if ends else ""
    return f"{amount(abs(value))} {unit} {'more' if value >= 0 else 'less'}{within}"
