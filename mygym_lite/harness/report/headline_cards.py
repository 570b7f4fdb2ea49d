"""The verdict: what a policy achieves on a board, in five numbers and one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mygym_lite.harness.metrics import METRICS_BY_NAME
from mygym_lite.harness.report.charts import format_contact
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.report_data import TaskSuite
from mygym_lite.harness.verdict import REPORTED_SEVERITY, PolicySummary
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import (  # fmt: skip
    DASH,
    format_amount,
    format_amount_range,
    format_axis_count,
    format_count,
    format_name,
    format_percent,
    format_percent_range,
)
from mygym_lite.stats import Estimate


@dataclass(frozen=True)
class IntervalBar:
    """A number on a scale that all policies of a board share; everything in percent of the scale."""

    value: float
    low: float | None
    high: float | None
    limit: float | None


@dataclass(frozen=True)
class HeadlineNumber:
    """One number with its interval, as shown first."""

    label: str
    value: str
    unit: str
    interval: str
    caption: str
    bar: IntervalBar | None


@dataclass(frozen=True)
class HeadlineCard:
    """One policy on one board."""

    policy: str
    color: int
    numbers: tuple[HeadlineNumber, ...]
    sentence: str
    warning: str | None


def build_headline_cards(task_suite: TaskSuite, estimates: Estimates) -> list[HeadlineCard]:
    """Every policy of a board."""
    found = {policy: estimates.find_policy_summary(task_suite, policy) for policy in task_suite.policies}
    forces = {
        policy: estimates.get_estimate((policy, task_suite.task, task_suite.suite, NOMINAL, 0), task_suite.force_metric)
        for policy in found
    }
    longest = _top(v.time_to_success for v in found.values())
    hardest = max(task_suite.limits.get(task_suite.contact_pair) or 0.0, _top(forces.values()))
    return [
        HeadlineCard(policy, task_suite.policies[policy],
                 _measures(task_suite, policy, verdict, forces[policy], longest, hardest),
                 format_sentence(task_suite, verdict, forces[policy]), verdict.warning)
        for policy, verdict in found.items()
    ]  # fmt: skip


def _top(estimates: Iterable[Estimate]) -> float:
    """The end of a scale: an interval from a few episodes, which may end anywhere, does not stretch it."""
    told = [(value, min(high or value, 1.5 * value)) for value, _, high in estimates if value is not None]
    return max((high for _, high in told), default=0.0)


def _measures(
    board: TaskSuite, policy: str, verdict: PolicySummary, force: Estimate, longest: float, hardest: float
) -> tuple[HeadlineNumber, ...]:
    limit = board.limits.get(board.contact_pair)
    if not verdict.has_outcome:
        return _broken(board, verdict)
    kept = (
        ""
        if verdict.retention_at_severity is None
        else f"keeps {format_percent(verdict.retention_at_severity)}% of its success"
    )
    solved = sum(e.success for e in board.get_nominal_episodes(policy))
    tried = len(board.get_nominal_episodes(policy))
    nominal = (
        _share("Success", verdict.success, f"{solved} of {tried} nominal" if tried else "no nominal episode"),
        _amount("Time to success", "s", verdict.time_to_success, longest, None, "" if solved else "never succeeded"),
        _amount(
            f"Peak force {format_contact(board.contact_pair)}",
            "N",
            force,
            hardest,
            limit,
            _limit(board, policy, force, limit),
        ),
    )
    if not board.axes:
        return nominal
    return (
        *nominal,
        _share(f"Success at severity {REPORTED_SEVERITY}", verdict.success_at_severity, kept or _no_retention(verdict)),
        _share(
            "Robustness",
            verdict.robustness,
            ", ".join(filter(None, [f"over {board.shared_axes_text}", _weakest(verdict)])),
        ),
    )


def _broken(board: TaskSuite, verdict: PolicySummary) -> tuple[HeadlineNumber, ...]:
    """There is nothing to tell of a policy that broke in every episode, which is not the same as 0%."""
    labels = ["Time to success", f"Peak force {format_contact(board.contact_pair)}"]
    labels += [f"Success at severity {REPORTED_SEVERITY}", "Robustness"] if board.axes else []
    error = HeadlineNumber("Success", "error", "", "", verdict.errors[0].fraction_text, None)
    return error, *(HeadlineNumber(label, DASH, "", "", "", None) for label in labels)


def _limit(board: TaskSuite, policy: str, force: Estimate, limit: float | None) -> str:
    """What the task allows, and of how many episodes the force is if the others had none."""
    if force.value is None:
        return "no contact"
    episodes = board.get_nominal_episodes(policy)
    touched = sum(METRICS_BY_NAME[board.force_metric].measure(e) is not None for e in episodes)
    some = "" if touched == len(episodes) else f"of {touched} with contact"
    return ", ".join(filter(None, [some, "" if limit is None else f"the task allows {format_amount(limit)} N"]))


def _no_retention(verdict: PolicySummary) -> str:
    return "not tested" if verdict.success_at_severity.value is None else "nothing to keep"


def _weakest(verdict: PolicySummary) -> str:
    if (
        not verdict.weakest_axis
        or not verdict.robustness.value
        or verdict.robustness_by_axis[verdict.weakest_axis].value == 1.0
    ):
        return ""
    return f"weakest: {format_name(verdict.weakest_axis)} {format_percent(verdict.robustness_by_axis[verdict.weakest_axis].value)}"


def _share(label: str, estimate: Estimate, sub: str) -> HeadlineNumber:
    strip = _strip(estimate, 1.0, None)
    return HeadlineNumber(
        label, format_percent(estimate.value), "%" if strip else "", format_percent_range(estimate), sub, strip
    )


def _amount(label: str, unit: str, estimate: Estimate, top: float, limit: float | None, sub: str) -> HeadlineNumber:
    strip = _strip(estimate, 1.05 * top, limit) if top else None
    return HeadlineNumber(label, format_amount(estimate.value), unit if estimate.value is not None else "",
                  format_amount_range(estimate), sub, strip)  # fmt: skip


def _strip(estimate: Estimate, top: float, limit: float | None) -> IntervalBar | None:
    if estimate.value is None:
        return None
    shown = [None if x is None else round(100 * min(max(x / top, 0.0), 1.0), 1) for x in (*estimate, limit)]
    return IntervalBar(shown[0] or 0.0, *shown[1:])


def format_sentence(task_suite: TaskSuite, verdict: PolicySummary, force: Estimate) -> str:
    """The verdict in words."""
    if not verdict.has_outcome:
        return f"{verdict.policy} has no result on {verdict.task}: {verdict.errors[0].sentence}."
    parts = [_nominal(task_suite, verdict, force)]
    if task_suite.axes:
        parts.append(_perturbed(verdict))
    if verdict.failures:
        code, count = next(iter(verdict.failures.items()))
        parts.append(f"Most often it fails by \u201c{format_name(code)}\u201d: {count:,} of "
                     f"{format_count(sum(verdict.failures.values()), 'failure')}.")  # fmt: skip
    parts += [f"{error.sentence[0].upper()}{error.sentence[1:]}." for error in verdict.errors]
    return " ".join([*parts, *_axes(task_suite, verdict)])


def _axes(board: TaskSuite, verdict: PolicySummary) -> list[str]:
    """Over which axes it is compared, and what is known of the others."""
    parts = []
    if verdict.other_axes:
        parts.append(
            f"Apart from the {board.shared_axes_text}, its robustness is {format_percent(verdict.other_robustness.value)}% "
            f"({format_percent_range(verdict.other_robustness)}) over {format_axis_count(len(verdict.other_axes))} that do not "
            "reach every policy."
        )
    if verdict.irrelevant_axes:
        parts.append(f"{format_axis_count(len(verdict.irrelevant_axes))} cannot reach it.")
    return parts


def _nominal(board: TaskSuite, verdict: PolicySummary, force: Estimate) -> str:
    episodes = board.get_nominal_episodes(verdict.policy)
    if not episodes:
        return f"{verdict.policy} has no nominal episode on {verdict.task}, so nothing says what it can do at its best."
    if not verdict.success.value:
        none = "fails the nominal episode" if len(episodes) == 1 else f"solves none of {len(episodes)} nominal episodes"
        return f"{verdict.policy} {none} of {verdict.task} ({format_percent_range(verdict.success)}%){_peak(board, force)}."
    rate, within = format_percent(verdict.success.value), format_percent_range(verdict.success)
    solves = f"{verdict.policy} solves {verdict.task} in {rate}% of {format_count(len(episodes), 'nominal episode')} ({within})"
    return f"{solves}, in {format_amount(verdict.time_to_success.value)} s{_peak(board, force)}."


def _peak(board: TaskSuite, force: Estimate) -> str:
    if not force.value:
        return ""
    return f" with a peak of {format_amount(force.value)} N {format_contact(board.contact_pair)}"


def _perturbed(verdict: PolicySummary) -> str:
    if verdict.robustness.value is None:
        return "No perturbed episode has ended yet."
    if not verdict.robustness.value:
        return "It solves nothing under any perturbation either, so there is no robustness to speak of."
    parts = []
    if verdict.success_at_severity.value is not None:
        kept = verdict.retention_at_severity
        tail = "" if kept is None else f", keeping {format_percent(kept)}% of its nominal success"
        parts.append(f"At severity {REPORTED_SEVERITY} it solves {format_percent(verdict.success_at_severity.value)}% "
                     f"({format_percent_range(verdict.success_at_severity)}){tail}")  # fmt: skip
    else:
        parts.append(f"Its robustness is {format_percent(verdict.robustness.value)}%")
    area = verdict.robustness_by_axis[verdict.weakest_axis].value if verdict.weakest_axis else None
    if len(verdict.robustness_by_axis) > 1 and verdict.weakest_axis:
        parts.append(
            "no axis troubles it"
            if area == 1.0
            else f"its weakest axis is {format_name(verdict.weakest_axis)} "
            f"({format_percent(area)}% over all severities)"
        )
    return "; ".join(parts) + "."
