"""Output of commands: JSON and tables, separated from what libraries print."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from mygym_lite.cli.progress import ERASE_LINE, get_terminal_width
from mygym_lite.reports.text_table import format_table_lines, wrap_rows
from mygym_lite.stdio import flush_stdio
from mygym_lite.text import ENCODING_ERRORS, escape_control_characters


class _Screen(io.TextIOWrapper):
    """Stream that escapes control characters, except the sequence that begins a progress line."""

    def write(self, text: str) -> int:
        """Write untrusted text with its control characters escaped."""
        erase = ERASE_LINE if text.startswith(ERASE_LINE) else ""
        super().write(erase + escape_control_characters(text.removeprefix(erase)))
        return len(text)


@contextmanager
def claim_streams(native: bool = False) -> Iterator[TextIO]:
    """Reserve standard output for the command.

    Output of Python libraries goes to standard error. The physics engine and the video writer print banners from C;
    these are discarded.

    Args:
        native: Send output of C code to standard error instead, where it explains why a window did not open.
    """
    flush_stdio()
    out, err = _duplicate(1, sys.stdout), _duplicate(2, sys.stderr)
    sink = os.dup(2) if native else os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        with contextlib.redirect_stdout(err), contextlib.redirect_stderr(err):
            yield out
    finally:
        flush_stdio()
        os.close(sink)
        _restore(err, 2)
        _restore(out, 1)


def _duplicate(number: int, stream: TextIO) -> TextIO:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    copy = io.BufferedWriter(io.FileIO(os.dup(number), "w"))
    return _Screen(copy, encoding=encoding, errors=ENCODING_ERRORS, line_buffering=copy.isatty())


def _restore(stream: TextIO, number: int) -> None:
    """Restore the descriptor; a closed pipe has already been reported and is ignored here."""
    os.dup2(stream.fileno(), number)
    try:
        stream.close()
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            stream.close()


def write_json(out: TextIO, document: Any) -> None:
    """Write one JSON document."""
    out.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


def write_table(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table, wrapped to the width of a terminal; files and pipes get unwrapped lines."""
    out.write(format_table(head, rows, get_width(out)))


def format_table(head: Sequence[str], rows: Iterable[Sequence[object]], width: int | None = None) -> str:
    """Format a table, wrapped to ``width`` columns of text if given."""
    return "\n".join(format_table_lines([[*head], *([*map(format_cell, row)] for row in rows)], width)) + "\n"


def format_field_table(head: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None) -> str:
    """Format a table whose first column is a path; if it is too wide, group rows under the names of their tables."""
    table = format_table(head, rows)
    if width is None or max(map(len, table.splitlines())) <= width:
        return table
    paths = [str(path).rpartition(".") for path, *_ in rows]
    cells = [[name, *map(format_cell, row[1:])] for (_, _, name), row in zip(paths, rows, strict=True)]
    lines, *wrapped_rows = wrap_rows([["field", *head[1:]], *cells], width)
    previous = ""
    for (parent, _, _), row_lines in zip(paths, wrapped_rows, strict=True):
        lines = [*lines, *([f"[{parent}]"] if parent != previous else []), *row_lines]
        previous = parent
    return "\n".join(lines) + "\n"


def get_width(out: TextIO) -> int | None:
    """Return the width of the terminal in columns of text, or None for a file or a pipe."""
    return get_terminal_width(out) if out.isatty() else None


def format_line(row: Sequence[object], widths: Sequence[int]) -> str:
    """Format one line of a table with fixed column widths."""
    padded = [f"{format_cell(value):<{width}}" for value, width in zip(row, widths, strict=True)]
    return "  ".join(padded).rstrip()


def format_cell(value: object) -> str:
    """Format a value of a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(format_cell, value)) + "]"
    return str(value)
