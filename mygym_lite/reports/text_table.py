"""Tables as plain text: columns side by side, wrapped where a terminal is narrower than they are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

_GAP = "  "
_NARROWEST = 8  # columns of text to which a column shrinks where its words have to be broken


def format_table_lines(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """The lines of a table, one for each row and more where its cells are wrapped.

    Args:
        rows: Cells, the head first.
        width: Of the terminal, in columns of text; as wide as it needs to be if left out.
    """
    return [line for lines in wrap_rows(rows, width) for line in lines]


def wrap_rows(rows: Sequence[Sequence[str]], width: int | None = None) -> list[list[str]]:
    """The lines of each row of a table."""
    columns = [*zip(*rows, strict=True)]
    widths = [max(map(len, column)) for column in columns]
    if width is not None:
        widths = _shrunk(columns, widths, width - len(_GAP) * (len(widths) - 1))
    return [[*_lines(row, widths)] for row in rows]


def _shrunk(columns: Sequence[Sequence[str]], widths: list[int], room: int) -> list[int]:
    """Take from the widest column, of several the last, until all fit; words are broken when nothing else helps."""
    whole_words = [max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns]
    for narrowest in (whole_words, [_NARROWEST] * len(widths)):
        while sum(widths) > room:
            wide = [place for place, width in enumerate(widths) if width > narrowest[place]]
            if not wide:
                break
            widths[max(wide, key=lambda place: (widths[place], place))] -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) if len(cell) > width else [cell]
        for cell, width in zip(row, widths, strict=True)
    ]
    for cells in zip_longest(*wrapped, fillvalue=""):
        yield _GAP.join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
