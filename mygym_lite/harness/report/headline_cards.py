"""The verdict: what a policy achieves on a board, in five numbers and one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mygym_lite.harness.metrics import METRIC
from mygym_lite.harness.report.charts import touching
from mygym_lite.harness.report.estimates import Figures
from mygym_lite.harness.report.report_data import Board
from mygym_lite.harness.verdict import SEVERITY, Verdict
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import (  # fmt: skip
    DASH,
    amount,
    amount_range,
    axes_of,
    named,
    percent,
    percent_range,
    plural,
)
from mygym_lite.stats import Estimate


@dataclass(frozen=True)
class Strip:
    """A number on a scale that all policies of a board share; everything in percent of the scale."""

    value: float
    low: float | None
    high: float | None
    limit: float | None


@dataclass(frozen=True)
class Figure:
    """One number with its interval, as shown first."""

    label: str
    value: str
    unit: str
    between: str
    sub: str
    strip: Strip | None


@dataclass(frozen=True)
class Standing:
    """One policy on one board."""

    policy: str
    color: int
    measures: tuple[Figure, ...]
    sentence: str
    warning: str | None


def standings(board: Board, figures: Figures) -> list[Standing]:
    """Every policy of a board."""
    found = {policy: figures.verdict(board, policy) for policy in board.policies}
    forces = {policy: figures.of((policy, board.task, board.suite, NOMINAL, 0), board.force) for policy in found}
    longest = _top(v.seconds for v in found.values())
    hardest = max(board.limits.get(board.pair) or 0.0, _top(forces.values()))
    return [
        Standing(policy, board.policies[policy],
                 _measures(board, policy, verdict, forces[policy], longest, hardest),
                 sentence(board, verdict, forces[policy]), verdict.warning)
        for policy, verdict in found.items()
    ]  # fmt: skip


def _top(estimates: Iterable[Estimate]) -> float:
    """The end of a scale: an interval from a few episodes, which may end anywhere, does not stretch it."""
    told = [(value, min(high or value, 1.5 * value)) for value, _, high in estimates if value is not None]
    return max((high for _, high in told), default=0.0)


def _measures(
    board: Board, policy: str, verdict: Verdict, force: Estimate, longest: float, hardest: float
) -> tuple[Figure, ...]:
    limit = board.limits.get(board.pair)
    if not verdict.acted:
        return _broken(board, verdict)
    kept = "" if verdict.hard_retention is None else f"keeps {percent(verdict.hard_retention)}% of its success"
    solved = sum(e.success for e in board.nominal(policy))
    tried = len(board.nominal(policy))
    nominal = (
        _share("Success", verdict.success, f"{solved} of {tried} nominal" if tried else "no nominal episode"),
        _amount("Time to success", "s", verdict.seconds, longest, None, "" if solved else "never succeeded"),
        _amount(f"Peak force {touching(board.pair)}", "N", force, hardest, limit, _limit(board, policy, force, limit)),
    )
    if not board.axes:
        return nominal
    return (
        *nominal,
        _share(f"Success at severity {SEVERITY}", verdict.hard_success, kept or _no_retention(verdict)),
        _share("Robustness", verdict.robustness, ", ".join(filter(None, [f"over {board.over}", _weakest(verdict)]))),
    )


def _broken(board: Board, verdict: Verdict) -> tuple[Figure, ...]:
    """There is nothing to tell of a policy that broke in every episode, which is not the same as 0%."""
    labels = ["Time to success", f"Peak force {touching(board.pair)}"]
    labels += [f"Success at severity {SEVERITY}", "Robustness"] if board.axes else []
    error = Figure("Success", "error", "", "", verdict.errors[0].share, None)
    return error, *(Figure(label, DASH, "", "", "", None) for label in labels)


def _limit(board: Board, policy: str, force: Estimate, limit: float | None) -> str:
    """What the task allows, and of how many episodes the force is if the others had none."""
    if force.value is None:
        return "no contact"
    episodes = board.nominal(policy)
    touched = sum(METRIC[board.force].of(e) is not None for e in episodes)
    some = "" if touched == len(episodes) else f"of {touched} with contact"
    return ", ".join(filter(None, [some, "" if limit is None else f"the task allows {amount(limit)} N"]))


def _no_retention(verdict: Verdict) -> str:
    return "not tested" if verdict.hard_success.value is None else "nothing to keep"


def _weakest(verdict: Verdict) -> str:
    if not verdict.worst_axis or not verdict.robustness.value or verdict.areas[verdict.worst_axis].value == 1.0:
        return ""
    return f"weakest: {named(verdict.worst_axis)} {percent(verdict.areas[verdict.worst_axis].value)}"


def _share(label: str, estimate: Estimate, sub: str) -> Figure:
    strip = _strip(estimate, 1.0, None)
    return Figure(label, percent(estimate.value), "%" if strip else "", percent_range(estimate), sub, strip)


def _amount(label: str, unit: str, estimate: Estimate, top: float, limit: float | None, sub: str) -> Figure:
    strip = _strip(estimate, 1.05 * top, limit) if top else None
    return Figure(label, amount(estimate.value), unit if estimate.value is not None else "",
                  amount_range(estimate), sub, strip)  # fmt: skip


def _strip(estimate: Estimate, top: float, limit: float | None) -> Strip | None:
    if estimate.value is None:
        return None
    shown = [None if x is None else round(100 * min(max(x / top, 0.0), 1.0), 1) for x in (*estimate, limit)]
    return Strip(shown[0] or 0.0, *shown[1:])


def sentence(board: Board, verdict: Verdict, force: Estimate) -> str:
    """The verdict in words."""
    if not verdict.acted:
        return f"{verdict.policy} has no result on {verdict.task}: {verdict.errors[0].sentence}."
    parts = [_nominal(board, verdict, force)]
    if board.axes:
        parts.append(_perturbed(verdict))
    if verdict.failures:
        code, count = next(iter(verdict.failures.items()))
        parts.append(f"Most often it fails by \u201c{named(code)}\u201d: {count:,} of "
                     f"{plural(sum(verdict.failures.values()), 'failure')}.")  # fmt: skip
    parts += [f"{error.sentence[0].upper()}{error.sentence[1:]}." for error in verdict.errors]
    return " ".join([*parts, *_axes(board, verdict)])


def _axes(board: Board, verdict: Verdict) -> list[str]:
    """Over which axes it is compared, and what is known of the others."""
    parts = []
    if verdict.other_axes:
        parts.append(f"Apart from the {board.over}, its robustness is {percent(verdict.other_robustness.value)}% "
                     f"({percent_range(verdict.other_robustness)}) over {axes_of(len(verdict.other_axes))} that do not "
                     "reach every policy.")  # fmt: skip
    if verdict.unreached_axes:
        parts.append(f"{axes_of(len(verdict.unreached_axes))} cannot reach it.")
    return parts


def _nominal(board: Board, verdict: Verdict, force: Estimate) -> str:
    episodes = board.nominal(verdict.policy)
    if not episodes:
        return f"{verdict.policy} has no nominal episode on {verdict.task}, so nothing says what it can do at its best."
    if not verdict.success.value:
        none = "fails the nominal episode" if len(episodes) == 1 else f"solves none of {len(episodes)} nominal episodes"
        return f"{verdict.policy} {none} of {verdict.task} ({percent_range(verdict.success)}%){_peak(board, force)}."
    rate, within = percent(verdict.success.value), percent_range(verdict.success)
    solves = (
        f"{verdict.policy} solves {verdict.task} in {rate}% of {plural(len(episodes), 'nominal episode')} ({within})"
    )
    return f"{solves}, in {amount(verdict.seconds.value)} s{_peak(board, force)}."


def _peak(board: Board, force: Estimate) -> str:
    if not force.value:
        return ""
    return f" with a peak of {amount(force.value)} N {touching(board.pair)}"


def _perturbed(verdict: Verdict) -> str:
    if verdict.robustness.value is None:
        return "No perturbed episode has ended yet."
    if not verdict.robustness.value:
        return "It solves nothing under any perturbation either, so there is no robustness to speak of."
    parts = []
    if verdict.hard_success.value is not None:
        kept = verdict.hard_retention
        tail = "" if kept is None else f", keeping {percent(kept)}% of its nominal success"
        parts.append(f"At severity {SEVERITY} it solves {percent(verdict.hard_success.value)}% "
                     f"({percent_range(verdict.hard_success)}){tail}")  # fmt: skip
    else:
        parts.append(f"Its robustness is {percent(verdict.robustness.value)}%")
    area = verdict.areas[verdict.worst_axis].value if verdict.worst_axis else None
    if len(verdict.areas) > 1 and verdict.worst_axis:
        parts.append("no axis troubles it" if area == 1.0 else f"its weakest axis is {named(verdict.worst_axis)} "
                     f"({percent(area)}% over all severities)")  # fmt: skip
    return "; ".join(parts) + "."
