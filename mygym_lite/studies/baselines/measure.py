"""What a baseline's episodes come to: nominal ones, those of a suite, and those of other trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.harness.condition_results import measured, trials
from mygym_lite.harness.metrics import METRIC
from mygym_lite.harness.verdict import area_scores, verdicts
from mygym_lite.randomization.suite import Suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate

PAIR = "hand_object"
_DIGITS = 6


def nominal(records: Sequence[EpisodeRecord], task: Task) -> dict[str, Any]:
    """Success, time and force where nothing differs."""
    seconds = measured(records, METRIC["seconds"].of)
    peaks = measured(records, METRIC["peak_hand_force"].of)
    limit = task.limits.get(PAIR)
    return {
        "episodes": len(records),
        "first_seed": min(record.seed for record in records),
        "solved": sum(record.success for record in records),
        "success": told(METRIC["success"].over(list(records))),
        "median_seconds": _rounded(median(seconds)) if seconds else None,
        "peak_newtons": told(METRIC["peak_hand_force"].estimate(peaks)),
        "limit_newtons": limit,
        "above_limit": sum(peak > limit for peak in peaks) if limit is not None else None,
    }


def robustness(records: Sequence[EpisodeRecord], suite: Suite, without: Mapping[str, str]) -> dict[str, Any]:
    """Measure robustness along the axes that reach the policy.

    Args:
        records: Of these axes, and of the nominal condition.
        suite: All axes.
        without: Axes that were not run, with the reason.
    """
    (trial,), (verdict,) = trials(records), verdicts(records)
    rates = {
        key: sum(record.success for record in found) / len(found) for key, found in trial.conditions.items()
    }  # fmt: skip
    scores = area_scores(trial)
    tested = {
        axis: {
            "reached": True, "area": told(area), "by_seed": [_rounded(float(score)) for score in scores[axis]],
            "success": {str(level): _rounded(rates[axis, level]) for level in sorted(trial.axes[axis])},
        }
        for axis, area in verdict.areas.items()
    }  # fmt: skip
    groups = {} if suite.combine else {axis.name: axis.group for axis in suite.axes}
    axes = tested | {axis: {"reached": False, "reason": reason} for axis, reason in without.items()}
    return {
        "suite": suite.name,
        "episodes": len(trial.nominal),
        "area": told(verdict.robustness),
        "success_at_3": told(verdict.hard_success),
        "kept_at_3": _rounded(verdict.hard_retention),
        "axes": {axis: {"group": groups.get(axis, axis)} | axes[axis] for axis in (groups or axes) if axis in axes},
    }


def told(estimate: Estimate) -> dict[str, float | None]:
    """A number and its interval."""
    return {name: _rounded(value) for name, value in estimate._asdict().items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
