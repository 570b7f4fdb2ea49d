"""Table of an adaptation study: success, time and force after each amount of experience."""

from __future__ import annotations

from collections.abc import Iterator

from mygym_lite.studies.markdown_table import Marks, format_markdown, format_success
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
                format_success(adapted),
                format_success(world["anew"].get(episodes)),
                _format_number(adapted["median_time_to_success"]),
                _format_number(adapted["peak_force"]["value"]),
            ]


def _format_number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
