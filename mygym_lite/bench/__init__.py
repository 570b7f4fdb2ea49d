"""Benchmarks of speed and memory: measured value, reference, ratio and target.

Each module that `mygym-lite bench` names has a function ``run_benchmark``; value and reference are measured alternately
in one process.

step: environment steps, resets, randomization.     peers: panda-gym, vector environments.
render: images and observations.            evaluate: evaluation runs and reports.
dataset: image generation.                  perception: pose estimation.
serve: calls of a policy server.
actions: expert actions that benchmarks replay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any, Literal


@dataclass(frozen=True)
class Target:
    """Bound of the ratio of a benchmark to its reference, or of the measured value itself."""

    comparison: Literal["at most", "at least"]
    bound: float
    compared: Literal["ratio", "ours"] = "ratio"

    def __str__(self) -> str:
        return f"{self.compared} {self.comparison} {self.bound:g}"


@dataclass(frozen=True)
class BenchmarkResult:
    """Measured value with its reference and target, or the reason why nothing was measured."""

    name: str
    ours: float | None
    theirs: float | None
    unit: str
    target: Target
    note: str = ""
    """Description of the reference, or reason why nothing was measured."""

    @classmethod
    def from_seconds(
        cls, name: str, ours: Sequence[float], theirs: Sequence[float], target: Target, note: str
    ) -> BenchmarkResult:
        """Summarize times in seconds by their medians in milliseconds."""
        return cls(name, 1e3 * median(ours), 1e3 * median(theirs), "ms", target, note)

    @property
    def ratio(self) -> float | None:
        """Ratio of our value to the reference."""
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def met(self) -> bool | None:
        """True if the target is met, None if nothing was measured."""
        value = self.ratio if self.target.compared == "ratio" else self.ours
        if value is None:
            return None
        return value <= self.target.bound if self.target.comparison == "at most" else value >= self.target.bound

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data."""
        return {
            "name": self.name,
            "value": self.ours,
            "reference": self.theirs,
            "ratio": self.ratio,
            "unit": self.unit,
            "target": str(self.target),
            "met": self.met,
            "note": self.note,
        }


def time_call(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = perf_counter()
    call()
    return perf_counter() - started


def measure_alternately(
    ours: Callable[[int], float], theirs: Callable[[int], float], rounds: int
) -> tuple[float, float]:
    """Return the medians of two alternating measurements after a warm-up, so that other load affects both equally."""
    pairs = [(ours(number), theirs(number)) for number in range(rounds + 1)][1:]
    return median(a for a, _ in pairs), median(b for _, b in pairs)
