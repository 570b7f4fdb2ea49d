"""Table of an adaptation study: success, time and force after each amount of experience."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mygym_lite.reports.formatting import format_percent, format_percent_range
from mygym_lite.stats import Estimate
from mygym_lite.studies.markdown_table import Marks, format_markdown
from mygym_lite.studies.result_files import Result

MARKS = Marks.for_study("adaptation")
HEAD = ("world", "demonstrations", "fine-tuned", "trained anew", "time, s", "peak force, N")


def format_adaptation(result: Result) -> str:
    """Format the success of both kinds of policies, and time and force of the fine-tuned one."""
    return format_markdown(HEAD, list(list_rows(result)))


def list_rows(result: Result) -> Iterator[list[str]]:
    """List the cells of the table, world by world."""
    for name, world in result["worlds"].items():
        for episodes, adapted in world["start"].items():
            yield [
                f"`{name}`",
                episodes,
                _format_success(adapted),
                _format_success(world["anew"].get(episodes)),
                _format_number(adapted["median_time_to_success"]),
                _format_number(adapted["peak_force"]["value"]),
            ]


def _format_success(nominal: dict[str, Any] | None) -> str:
    if nominal is None:
        return "-"
    estimate = Estimate(**nominal["success"])
    return f"{format_percent(estimate.value)} ({format_percent_range(estimate)})"


def _format_number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
