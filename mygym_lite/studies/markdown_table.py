"""Markdown tables of results, and their insertion into a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.reports.formatting import format_percent, format_percent_range
from mygym_lite.stats import Estimate


class Marks(NamedTuple):
    """Lines of a document between which a table stands."""

    begin: str
    end: str

    @classmethod
    def for_study(cls, study: str) -> Marks:
        """Return the lines around the table of a study."""
        return cls(f"<!-- {study}: made by `mygym-lite study {study} --insert-into` -->", f"<!-- end of {study} -->")


def format_markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a table in Markdown."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def format_success(nominal: Mapping[str, Any] | None) -> str:
    """Format the success of nominal episodes with its 95% interval, in percent; a dash without episodes."""
    if nominal is None:
        return "-"
    estimate = Estimate(**nominal["success"])
    return f"{format_percent(estimate.value)} ({format_percent_range(estimate)})"


def insert_table(file: Path, table: str, marks: Marks) -> None:
    """Insert the table into a file, between its two marks."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}); name a file that is there") from error
    write_text(file, replace_table(text, table, marks, str(file)))


def replace_table(text: str, table: str, marks: Marks, name: str = "text") -> str:
    """Return a text with the table inserted between its two marks."""
    before, begin, rest = text.partition(marks.begin)
    _, end, after = rest.partition(marks.end)
    if not begin or not end:
        raise UsageError(
            f"{name}: has no place for the table; write the lines {marks.begin} and {marks.end} where it belongs"
        )
    return f"{before}{marks.begin}\n{table}{marks.end}{after}"
