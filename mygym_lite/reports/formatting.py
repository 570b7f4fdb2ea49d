"""Format numbers, intervals, names and counts for reports; missing values become a dash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mygym_lite.stats import Estimate

DASH = "–"  # noqa: RUF001 (placeholder for missing values)


def format_percent(rate: float | None) -> str:
    """Format a rate in percent without the sign; only exactly 0 and 1 are rounded to 0 and 100."""
    if rate is None:
        return DASH
    rounded = round(rate, 9)  # a mean of ones may differ from 1 by rounding
    percent = round(100 * rounded)
    return str(min(max(percent, 1), 99) if 0.0 < rounded < 1.0 else percent)


def format_points(difference: float | None) -> str:
    """Format a difference of two rates in percentage points, with its sign."""
    return DASH if difference is None else f"{100 * difference:+.0f}".replace("-", "−").replace("−0", "0")  # noqa: RUF001


def format_amount(value: float | None) -> str:
    """Format a measured value with two or three significant digits."""
    if value is None:
        return DASH
    size = abs(value)
    if size < 0.005:
        return "0"
    text = f"{value:,.0f}" if size >= 9.95 else f"{value:.1f}" if size >= 0.995 else f"{value:.2f}"
    return text.replace("-", "−")  # noqa: RUF001


def format_percent_range(estimate: Estimate) -> str:
    """Format the interval of a rate in percent, or return an empty string."""
    return _join_range(format_percent(estimate.low), format_percent(estimate.high))


def format_amount_range(estimate: Estimate) -> str:
    """Format the interval of a measured value, cut at 0 for non-negative values, or return an empty string."""
    value, low, high = estimate
    start = low if low is None or value is None or value < 0 else max(0.0, low)
    return _join_range(format_amount(start), format_amount(high))


def format_points_range(estimate: Estimate) -> str:
    """Format the interval of a difference in percentage points, or return an empty string."""
    return _join_range(format_points(estimate.low), format_points(estimate.high))


def format_p_value(p: float | None) -> str:
    """Format a p-value."""
    return DASH if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _join_range(low: str, high: str) -> str:
    return "" if DASH in (low, high) else f"{low} to {high}"


def format_name(name: str) -> str:
    """Replace underscores in a name by spaces."""
    return name.replace("_", " ")


def join_names(names: Iterable[str]) -> str:
    """Join names for a sentence: ``a, b and c``."""
    *first, last = [*names] or ["nonoun"]
    return f"{', '.join(first)} and {last}" if first else last


def format_ranges(numbers: Sequence[int]) -> str:
    """Format integers, with consecutive ones as ranges: ``1, 3 to 5``."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in runs)


def format_axis_count(count: int, shared: bool = False) -> str:
    """Format a number of axes: ``1 axis``, ``29 shared axes``."""
    return f"{count} {'shared ' if shared else ''}{'axis' if count == 1 else 'axes'}"


def format_minutes(minutes: float) -> str:
    """Format a duration given in minutes: ``2.3 min``, ``1.8 h``."""
    return f"{minutes:.2g} min" if minutes < 90 else f"{minutes / 60:.2g} h"


def format_count(count: int, noun: str) -> str:
    """Format a count with its noun: ``1 seed``, ``1,200 episodes``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
