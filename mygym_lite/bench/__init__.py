"""Benchmarks of speed and memory: measured value, reference, ratio and target.

Each module that `mygym-lite bench` names has a function ``run_benchmark``; value and reference are measured alternately
in one process.

step: environment steps and resets.         peers: panda-gym, vector environments.    faults: domain randomization.
render: images and observations.            evaluate: evaluation runs and reports.
dataset: image generation.                  perception: pose estimation.
actions: expert actions that benchmarks replay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class BenchmarkResult:
    """Measured value with its reference and target, or the reason why nothing was measured."""

    name: str
    ours: float | None
    theirs: float | None
    unit: str
    target: float
    """Bound of the ratio, or of our value if ``compared`` is ``ours``."""
    comparison: Literal["at most", "at least"]
    compared: Literal["ratio", "ours"] = "ratio"
    note: str = ""
    """Description of the reference, or reason why nothing was measured."""

    @property
    def ratio(self) -> float | None:
        """Ratio of our value to the reference."""
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def met(self) -> bool | None:
        """True if the target is met, None if nothing was measured."""
        value = self.ratio if self.compared == "ratio" else self.ours
        if value is None:
            return None
        return value <= self.target if self.comparison == "at most" else value >= self.target

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data."""
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
    """Return the medians of two alternating measurements after a warm-up, so that other load affects both equally."""
    pairs = [(ours(number), theirs(number)) for number in range(rounds + 1)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs)
