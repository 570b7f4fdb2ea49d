"""Markdown table of the success, time and force of the panel on each task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mygym_lite.studies.difficulty.policy_names import CLONE, EXPERT, RANDOM, RANDOMIZED_CLONE, ZERO
from mygym_lite.studies.markdown_table import Marks, format_markdown
from mygym_lite.studies.result_files import Result

MARKS = Marks.for_study("difficulty")
_HEADS = {
    EXPERT: "expert",
    ZERO: "doing nothing",
    RANDOM: "random",
    CLONE: "cloning",
    RANDOMIZED_CLONE: "randomized cloning",
}


def format_difficulty(results: Sequence[Result]) -> str:
    """Format success in percent, with the median time to success and the mean peak force of the hand."""
    rows = [
        [result["family"] or "-", f"`{result['task']}`", *(_format_cell(result["policies"][name]) for name in _HEADS)]
        for result in results
    ]
    return format_markdown(("family", "task", *_HEADS.values()), rows)


def _format_cell(result: dict[str, Any]) -> str:
    nominal = result["nominal"]
    success = f"{100 * nominal['success']['value']:.0f}%"
    if not nominal["successes"]:
        return success
    newtons = nominal["peak_force"]["value"]
    force = "" if newtons is None else f", {newtons:.0f} N"
    return f"{success} ({nominal['median_time_to_success']:.1f} s{force})"
