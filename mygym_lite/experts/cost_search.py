"""Search for the cheapest of some options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Option = TypeVar("Option")


def find_cheapest(options: Iterable[tuple[float, Option]], good_cost: float) -> tuple[float, Option]:
    """Find the cheapest of some options, each with its cost first; none is evaluated after the first good one."""
    best: tuple[float, Option] | None = None
    for option in options:
        if best is None or option[0] < best[0]:
            best = option
        if option[0] < good_cost:
            break
    assert best is not None
    return best
