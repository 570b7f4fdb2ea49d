"""The table of baselines in Markdown, and its place in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.reports.formatting import format_axis_count
from mygym_lite.stats import Estimate, proportion_interval
from mygym_lite.studies.baselines.results import BaselineResult

BEGIN_MARK, END_MARK = (
    "<!-- baselines: made by `mygym-lite study baselines --insert-into` -->",
    "<!-- end of baselines -->",
)
_HEAD = (
    "task", "baseline", "learns by", "sees", "success", "over seeds", "seconds", "newtons", "robustness", "other axes",
    "training",
)  # fmt: skip
_NONE = "-"


def format_table(results: Sequence[BaselineResult]) -> str:
    """One line for each, task by task; robustness is over the axes that reach every baseline of the task."""
    by_task: dict[str, list[BaselineResult]] = {}
    for told in results:
        by_task.setdefault(told["task"], []).append(told)
    lines = [_line(told, _shared(found)) for found in by_task.values() for told in found]
    return _markdown(_HEAD, lines) + _by_severity(by_task)


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *lines))


def _by_severity(by_task: Mapping[str, Sequence[BaselineResult]]) -> str:
    """Success at each severity, over the axes of the robustness column."""
    levels = sorted({level for found in by_task.values() for told in found for level in _levels(told, _reached(told))})
    lines = [
        [f"`{told['baseline']}`", *(_percent(_success(told, _shared(found), level)) for level in levels)]
        for found in by_task.values()
        for told in found
    ]
    caption = "Success in percent at each severity, mean over the same axes as robustness:"
    return f"\n{caption}\n\n{_markdown(['baseline', *levels], lines)}" if levels else ""


def _levels(told: BaselineResult, axes: Sequence[str]) -> set[str]:
    return {level for axis in axes for level in told["robustness"]["axes"][axis]["success_by_severity"]}


def _success(told: BaselineResult, axes: Sequence[str], level: str) -> float | None:
    found = [told["robustness"]["axes"][axis]["success_by_severity"].get(level) for axis in axes]
    rates = [rate for rate in found if rate is not None]
    return sum(rates) / len(rates) if rates else None


def _percent(rate: float | None) -> str:
    return _NONE if rate is None else f"{100 * rate:.0f}"


def _reached(told: BaselineResult) -> list[str]:
    return [axis for axis, found in told["robustness"]["axes"].items() if found["relevant"]]


def _shared(results: Sequence[BaselineResult]) -> list[str]:
    """The axes that reach all of them."""
    return [axis for axis in _reached(results[0]) if all(axis in _reached(told) for told in results)]


def _line(told: BaselineResult, shared: Sequence[str]) -> list[str]:
    found = told["nominal"]
    return [
        f"`{told['task']}`", f"`{told['baseline']}`", told["method"], told["observes"], _share(found["success"]),
        _over_seeds(told), _number(found["median_time_to_success"], 3), _force(found), _area(told, shared),
        _area(told, [axis for axis in _reached(told) if axis not in shared]), _duration(told["minutes"]),
    ]  # fmt: skip


def _share(estimate: dict[str, float | None], digits: int = 1) -> str:
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return _NONE
    between = "" if low is None or high is None else f" ({100 * low:.{digits}f} to {100 * high:.{digits}f})"
    return f"{100 * value:.{digits}f}%{between}"


def _area(told: BaselineResult, axes: Sequence[str]) -> str:
    """Robustness over some axes; with an interval where the scores of single seeds are known."""
    if not axes:
        return _NONE
    found = [told["robustness"]["axes"][axis] for axis in axes]
    estimate = Estimate(sum(one["area"]["value"] for one in found) / len(found), None, None)
    if all("area_by_seed" in one for one in found):
        estimate = proportion_interval(np.mean([one["area_by_seed"] for one in found], axis=0))
    return f"{_share(estimate._asdict(), 0)}, {format_axis_count(len(axes))}"


def _over_seeds(told: BaselineResult) -> str:
    """Nominal success of each training, this one first."""
    if not told["seeds_of"]:
        return _NONE
    rates = [told["nominal"]["success"]["value"], *(other["success"]["value"] for other in told["seeds_of"])]
    return ", ".join(f"{100 * rate:.1f}" for rate in rates)


def _force(found: BaselineResult) -> str:
    """Mean peak of the hand on objects, beside what the task allows."""
    if found["peak_force"]["value"] is None:
        return _NONE
    limit = "" if found["force_limit"] is None else f" of {found['force_limit']:g}"
    return f"{_number(found['peak_force']['value'], 3)}{limit}"


def _number(value: float | None, digits: int) -> str:
    return _NONE if value is None else f"{value:.{digits}g}"


def _duration(minutes: float | None) -> str:
    if minutes is None:
        return _NONE
    return f"{minutes:.2g} min" if minutes < 90 else f"{minutes / 60:.2g} h"


def insert_table(file: Path, table: str) -> None:
    """Put the table between its two marks."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}); name a file that is there") from error
    write_text(file, replace_table(text, table, str(file)))


def replace_table(text: str, table: str, name: str = "text") -> str:
    """A text with the table between its two marks."""
    before, begin, rest = text.partition(BEGIN_MARK)
    _, end, after = rest.partition(END_MARK)
    if not begin or not end:
        raise UsageError(
            f"{name}: has no place for the table; write the lines {BEGIN_MARK} and {END_MARK} where it belongs"
        )
    return f"{before}{BEGIN_MARK}\n{table}{END_MARK}{after}"
