"""Text of unknown origin: names, paths and messages that have to reach a file or a terminal, whatever they hold."""

from __future__ import annotations

import re

ENCODING_ERRORS = "backslashreplace"
"""Handling of characters that an encoding lacks, such as the bytes of a path that is not UTF-8."""
_LONGEST = 2000  # characters
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def join_lines(text: str, max_length: int = _LONGEST) -> str:
    """Put a message on one line, and leave out the middle of one that is too long to be read."""
    line = " ".join(text.split())
    if len(line) <= max_length:
        return line
    half = max_length // 2
    return f"{line[:half]} ... [{len(line) - 2 * half} characters] ... {line[-half:]}"


def escape_unencodable(text: str) -> str:
    """Escape what UTF-8 lacks, for libraries that take nothing else."""
    return text.encode("utf-8", ENCODING_ERRORS).decode("utf-8")


def escape_control_characters(text: str) -> str:
    """Escape what moves a terminal's cursor, colours its lines or turns its writing round."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def escape_formula(value: object) -> object:
    """Quote text that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
