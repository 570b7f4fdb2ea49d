"""Sanitizing of names, paths and messages of unknown origin for files and terminals."""

from __future__ import annotations

import re

ENCODING_ERRORS = "backslashreplace"
"""Error handler for characters that an encoding lacks, such as the bytes of a path that is not UTF-8."""
_MAX_LENGTH = 2000  # characters
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def join_lines(text: str, max_length: int = _MAX_LENGTH) -> str:
    """Put a message on one line, and cut the middle out of a long one."""
    line = " ".join(text.split())
    if len(line) <= max_length:
        return line
    half = max_length // 2
    return f"{line[:half]} ... [{len(line) - 2 * half} characters] ... {line[-half:]}"


def escape_unencodable(text: str) -> str:
    """Escape characters that UTF-8 cannot encode, for libraries that require UTF-8."""
    return text.encode("utf-8", ENCODING_ERRORS).decode("utf-8")


def escape_control_characters(text: str) -> str:
    """Escape characters that move a terminal's cursor, change its colours or reverse its writing direction."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def escape_formula(value: object) -> object:
    """Quote text that a spreadsheet would interpret as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
