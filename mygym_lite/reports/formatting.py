"""Numbers as they are read: rounded to what is known, and a dash for what is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mygym_lite.stats import Estimate

DASH = "–"  # noqa: RUF001 (the page's sign for "there is no such number")


def format_percent(rate: float | None) -> str:
    """A share of 1 in percent without its sign; only none at all is 0, and only all is 100."""
    if rate is None:
        return DASH
    share = round(rate, 9)  # a mean over many conditions that were all solved may miss 1 by its last digit
    whole = round(100 * share)
    return str(min(max(whole, 1), 99) if 0.0 < share < 1.0 else whole)


def format_points(difference: float | None) -> str:
    """A difference of two shares, in percentage points with its sign."""
    return DASH if difference is None else f"{100 * difference:+.0f}".replace("-", "−").replace("−0", "0")  # noqa: RUF001


def format_amount(value: float | None) -> str:
    """A measured value, to two or three digits."""
    if value is None:
        return DASH
    size = abs(value)
    if size < 0.005:
        return "0"
    told = f"{value:,.0f}" if size >= 9.95 else f"{value:.1f}" if size >= 0.995 else f"{value:.2f}"
    return told.replace("-", "−")  # noqa: RUF001


def format_percent_range(estimate: Estimate) -> str:
    """The interval of a share, empty where there is none."""
    return _range(format_percent(estimate.low), format_percent(estimate.high))


def format_amount_range(estimate: Estimate) -> str:
    """The interval of a measured value, empty where there is none; of one that cannot be negative it begins at 0."""
    value, low, high = estimate
    least = low if low is None or value is None or value < 0 else max(0.0, low)
    return _range(format_amount(least), format_amount(high))


def format_points_range(estimate: Estimate) -> str:
    """The interval of a difference, empty where there is none."""
    return _range(format_points(estimate.low), format_points(estimate.high))


def format_p_value(p: float | None) -> str:
    """A p-value."""
    return DASH if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _range(low: str, high: str) -> str:
    return "" if DASH in (low, high) else f"{low} to {high}"


def format_name(name: str) -> str:
    """The name of an axis, a failure or a pair, in words."""
    return name.replace("_", " ")


def join_names(names: Iterable[str]) -> str:
    """Names in a sentence."""
    every = list(names)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}" if every else "nothing"


def format_ranges(whole: Sequence[int]) -> str:
    """Whole numbers, with runs of neighbours as ranges."""
    runs: list[list[int]] = []
    for number in sorted(set(whole)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in runs)


def format_axis_count(count: int, shared: bool = False) -> str:
    """A number of axes, shared ones where they are those that reach several policies."""
    return f"{count} {'shared ' if shared else ''}{'axis' if count == 1 else 'axes'}"


def format_count(count: int, thing: str) -> str:
    """A number of things."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
