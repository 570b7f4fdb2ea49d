"""Sentences and tables of a fidelity result."""

from __future__ import annotations

from mygym_lite.reports.formatting import (
    DASH,
    format_count,
    format_name,
    format_percent,
    format_percent_range,
    format_points,
    format_points_range,
    join_names,
)
from mygym_lite.reports.text_table import format_table_lines
from mygym_lite.stats import Estimate
from mygym_lite.studies.fidelity.agreement import Agreement, RankFlip
from mygym_lite.studies.fidelity.disagreements import Disagreement
from mygym_lite.studies.fidelity.drops import DropAgreement
from mygym_lite.studies.fidelity.real_prediction import RealPrediction
from mygym_lite.studies.fidelity.study import FidelityResult
from mygym_lite.studies.fidelity.world_pair import RESAMPLES, Condition

STATISTICS = {
    "pearson": ("Pearson", "Linear correlation of success: 1 if the worlds differ by scale and offset alone."),
    "spearman": ("Spearman", "Correlation of ranks: 1 for the same order."),
    "kendall": ("Kendall", "Tau-b: pairs of policies in the same order minus pairs in opposite order, of all pairs."),
    "mmrv": (
        "MMRV",
        "Mean maximum rank violation, points: the mean over policies of the largest difference in the second world "
        "from a policy that the first world ranks wrongly against it. 0 is best.",
    ),
    "flipped_pairs": ("flipped pairs", "Share of all pairs of policies that are in opposite order, %. 0 is best."),
}
"""Title and meaning of each statistic."""
PREDICTION = (
    "Real success over all conditions of the run, from those tried on the robot: simulated mean over all, plus the "
    "mean of real minus simulated success over those tried (the estimator of SureSim, Badithela et al. 2025, "
    "arXiv:2510.04354). Counts pair conditions, not episodes, so that conditions are the units, and the interval, over "
    "them, holds if those tried are a random sample of all. It is narrower than that from the real rates alone only "
    "where the simulation is right about which conditions are hard."
)
_SHARES = ("mmrv", "flipped_pairs")
_FLIP_HEAD = ("better in a", "better in b", "a, points", "95% interval", "b, points", "95% interval", "flipped in")
_DROP_HEAD = ("axis", "drop a, points", "drop b, points", "b - a", "95% interval", "slope", "95% interval", "r")
_DISAGREEMENT_HEAD = ("policy", "task", "condition", "a, %", "b, %", "a - b, points", "95% interval")
_PREDICTION_HEAD = ("policy", "task", "tried", "real, %", "real alone, all conditions", "prediction-powered", "note")
_TEXT_ROWS = 5  # flips, axes and disagreements in the text; the page has all


def format_statistic(name: str, value: float | None) -> str:
    """Format the value of a statistic: correlations with two digits, shares in percent."""
    if value is None:
        return DASH
    return format_percent(value) if name in _SHARES else format_number(value)


def format_statistic_range(name: str, estimate: Estimate) -> str:
    """Format the interval of a statistic, or return that there is none."""
    if estimate.low is None or estimate.high is None:
        return "no interval" if estimate.value is not None else ""
    return f"{format_statistic(name, estimate.low)} to {format_statistic(name, estimate.high)}"


def format_number(value: float | None) -> str:
    """Format a correlation or slope with two digits."""
    return DASH if value is None else f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")  # noqa: RUF001


def format_number_range(estimate: Estimate) -> str:
    """Format the interval of a correlation or slope, or return an empty string."""
    return "" if estimate.low is None else f"{format_number(estimate.low)} to {format_number(estimate.high)}"


def format_condition(condition: Condition) -> str:
    """Return axis and severity as text."""
    return format_name(condition.name)


def format_scope(result: FidelityResult) -> str:
    """Return policies, tasks, conditions and seeds in one line."""
    pair = result.pair
    parts = [
        format_count(len(pair.policies), "policy").replace("policys", "policies"),
        f"{format_count(len(pair.tasks), 'task')}: {join_names(pair.tasks)}",
        f"{format_count(result.overall.conditions, 'condition')} of all policies",
        f"{format_count(len(pair.seeds), 'seed')} of paired episodes" if pair.is_simulated else "real episodes",
    ]
    return " · ".join(parts)


def build_headlines(result: FidelityResult) -> list[str]:
    """Return the main results as sentences."""
    return [_describe_ranking(result), _describe_flips(result), *_describe_drops(result)]


def _describe_ranking(result: FidelityResult) -> str:
    pair, statistics = result.pair, result.overall.statistics
    kendall = statistics["kendall"]
    if kendall.value is None:
        return (
            f"The order of the policies in {pair.a.name} and {pair.b.name} cannot be compared: all of them tie in one."
        )
    interval = format_statistic_range("kendall", kendall)
    return (
        f"{pair.a.name} predicts the order of {len(pair.policies)} policies in {pair.b.name} with Kendall's tau "
        f"{format_number(kendall.value)}{f' ({interval})' if interval else ''} and an MMRV of "
        f"{format_statistic('mmrv', statistics['mmrv'].value)} points."
    )


def _describe_flips(result: FidelityResult) -> str:
    flips, policies = result.overall.flips, len(result.pair.policies)
    pairs = policies * (policies - 1) // 2
    if not flips:
        return f"None of {format_count(pairs, 'pair')} of policies is in opposite order."
    sure = sum(flip.significant for flip in flips)
    first = flips[0]
    return (
        f"{len(flips)} of {format_count(pairs, 'pair')} of policies {'is' if len(flips) == 1 else 'are'} in opposite "
        f"order, {sure or 'none'} of them beyond doubt in both worlds; the largest: {first.better_in_a} leads "
        f"{first.better_in_b} by {format_points(first.difference_a.value).lstrip('+')} points in {result.pair.a.name} "
        f"and trails it by {format_points(-(first.difference_b.value or 0.0)).lstrip('+')} in {result.pair.b.name}."
    )


def _describe_drops(result: FidelityResult) -> list[str]:
    if not result.drops or result.drops[0].slope.value is None:
        return []
    drop = result.drops[0]
    return [
        f"A drop of 10 points from nominal in {result.pair.a.name} goes with one of "
        f"{10 * (drop.slope.value or 0.0):.0f} points in {result.pair.b.name} "
        f"(slope {format_number(drop.slope.value)}, {format_number_range(drop.slope)}; "
        f"correlation {format_number(drop.correlation.value)} over {format_count(drop.points, 'drop')})."
    ]


def format_result(result: FidelityResult, width: int | None) -> str:
    """Format the statistics, the policies, and the first flips, drops, disagreements and predictions as text."""
    a, b = result.pair.a.name, result.pair.b.name
    lines = [f"{a} (a) predicts {b} (b): {format_scope(result)}", ""]
    for agreement in (result.overall, *(result.by_task if len(result.by_task) > 1 else ())):
        lines += _format_agreement(agreement, width)
    if result.overall.flips:
        lines += _format_rows("rank flips", _FLIP_HEAD, [*map(_make_flip_row, result.overall.flips)], width)
    if result.drops:
        rows = [_make_drop_row(drop) for drop in result.drops if drop.severity is None]
        lines += [*format_table_lines([_DROP_HEAD, *rows], width), ""]
    if result.disagreements:
        lines += _format_rows(
            "disagreements", _DISAGREEMENT_HEAD, [*map(_make_disagreement_row, result.disagreements)], width
        )
    if result.predictions:
        lines += [*format_table_lines([_PREDICTION_HEAD, *map(_make_prediction_row, result.predictions)], width), ""]
    return "\n".join([*lines, *result.notices]).rstrip() + "\n"


def _format_agreement(agreement: Agreement, width: int | None) -> list[str]:
    title = agreement.task or "all tasks"
    head = (title, "value", "95%, policies like these", "95%, these policies")
    rows = [
        (
            STATISTICS[name][0] + (", points" if name == "mmrv" else ", %" if name in _SHARES else ""),
            format_statistic(name, estimate.value),
            format_statistic_range(name, estimate),
            format_statistic_range(name, agreement.over_seeds[name]),
        )
        for name, estimate in agreement.statistics.items()
    ]
    scores = [(score.policy, _format_rate(score.a), _format_rate(score.b)) for score in agreement.scores]
    return [
        *format_table_lines([head, *rows], width),
        "",
        *format_table_lines([(title, "success a, %", "success b, %"), *scores], width),
        "",
    ]


def _format_rows(noun: str, head: tuple[str, ...], rows: list[tuple[str, ...]], width: int | None) -> list[str]:
    more = len(rows) - _TEXT_ROWS
    note = [f"and {more} more {noun} in the page (--out)"] if more > 0 else []
    return [*format_table_lines([head, *rows[:_TEXT_ROWS]], width), *note, ""]


def _make_flip_row(flip: RankFlip) -> tuple[str, ...]:
    differences = (flip.difference_a, flip.difference_b)
    cells = [cell for each in differences for cell in (format_points(each.value), format_points_range(each))]
    return flip.better_in_a, flip.better_in_b, *cells, f"{format_percent(flip.probability)}%"


def _make_drop_row(drop: DropAgreement) -> tuple[str, ...]:
    return (
        drop.axis or "all axes",
        format_points(drop.drop_a.value),
        format_points(drop.drop_b.value),
        format_points(drop.difference.value),
        format_points_range(drop.difference),
        format_number(drop.slope.value),
        format_number_range(drop.slope),
        format_number(drop.correlation.value),
    )


def _make_disagreement_row(disagreement: Disagreement) -> tuple[str, ...]:
    return (
        disagreement.policy,
        disagreement.condition.task,
        format_condition(disagreement.condition),
        format_percent(disagreement.success_a.value),
        format_percent(disagreement.success_b.value),
        format_points(disagreement.difference.value),
        format_points_range(disagreement.difference),
    )


def _make_prediction_row(prediction: RealPrediction) -> tuple[str, ...]:
    return (
        prediction.policy,
        prediction.task,
        f"{prediction.tried} of {prediction.conditions}",
        _format_rate(prediction.pooled),
        _format_rate(prediction.real_alone),
        _format_rate(prediction.predicted),
        prediction.reason,
    )


def _format_rate(estimate: Estimate | None) -> str:
    if estimate is None:
        return DASH
    interval = format_percent_range(estimate)
    return format_percent(estimate.value) + (f" ({interval})" if interval else "")


def format_title(result: FidelityResult) -> str:
    """Return the title of the page."""
    return f"Fidelity of {result.pair.a.name} to {result.pair.b.name} on {join_names(result.pair.tasks)}"


def build_methodology(result: FidelityResult) -> list[str]:
    """Return the paragraphs about how the figures are computed."""
    pair = result.pair
    others = len(pair.conditions) - int(pair.shared.sum())
    left_out = f" {format_count(others, 'other condition')}" + (" is" if others == 1 else " are")
    paragraphs = [
        "The score of a policy is its success averaged over the conditions that every policy has in both worlds, and "
        "that can affect every policy, within each task first. Rank statistics compare these scores."
        + (f"{left_out} not among them." if others else ""),
        f"Intervals are 95% percentile intervals over {RESAMPLES:,} resamples. A resample draws whole seeds with "
        "replacement (all policies and conditions of a seed together"
        + (", in both worlds at once" if pair.is_simulated else "")
        + ") and whole policies with replacement. "
        + ("" if pair.is_simulated else "Real success rates are drawn from Jeffreys' posterior of their counts. ")
        + "“Policies like these” is for the population from which these policies come; “these policies” keeps them "
        "and resamples only the episodes. Differences of two policies keep the policies as well. No interval is given "
        "for policies like these where nearly all resamples agree, as when few policies are all in the same order, "
        "which does not tell how often others would be; nor where no episode varies. Few episodes lower every "
        "correlation and raise the MMRV.",
        "Drops are nominal success minus success under a condition, of one policy on one task. The slope is that of "
        "least squares through the origin; noise in the drops of the first world pulls it toward 0. Among many axes "
        "one in twenty intervals misses the truth by chance.",
        "Disagreements are the largest of many differences, so that a repetition would find smaller ones.",
    ]
    return paragraphs if result.drops else [paragraphs[number] for number in (0, 1, 3)]


def describe_disagreements(result: FidelityResult) -> str:
    """Return how many of the listed disagreements are no matter of few episodes."""
    count, all_listed = sum(each.significant for each in result.disagreements), len(result.disagreements)
    return f"The 95% interval of the difference excludes 0 in {count or 'none'} of these {all_listed}."


def build_facts(result: FidelityResult) -> list[tuple[str, str]]:
    """Return the provenance of both worlds."""
    facts: list[tuple[str, str]] = []
    for world, run in zip((result.pair.a, result.pair.b), result.runs, strict=False):
        facts += [(world.name, f"{run.folder}: {run.manifest['command'] or 'made from Python'}")]
    if result.real is not None:
        facts.append((result.pair.b.name, str(result.real)))
    if result.runs and result.real is None:
        facts.append(("differences", "; ".join(result.differences) or "none declared"))
    return facts


def build_definitions(result: FidelityResult) -> list[tuple[str, str]]:
    """Return the definitions of the terms on the page."""
    definitions = [(title, about) for title, about in STATISTICS.values()]
    definitions.append(
        ("MMRV, source", "Li et al. 2024, SIMPLER, arXiv:2405.05941; differences are those of the second world.")
    )
    if result.predictions:
        definitions.append(("prediction-powered", PREDICTION))
    return definitions
