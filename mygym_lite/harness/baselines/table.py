"""The table of baselines in Markdown, and its place in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mygym_lite.errors import UsageError
from mygym_lite.harness.baselines.results import Result
from mygym_lite.harness.written import write_text

BEGIN, END = "<!-- baselines: made by `mygym-lite study baselines --readme` -->", "<!-- end of baselines -->"
_HEAD = (
    "task", "baseline", "learns by", "sees", "success", "over seeds", "seconds", "newtons", "robustness", "training",
)  # fmt: skip
_NONE = "-"


def table(results: Sequence[Result]) -> str:
    """One line for each, task by task."""
    tasks = list(dict.fromkeys(told["task"] for told in results))
    lines = [_line(told) for task in tasks for told in results if told["task"] == task]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (_HEAD, ["---"] * len(_HEAD), *lines))


def _line(told: Result) -> list[str]:
    found = told["nominal"]
    return [
        f"`{told['task']}`", f"`{told['baseline']}`", told["learns"], told["sees"], _share(found["success"]),
        _over_seeds(told), _number(found["median_seconds"], 3), _force(found), _share(told["robustness"]["area"], 0),
        _duration(told["minutes"]),
    ]  # fmt: skip


def _share(estimate: dict[str, float | None], digits: int = 1) -> str:
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return _NONE
    between = "" if low is None or high is None else f" ({100 * low:.{digits}f} to {100 * high:.{digits}f})"
    return f"{100 * value:.{digits}f}%{between}"


def _over_seeds(told: Result) -> str:
    """Nominal success of each training, this one first."""
    if not told["also"]:
        return _NONE
    rates = [told["nominal"]["success"]["value"], *(other["success"]["value"] for other in told["also"])]
    return ", ".join(f"{100 * rate:.1f}" for rate in rates)


def _force(found: Result) -> str:
    """Mean peak of the hand on objects, beside what the task allows."""
    if found["peak_newtons"]["value"] is None:
        return _NONE
    limit = "" if found["limit_newtons"] is None else f" of {found['limit_newtons']:g}"
    return f"{_number(found['peak_newtons']['value'], 3)}{limit}"


def _number(value: float | None, digits: int) -> str:
    return _NONE if value is None else f"{value:.{digits}g}"


def _duration(minutes: float | None) -> str:
    if minutes is None:
        return _NONE
    return f"{minutes:.2g} min" if minutes < 90 else f"{minutes / 60:.2g} h"


def put_into(file: Path, told: str) -> None:
    """Put the table between its two marks."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}); name a file that is there") from error
    write_text(file, replaced(text, told, str(file)))


def replaced(text: str, told: str, name: str = "text") -> str:
    """A text with the table between its two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UsageError(f"{name}: has no place for the table; write the lines {BEGIN} and {END} where it belongs")
    return f"{before}{BEGIN}\n{told}{END}{after}"
