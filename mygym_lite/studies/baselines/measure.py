"""Results of a baseline from its episodes: nominal performance and robustness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.harness.condition_results import NOMINAL_KEY, collect_values, group_by_condition
from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.verdict import compute_area_scores, summarize_policies
from mygym_lite.randomization.suite import Suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate

CONTACT_PAIR = "hand_object"
_DIGITS = 6


def summarize_condition(records: Sequence[EpisodeRecord], task: Task) -> dict[str, Any]:
    """Compute success, time and force under one condition."""
    seconds = collect_values(records, METRICS_BY_NAME["time_to_success"].measure)
    peaks = collect_values(records, METRICS_BY_NAME["peak_hand_force"].measure)
    limit = task.limits.get(CONTACT_PAIR)
    return {
        "episodes": len(records),
        "first_seed": min(record.seed for record in records),
        "successes": sum(record.success for record in records),
        "success": round_estimate(METRICS_BY_NAME["success"].estimate_records(list(records))),
        "median_time_to_success": _round(median(seconds)) if seconds else None,
        "peak_force": round_estimate(METRICS_BY_NAME["peak_hand_force"].estimate(peaks)),
        "force_limit": limit,
        "episodes_above_limit": sum(peak > limit for peak in peaks) if limit is not None else None,
    }


def summarize_robustness(
    records: Sequence[EpisodeRecord], suite: Suite, irrelevant_axes: Mapping[str, str]
) -> dict[str, Any]:
    """Compute robustness on the axes that can affect the policy.

    Args:
        records: Episodes on these axes and under nominal conditions.
        suite: Suite with all axes.
        irrelevant_axes: Axes that were not run, with the reason.
    """
    (results,), (summary,) = group_by_condition(records), summarize_policies(records)
    rates = {
        condition: sum(record.success for record in episodes) / len(episodes)
        for condition, episodes in results.conditions.items()
    }
    scores = compute_area_scores(results)
    tested = {
        axis: {
            "relevant": True,
            "area": round_estimate(area),
            "area_by_seed": [_round(float(score)) for score in scores[axis]],
            "success_by_severity": {str(level): _round(rates[axis, level]) for level in sorted(results.axes[axis])},
        }
        for axis, area in summary.robustness_by_axis.items()
    }
    groups = {} if suite.combine else {axis.name: axis.group for axis in suite.axes}
    axes = tested | {axis: {"relevant": False, "reason": reason} for axis, reason in irrelevant_axes.items()}
    return {
        "suite": suite.name,
        "episodes": len(results.nominal),
        "nominal_success": _round(rates[NOMINAL_KEY]),
        "area": round_estimate(summary.robustness),
        "success_at_severity_3": round_estimate(summary.success_at_severity),
        "retention_at_severity_3": _round(summary.retention_at_severity),
        "axes": {axis: {"group": groups.get(axis, axis)} | axes[axis] for axis in (groups or axes) if axis in axes},
    }


def round_estimate(estimate: Estimate) -> dict[str, float | None]:
    """Return an estimate and its interval as rounded JSON data."""
    return {name: _round(value) for name, value in estimate._asdict().items()}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
