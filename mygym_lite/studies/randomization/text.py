"""Sentences and table cells of a randomization study."""

from __future__ import annotations

from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.reports.formatting import (
    format_axis_count,
    format_count,
    format_name,
    format_percent,
    format_percent_range,
    format_points,
    format_points_range,
    format_ranges,
    join_names,
)
from mygym_lite.stats import Estimate
from mygym_lite.studies.randomization.findings import MEAN, StudyCell, StudyFindings
from mygym_lite.studies.randomization.plan import ADR, NONE

METHOD = (
    "All policies share algorithm, number of demonstrations and rollouts, training schedule and seeds; only the domain "
    "randomization during training differs. Each policy is evaluated on the same episodes, under nominal conditions "
    "and along one axis at a time. Differences are paired by episode and by training run. The 95% intervals are from a "
    "nested bootstrap over training runs and episode seeds, because episodes with the same seed and episodes of the "
    "same run are correlated; for few runs they are widened with Student's t distribution."
)
_PRESETS = {
    NONE: "Trained on the nominal task.",
    ADR: "Automatic domain randomization: ranges start at the nominal task and widen where the policy succeeds, "
    "up to the ranges of full.",
}
_TERMS = {
    "retention": "Success under perturbation as a fraction of the nominal success of the same policies.",
    "vs none": "Difference in success from the policy trained without randomization.",
}


def format_title(findings: StudyFindings) -> str:
    """Return the title of the report."""
    return f"Effect of domain randomization on {findings.plan.loaded_task.name}"


def format_study_axis_count(findings: StudyFindings) -> str:
    """Return the number of tested axes as text."""
    return format_axis_count(len(findings.outcomes.groups))


def format_subtitle(findings: StudyFindings) -> str:
    """Return one line with presets, algorithm, suite, numbers of episodes and seeds."""
    plan = findings.plan
    last, axes = plan.seed + plan.episodes - 1, format_study_axis_count(findings)
    policies = "1 policy" if len(plan.trainings) == 1 else f"{len(plan.trainings):,} policies"
    return " · ".join(
        [
            f"{policies}: {join_names(findings.presets)}, {format_count(plan.seeds, 'training run')} each",
            f"{plan.algo}, {plan.demonstrations.episodes} demonstrations",
            f"suite {plan.full_suite.name} at severity {format_ranges(plan.severities)}, {axes}",
            f"{plan.episodes} episodes per condition, seeds {format_ranges(range(plan.seed, last + 1))}",
        ]
    )


def build_notices(findings: StudyFindings) -> list[str]:
    """Return warnings about the reliability of the results."""
    if findings.plan.seeds > 1:
        return []
    return ["Each preset was trained once: the intervals do not cover variation between training runs."]


def build_headlines(findings: StudyFindings) -> list[str]:
    """Return the main results: without randomization, with the best preset, and presets without significant effect."""
    others = [preset for preset in findings.presets if preset != NONE]
    sentences = (
        [f"Trained without randomization, {_describe_success(findings, NONE)}."] if NONE in findings.presets else []
    )
    if not others:
        return sentences
    best = max(others, key=lambda preset: findings.get_mean_cell(preset).success.value or 0.0)
    sentences.append(f"With {best}, {_describe_success(findings, best)}{_describe_difference(findings, best)}.")
    insignificant = [preset for preset in others if preset != best and not findings.get_mean_cell(preset).significant]
    if NONE in findings.presets and insignificant:
        verb = "does" if len(insignificant) == 1 else "do"
        sentences.append(f"{join_names(insignificant)} {verb} not differ significantly from none.")
    return sentences


def _describe_success(findings: StudyFindings, preset: str) -> str:
    nominal, mean = findings.get_nominal_cell(preset).success, findings.get_mean_cell(preset)
    retained = mean.retention.value
    retention = "" if retained is None else f", retaining {format_unbounded_percent(retained)}%"
    plan, rate, interval = findings.plan, format_percent(mean.success.value), format_percent_range(mean.success)
    return (
        f"{plan.algo} solves {format_percent(nominal.value)}% of {plan.loaded_task.name} under nominal conditions and "
        f"{rate}% ({interval}) on average over {format_study_axis_count(findings)} at "
        f"severity {findings.reported_severity}{retention}"
    )


def _describe_difference(findings: StudyFindings, preset: str) -> str:
    mean = findings.get_mean_cell(preset)
    if mean.difference.value is None:
        return ""
    direction = "higher" if mean.difference.value >= 0 else "lower"
    significance = "significant" if mean.significant else "not significant"
    size = f"{abs(100 * mean.difference.value):.0f} points {direction} on the same episodes"
    return f": {size} ({format_points_range(mean.difference)}), {significance}"


def format_share(estimate: Estimate) -> tuple[str, str]:
    """Return a rate and its interval in percent."""
    return format_unbounded_percent(estimate.value), format_percent_range(estimate)


def format_unbounded_percent(value: float | None) -> str:
    """Format a ratio in percent that may exceed 100, such as retention."""
    return f"{100 * value:.0f}" if value is not None and value > 1.0 else format_percent(value)


def format_difference(estimate: Estimate) -> tuple[str, str]:
    """Return a difference and its interval in percentage points."""
    return format_points(estimate.value), format_points_range(estimate)


def format_trainings(cell: StudyCell) -> str:
    """Return the success of each training run in percent."""
    return ", ".join(map(format_percent, cell.by_training))


def format_condition(cell: StudyCell) -> str:
    """Return axis and severity of a cell."""
    if cell.axis == NOMINAL:
        return NOMINAL
    return f"{'all axes' if cell.axis == MEAN else format_name(cell.axis)} {cell.severity}"


def format_cell(cell: StudyCell) -> str:
    """Describe a cell for tooltips and screen readers, parts separated by semicolons."""
    lines = [
        f"{cell.preset}, {format_condition(cell)}",
        f"{format_percent(cell.success.value)}% solved ({format_percent_range(cell.success)})",
    ]
    if len(cell.by_training) > 1:
        lines.append(f"by training run: {format_trainings(cell)}")
    if cell.difference.value is not None:
        lines.append(f"{format_points(cell.difference.value)} points vs none ({format_points_range(cell.difference)})")
    return "; ".join(lines)


def build_definitions(findings: StudyFindings) -> list[tuple[str, str]]:
    """Return definitions of the terms and presets on the page."""
    return [*_TERMS.items(), *((preset, _PRESETS[preset]) for preset in findings.presets if preset in _PRESETS)]


def group_irrelevant_axes(findings: StudyFindings) -> list[tuple[str, str]]:
    """Group the axes that were not tested by reason."""
    reasons: dict[str, list[str]] = {}
    for axis, reason in findings.outcomes.irrelevant_axes.items():
        reasons.setdefault(reason, []).append(format_name(axis))
    return [(reason, ", ".join(axes)) for reason, axes in reasons.items()]
