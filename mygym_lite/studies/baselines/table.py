"""Markdown table of the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mygym_lite.reports.formatting import format_axis_count, format_minutes
from mygym_lite.stats import Estimate, proportion_interval
from mygym_lite.studies.markdown_table import Marks, format_markdown
from mygym_lite.studies.result_files import Result

MARKS = Marks.for_study("baselines")
_HEAD = (
    *("task", "baseline", "method", "observes", "success", "training seeds", "time, s", "peak force, N"),
    *("robustness", "other axes", "training"),
)
_NONE = "-"


def format_table(results: Sequence[Result]) -> str:
    """Format all results, grouped by task; robustness covers the axes that can affect every baseline of the task."""
    by_task: dict[str, list[Result]] = {}
    for result in results:
        by_task.setdefault(result["task"], []).append(result)
    rows = [_format_row(result, _list_shared_axes(group)) for group in by_task.values() for result in group]
    return format_markdown(_HEAD, rows) + _format_severity_table(by_task)


def _format_severity_table(by_task: Mapping[str, Sequence[Result]]) -> str:
    """Format success at each severity, over the axes of the robustness column."""
    results = [result for group in by_task.values() for result in group]
    severities = sorted({severity for result in results for severity in _list_severities(result)})
    rows = []
    for group in by_task.values():
        axes = _list_shared_axes(group)
        for result in group:
            rates = [_average_success(result, axes, severity) for severity in severities]
            rows.append([f"`{result['baseline']}`", *map(_format_percent, rates)])
    caption = "Success in percent at each severity, mean over the same axes as robustness:"
    return f"\n{caption}\n\n{format_markdown(['baseline', *severities], rows)}" if severities else ""


def _list_severities(result: Result) -> set[str]:
    axes = result["robustness"]["axes"]
    return {severity for axis in _list_relevant_axes(result) for severity in axes[axis]["success_by_severity"]}


def _average_success(result: Result, axes: Sequence[str], severity: str) -> float | None:
    by_axis = [result["robustness"]["axes"][axis]["success_by_severity"].get(severity) for axis in axes]
    rates = [rate for rate in by_axis if rate is not None]
    return sum(rates) / len(rates) if rates else None


def _format_percent(rate: float | None) -> str:
    return _NONE if rate is None else f"{100 * rate:.0f}"


def _list_relevant_axes(result: Result) -> list[str]:
    return [axis for axis, entry in result["robustness"]["axes"].items() if entry["relevant"]]


def _list_shared_axes(results: Sequence[Result]) -> list[str]:
    """List the axes that can affect all baselines of a task."""
    first, *others = map(_list_relevant_axes, results)
    return [axis for axis in first if all(axis in axes for axes in others)]


def _format_row(result: Result, shared_axes: Sequence[str]) -> list[str]:
    nominal = result["nominal"]
    return [
        f"`{result['task']}`",
        f"`{result['baseline']}`",
        result["method"],
        result["observes"],
        _format_estimate(nominal["success"]),
        _format_seeds(result),
        _format_number(nominal["median_time_to_success"], 3),
        _format_force(nominal),
        _format_robustness(result, shared_axes),
        _format_robustness(result, [axis for axis in _list_relevant_axes(result) if axis not in shared_axes]),
        _NONE if result["minutes"] is None else format_minutes(result["minutes"]),
    ]


def _format_estimate(estimate: dict[str, float | None], digits: int = 1) -> str:
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return _NONE
    interval = "" if low is None or high is None else f" ({100 * low:.{digits}f} to {100 * high:.{digits}f})"
    return f"{100 * value:.{digits}f}%{interval}"


def _format_robustness(result: Result, axes: Sequence[str]) -> str:
    """Format robustness over some axes, with an interval if the scores of single seeds are known."""
    if not axes:
        return _NONE
    entries = [result["robustness"]["axes"][axis] for axis in axes]
    estimate = Estimate(sum(entry["area"]["value"] for entry in entries) / len(entries), None, None)
    if all("area_by_seed" in entry for entry in entries):
        estimate = proportion_interval(np.mean([entry["area_by_seed"] for entry in entries], axis=0))
    return f"{_format_estimate(estimate._asdict(), 0)}, {format_axis_count(len(axes))}"


def _format_seeds(result: Result) -> str:
    """Format nominal success of every training seed, the shipped policy first."""
    if not result["seeds_of"]:
        return _NONE
    rates = [result["nominal"]["success"]["value"], *(other["success"]["value"] for other in result["seeds_of"])]
    return ", ".join(f"{100 * rate:.1f}" for rate in rates)


def _format_force(nominal: Result) -> str:
    """Format the mean peak force of the hand on objects, with the limit of the task."""
    if nominal["peak_force"]["value"] is None:
        return _NONE
    limit = "" if nominal["force_limit"] is None else f" of {nominal['force_limit']:g}"
    return f"{_format_number(nominal['peak_force']['value'], 3)}{limit}"


def _format_number(value: float | None, digits: int) -> str:
    return _NONE if value is None else f"{value:.{digits}g}"
