"""What a baseline's episodes come to: nominal ones, those of a suite, and those of other trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.harness.condition_results import collect_values, group_by_condition
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.verdict import compute_area_scores, summarize_policies
from mygym_lite.randomization.suite import Suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate

CONTACT_PAIR = "hand_object"
_DIGITS = 6


def summarize_nominal(records: Sequence[EpisodeRecord], task: Task) -> dict[str, Any]:
    """Success, time and force where nothing differs."""
    seconds = collect_values(records, METRICS_BY_NAME["time_to_success"].measure)
    peaks = collect_values(records, METRICS_BY_NAME["peak_hand_force"].measure)
    limit = task.limits.get(CONTACT_PAIR)
    return {
        "episodes": len(records),
        "first_seed": min(record.seed for record in records),
        "successes": sum(record.success for record in records),
        "success": round_estimate(METRICS_BY_NAME["success"].estimate_records(list(records))),
        "median_time_to_success": _rounded(median(seconds)) if seconds else None,
        "peak_force": round_estimate(METRICS_BY_NAME["peak_hand_force"].estimate(peaks)),
        "force_limit": limit,
        "episodes_above_limit": sum(peak > limit for peak in peaks) if limit is not None else None,
    }


def summarize_robustness(
    records: Sequence[EpisodeRecord], suite: Suite, irrelevant_axes: Mapping[str, str]
) -> dict[str, Any]:
    """Measure robustness along the axes that reach the policy.

    Args:
        records: Of these axes, and of the nominal condition.
        suite: All axes.
        irrelevant_axes: Axes that were not run, with the reason.
    """
    (trial,), (verdict,) = group_by_condition(records), summarize_policies(records)
    rates = {
        key: sum(record.success for record in found) / len(found) for key, found in trial.conditions.items()
    }  # fmt: skip
    scores = compute_area_scores(trial)
    tested = {
        axis: {
            "relevant": True,
            "area": round_estimate(area),
            "area_by_seed": [_rounded(float(score)) for score in scores[axis]],
            "success_by_severity": {str(level): _rounded(rates[axis, level]) for level in sorted(trial.axes[axis])},
        }
        for axis, area in verdict.robustness_by_axis.items()
    }
    groups = {} if suite.combine else {axis.name: axis.group for axis in suite.axes}
    axes = tested | {axis: {"relevant": False, "reason": reason} for axis, reason in irrelevant_axes.items()}
    return {
        "suite": suite.name,
        "episodes": len(trial.nominal),
        "area": round_estimate(verdict.robustness),
        "success_at_severity_3": round_estimate(verdict.success_at_severity),
        "retention_at_severity_3": _rounded(verdict.retention_at_severity),
        "axes": {axis: {"group": groups.get(axis, axis)} | axes[axis] for axis in (groups or axes) if axis in axes},
    }


def round_estimate(estimate: Estimate) -> dict[str, float | None]:
    """A number and its interval."""
    return {name: _rounded(value) for name, value in estimate._asdict().items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
