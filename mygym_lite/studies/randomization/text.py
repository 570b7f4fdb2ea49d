"""What a randomization study says, in sentences and in cells of tables."""

from __future__ import annotations

from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import (
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
    "The policies are twins: the same algorithm, the same number of demonstrations and of episodes of their own, the "
    "same schedule, and the same seeds; only what their training world varied differs. Each is then tested on the same "
    "episodes, nominal and along every axis alone. Differences are taken episode by episode and training by training. "
    "Intervals are 95% ones from a bootstrap that draws both trainings and episode seeds anew, since episodes of one "
    "seed and episodes of one training share their luck; with few trainings it is widened as Student's t is."
)
_PRESETS = {
    NONE: "Trained on the task as it is declared.",
    ADR: "Trained on ranges that begin with the declared task and grow where the learner succeeds, at most to those of "
         "full.",
}  # fmt: skip
_TERMS = {
    "kept": "Success under perturbation as a share of the nominal success of the same policies.",
    "against none": "Success less that of the twin trained without randomization.",
}


def format_title(findings: StudyFindings) -> str:
    """What was asked."""
    return f"What randomization buys on {findings.plan.loaded_task.name}"


def format_study_axis_count(findings: StudyFindings) -> str:
    """How many axes there are."""
    return format_count(len(findings.outcomes.groups), "axis").replace("axiss", "axes")


def format_subtitle(findings: StudyFindings) -> str:
    """How much was made."""
    plan = findings.plan
    last = plan.seed + plan.episodes - 1
    return " · ".join(
        [
            f"{format_count(len(plan.trainings), 'policy').replace('policys', 'policies')}: {join_names(findings.presets)}, "
            f"{format_count(plan.seeds, 'training')} each",
            f"{plan.algo}, {plan.demonstrations.episodes} demonstrations",
            f"suite {plan.full_suite.name} at severity {format_ranges(plan.severities)}, {format_study_axis_count(findings)}",
            f"{plan.episodes} episodes in each condition, seeds {format_ranges(range(plan.seed, last + 1))}",
        ]
    )


def build_notices(findings: StudyFindings) -> list[str]:
    """What a reader must know before believing a difference."""
    if findings.plan.seeds > 1:
        return []
    return ["Each preset was trained once: intervals speak of these policies, not of what another training comes to."]


def build_headlines(findings: StudyFindings) -> list[str]:
    """What it comes down to: without randomization, with the best of it, and with what makes no difference."""
    others = [preset for preset in findings.presets if preset != NONE]
    told = [f"Trained without randomization, {_reached(findings, NONE)}."] if NONE in findings.presets else []
    if not others:
        return told
    best = max(others, key=lambda preset: findings.get_mean_cell(preset).success.value or 0.0)
    told.append(f"With {best}, {_reached(findings, best)}{_more(findings, best)}.")
    unsure = [preset for preset in others if preset != best and not findings.get_mean_cell(preset).significant]
    if NONE in findings.presets and unsure:
        told.append(f"What {join_names(unsure)} {'changes' if len(unsure) == 1 else 'change'} may be chance.")
    return told


def _reached(findings: StudyFindings, preset: str) -> str:
    nominal, mean = findings.get_nominal_cell(preset).success, findings.get_mean_cell(preset)
    kept = "" if mean.retention.value is None else f", {format_unbounded_percent(mean.retention.value)}% of that"
    return (
        f"{findings.plan.algo} solves {format_percent(nominal.value)}% of {findings.plan.loaded_task.name} as it is declared and "
        f"{format_percent(mean.success.value)}% ({format_percent_range(mean.success)}) on average over {format_study_axis_count(findings)} at "
        f"severity {findings.reported_severity}{kept}"
    )


def _more(findings: StudyFindings, preset: str) -> str:
    mean = findings.get_mean_cell(preset)
    if mean.difference.value is None:
        return ""
    more = "more" if mean.difference.value >= 0 else "fewer"
    sure = "beyond chance" if mean.significant else "which may be chance"
    size = f"{abs(100 * mean.difference.value):.0f} points {more} on the same episodes"
    return f": {size} ({format_points_range(mean.difference)}), {sure}"


def format_share(estimate: Estimate) -> tuple[str, str]:
    """A share and its interval, as they are read."""
    return format_unbounded_percent(estimate.value), format_percent_range(estimate)


def format_unbounded_percent(value: float | None) -> str:
    """A share that may be above 1, as what is kept may be."""
    return f"{100 * value:.0f}" if value is not None and value > 1.0 else format_percent(value)


def format_difference(estimate: Estimate) -> tuple[str, str]:
    """A difference and its interval."""
    return format_points(estimate.value), format_points_range(estimate)


def format_trainings(cell: StudyCell) -> str:
    """The success of each training."""
    return ", ".join(map(format_percent, cell.by_training))


def format_condition(cell: StudyCell) -> str:
    """Of which condition a cell is."""
    if cell.axis == NOMINAL:
        return NOMINAL
    return f"{'all axes' if cell.axis == MEAN else format_name(cell.axis)} {cell.severity}"


def format_cell(cell: StudyCell) -> str:
    """All that is known of a cell."""
    lines = [
        f"{cell.preset}, {format_condition(cell)}",
        f"{format_percent(cell.success.value)}% solved ({format_percent_range(cell.success)})",
    ]
    if len(cell.by_training) > 1:
        lines.append(f"by training: {format_trainings(cell)}")
    if cell.difference.value is not None:
        lines.append(
            f"{format_points(cell.difference.value)} points against none ({format_points_range(cell.difference)})"
        )
    return "; ".join(lines)


def build_definitions(findings: StudyFindings) -> list[tuple[str, str]]:
    """What the page's words mean."""
    return [*_TERMS.items(), *((preset, _PRESETS[preset]) for preset in findings.presets if preset in _PRESETS)]


def group_irrelevant_axes(findings: StudyFindings) -> list[tuple[str, str]]:
    """Axes that were not tested, by the reason."""
    reasons: dict[str, list[str]] = {}
    for axis, why in findings.outcomes.irrelevant_axes.items():
        reasons.setdefault(why, []).append(format_name(axis))
    return [(why, ", ".join(axes)) for why, axes in reasons.items()]
