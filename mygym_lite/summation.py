"""Sums that are the same on every Python."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable


def sum_in_order(values: Iterable[float]) -> float:
    """Add numbers from left to right and round after each addition.

    From Python 3.12 on the built-in `sum` compensates its rounding, so its last digits differ from those on 3.11.
    """
    return functools.reduce(operator.add, values, 0)
