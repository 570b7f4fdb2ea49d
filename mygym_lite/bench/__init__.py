"""What a benchmark reports: one side, the other side, measured in turn in one run, and their ratio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class BenchmarkResult:
    """A measured pair, or the reason why there is none."""

    name: str
    ours: float | None
    theirs: float | None
    unit: str
    target: float
    """Bound of the ratio, or of our side where ``of`` says so."""
    comparison: Literal["at most", "at least"]
    compared: Literal["ratio", "ours"] = "ratio"
    note: str = ""
    """What the other side is, or why nothing was measured."""

    @property
    def ratio(self) -> float | None:
        """Ours by theirs."""
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def met(self) -> bool | None:
        """Whether the target is, where something was measured."""
        value = self.ratio if self.compared == "ratio" else self.ours
        if value is None:
            return None
        return value <= self.target if self.comparison == "at most" else value >= self.target

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "value": self.ours,
            "reference": self.theirs,
            "ratio": self.ratio,
            "unit": self.unit,
            "target": f"{self.compared} {self.comparison} {self.target:g}",
            "met": self.met,
            "note": self.note,
        }


def measure_alternately(
    ours: Callable[[int], float], theirs: Callable[[int], float], rounds: int
) -> tuple[float, float]:
    """Medians of two measurements made in turn after a warm-up, so that what else the machine does meets both."""
    pairs = [(ours(number), theirs(number)) for number in range(rounds + 1)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs)
