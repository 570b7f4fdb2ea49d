"""Plain-text tables, with cells wrapped to the width of the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

_GAP = "  "
_MIN_WIDTH = 8  # characters; columns are not shrunk further, even if words are broken


def format_table_lines(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """Format a table as lines of text; rows with wrapped cells take several lines.

    Args:
        rows: Cells by row, header first.
        width: Width of the terminal in characters; unlimited by default.
    """
    return [line for lines in wrap_rows(rows, width) for line in lines]


def wrap_rows(rows: Sequence[Sequence[str]], width: int | None = None) -> list[list[str]]:
    """Return the lines of each row of a table."""
    columns = [*zip(*rows, strict=True)]
    widths = [max(map(len, column)) for column in columns]
    if width is not None:
        widths = _shrink_widths(columns, widths, width - len(_GAP) * (len(widths) - 1))
    return [[*_wrap_row(row, widths)] for row in rows]


def _shrink_widths(columns: Sequence[Sequence[str]], widths: list[int], available: int) -> list[int]:
    """Shrink the widest column (of equal ones the last) until all fit; break words only if necessary."""
    word_widths = [max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns]
    for minimum in (word_widths, [_MIN_WIDTH] * len(widths)):
        while sum(widths) > available:
            wide_columns = [index for index, width in enumerate(widths) if width > minimum[index]]
            if not wide_columns:
                break
            widths[max(wide_columns, key=lambda index: (widths[index], index))] -= 1
    return widths


def _wrap_row(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) if len(cell) > width else [cell]
        for cell, width in zip(row, widths, strict=True)
    ]
    for cells in zip_longest(*wrapped, fillvalue=""):
        yield _GAP.join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
