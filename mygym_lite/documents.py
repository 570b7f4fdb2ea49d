"""Reading of TOML and JSON documents, with one-line errors that name the place and the remedy."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_MAX_DEPTH = 100  # of nested tables and arrays
_NESTED = f"it is nested more than {_MAX_DEPTH} deep"
_NO_FILE = "nor is there another one like it; correct the path"
_POSITION = re.compile(r"at line (\d+), column (\d+)")
_BARE_WORD = re.compile(r"[^\W\d][\w.-]*")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; errors name the line and column."""
    where = Location(path.name)
    text = ""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # editors on Windows write a byte order mark
        table = tomllib.loads(text)
        require_shallow(table)
    except FileNotFoundError:
        siblings = (file.name for file in path.parent.glob(f"*{path.suffix}"))
        raise where.error(f"no such file in {path.parent}{suggest(path.name, siblings, _NO_FILE)}") from None
    except IsADirectoryError:
        raise where.error("is a folder, not a file; name a .toml file in it") from None
    except OSError as error:
        raise where.error(f"cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        position = f"line {before.count(10) + 1}, column {error.start - before.rfind(10)}"
        raise where.error(f"not UTF-8 at {position}; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise where.error(f"not valid TOML, {error}; {_find_toml_remedy(text, str(error))}") from None
    return table


def _find_toml_remedy(text: str, message: str) -> str:
    """Find the remedy for a fault of TOML: quotes around a bare word, or double brackets around a repeated table."""
    if message.startswith("Cannot declare") and " twice" in message:
        return "join the two tables, or write [[...]] above each table of an array"
    position = _POSITION.search(message)
    if position is None or not message.startswith("Invalid value"):
        return "correct it there"
    line = text.splitlines()[int(position[1]) - 1 :][:1]
    word = _BARE_WORD.match(line[0][int(position[2]) - 1 :]) if line else None
    return f'write text in quotes, "{word[0]}"' if word else "correct it there"


def parse_json(text: str | bytes, finite: bool = False) -> Any:
    """Parse untrusted JSON; any fault raises a `ValueError` with a one-line message.

    Args:
        text: JSON document.
        finite: Rejection of NaN and Infinity, which Python reads although JSON lacks them.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant if finite else None)
    except RecursionError:
        raise ValueError(_NESTED) from None
    brackets = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, brackets)) > _MAX_DEPTH:  # type: ignore[arg-type]
        require_shallow(value)
    return value


def require_shallow(value: object) -> None:
    """Reject data that is nested too deeply for recursive functions."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise ValueError(_NESTED)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
