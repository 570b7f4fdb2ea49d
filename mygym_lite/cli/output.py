"""What a command says, kept apart from what libraries print."""

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
    """A stream on which control characters come out as text, but for the one that begins a progress bar."""

    def write(self, text: str) -> int:
        """Write a text that may come from anywhere."""
        erase = ERASE_LINE if text.startswith(ERASE_LINE) else ""
        super().write(erase + escape_control_characters(text.removeprefix(erase)))
        return len(text)


@contextmanager
def claim_streams(native: bool = False) -> Iterator[TextIO]:
    """Keep standard output for the command alone.

    Python code that prints is sent to standard error. The physics engine and the video writer print banners from C,
    past Python; they are silenced.

    Args:
        native: Let C code print, to standard error: without it nobody learns why a window did not open.
    """
    flush_stdio()
    out, err = _copy_of(1, sys.stdout), _copy_of(2, sys.stderr)
    sink = os.dup(2) if native else os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        with contextlib.redirect_stdout(err), contextlib.redirect_stderr(err):
            yield out
    finally:
        flush_stdio()
        os.close(sink)
        _give_back(err, 2)
        _give_back(out, 1)


def _copy_of(number: int, stream: TextIO) -> TextIO:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    copy = io.BufferedWriter(io.FileIO(os.dup(number), "w"))
    return _Screen(copy, encoding=encoding, errors=ENCODING_ERRORS, line_buffering=copy.isatty())


def _give_back(stream: TextIO, number: int) -> None:
    """Restore the descriptor; a reader that has gone has been reported already and must not be so again."""
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
    """Write columns, wrapped to the width of the terminal; what is read by programs is never wrapped."""
    out.write(format_table(head, rows, get_width(out)))


def format_table(head: Sequence[str], rows: Iterable[Sequence[object]], width: int | None = None) -> str:
    """Lay out columns of texts and values, in at most so many columns of text."""
    return "\n".join(format_table_lines([[*head], *([*map(format_cell, row)] for row in rows)], width)) + "\n"


def format_field_table(head: Sequence[str], rows: Sequence[Sequence[object]], width: int | None = None) -> str:
    """Lay out fields, whose paths come first; where there is no room for paths, below the names of their tables."""
    whole = format_table(head, rows)
    if width is None or max(map(len, whole.splitlines())) <= width:
        return whole
    paths = [str(path).rpartition(".") for path, *_ in rows]
    cells = [[name, *map(format_cell, row[1:])] for (_, _, name), row in zip(paths, rows, strict=True)]
    lines, *below = wrap_rows([["field", *head[1:]], *cells], width)
    page, before = [*lines], ""
    for (parent, _, _), more in zip(paths, below, strict=True):
        page += [f"[{parent}]", *more] if parent != before else more
        before = parent
    return "\n".join(page) + "\n"


def get_width(out: TextIO) -> int | None:
    """Width of the terminal in columns of text; None for a file or a pipe."""
    return get_terminal_width(out) if out.isatty() else None


def format_line(row: Sequence[object], widths: Sequence[int]) -> str:
    """One line of a table whose columns are this wide."""
    padded = [f"{format_cell(value):<{width}}" for value, width in zip(row, widths, strict=True)]
    return "  ".join(padded).rstrip()


def format_cell(value: object) -> str:
    """A value as it stands in a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(format_cell, value)) + "]"
    return str(value)
