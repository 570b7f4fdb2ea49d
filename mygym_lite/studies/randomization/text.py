"""What a randomization study says, in sentences and in cells of tables."""

from __future__ import annotations

from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import listed, named, percent, percent_range, plural, points, points_range, spans
from mygym_lite.stats import Estimate
from mygym_lite.studies.randomization.findings import MEAN, Cell, Findings
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


def title(findings: Findings) -> str:
    """What was asked."""
    return f"What randomization buys on {findings.plan.loaded.name}"


def counted(findings: Findings) -> str:
    """How many axes there are."""
    return plural(len(findings.outcomes.groups), "axis").replace("axiss", "axes")


def lede(findings: Findings) -> str:
    """How much was made."""
    plan = findings.plan
    last = plan.seed + plan.episodes - 1
    return " · ".join([
        f"{plural(len(plan.trainings), 'policy').replace('policys', 'policies')}: {listed(findings.presets)}, "
        f"{plural(plan.seeds, 'training')} each",
        f"{plan.algo}, {plan.lessons.episodes} demonstrations",
        f"suite {plan.whole_suite.name} at severity {spans(plan.levels)}, {counted(findings)}",
        f"{plan.episodes} episodes in each condition, seeds {spans(range(plan.seed, last + 1))}",
    ])  # fmt: skip


def notices(findings: Findings) -> list[str]:
    """What a reader must know before believing a difference."""
    if findings.plan.seeds > 1:
        return []
    return ["Each preset was trained once: intervals speak of these policies, not of what another training comes to."]


def headlines(findings: Findings) -> list[str]:
    """What it comes down to: without randomization, with the best of it, and with what makes no difference."""
    others = [preset for preset in findings.presets if preset != NONE]
    told = [f"Trained without randomization, {_reached(findings, NONE)}."] if NONE in findings.presets else []
    if not others:
        return told
    best = max(others, key=lambda preset: findings.mean(preset).success.value or 0.0)
    told.append(f"With {best}, {_reached(findings, best)}{_more(findings, best)}.")
    unsure = [preset for preset in others if preset != best and not findings.mean(preset).sure]
    if NONE in findings.presets and unsure:
        told.append(f"What {listed(unsure)} {'changes' if len(unsure) == 1 else 'change'} may be chance.")
    return told


def _reached(findings: Findings, preset: str) -> str:
    nominal, mean = findings.nominal(preset).success, findings.mean(preset)
    kept = "" if mean.kept.value is None else f", {percent_above(mean.kept.value)}% of that"
    return (
        f"{findings.plan.algo} solves {percent(nominal.value)}% of {findings.plan.loaded.name} as it is declared and "
        f"{percent(mean.success.value)}% ({percent_range(mean.success)}) on average over {counted(findings)} at "
        f"severity {findings.level}{kept}"
    )


def _more(findings: Findings, preset: str) -> str:
    mean = findings.mean(preset)
    if mean.difference.value is None:
        return ""
    more = "more" if mean.difference.value >= 0 else "fewer"
    sure = "beyond chance" if mean.sure else "which may be chance"
    size = f"{abs(100 * mean.difference.value):.0f} points {more} on the same episodes"
    return f": {size} ({points_range(mean.difference)}), {sure}"


def share(estimate: Estimate) -> tuple[str, str]:
    """A share and its interval, as they are read."""
    return percent_above(estimate.value), percent_range(estimate)


def percent_above(value: float | None) -> str:
    """A share that may be above 1, as what is kept may be."""
    return f"{100 * value:.0f}" if value is not None and value > 1.0 else percent(value)


def apart(estimate: Estimate) -> tuple[str, str]:
    """A difference and its interval."""
    return points(estimate.value), points_range(estimate)


def trainings(cell: Cell) -> str:
    """The success of each training."""
    return ", ".join(map(percent, cell.by_training))


def where(cell: Cell) -> str:
    """Of which condition a cell is."""
    if cell.axis == NOMINAL:
        return NOMINAL
    return f"{'all axes' if cell.axis == MEAN else named(cell.axis)} {cell.level}"


def story(cell: Cell) -> str:
    """All that is known of a cell."""
    lines = [f"{cell.preset}, {where(cell)}", f"{percent(cell.success.value)}% solved ({percent_range(cell.success)})"]
    if len(cell.by_training) > 1:
        lines.append(f"by training: {trainings(cell)}")
    if cell.difference.value is not None:
        lines.append(f"{points(cell.difference.value)} points against none ({points_range(cell.difference)})")
    return "; ".join(lines)


def definitions(findings: Findings) -> list[tuple[str, str]]:
    """What the page's words mean."""
    return [*_TERMS.items(), *((preset, _PRESETS[preset]) for preset in findings.presets if preset in _PRESETS)]


def left_out(findings: Findings) -> list[tuple[str, str]]:
    """Axes that were not tested, by the reason."""
    reasons: dict[str, list[str]] = {}
    for axis, why in findings.outcomes.left_out.items():
        reasons.setdefault(why, []).append(named(axis))
    return [(why, ", ".join(axes)) for why, axes in reasons.items()]
