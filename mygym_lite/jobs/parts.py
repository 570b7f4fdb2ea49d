"""Files of finished jobs: a header line with a checksum, then the body. An interrupted job leaves no file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mygym_lite.documents import parse_json
from mygym_lite.errors import UsageError
from mygym_lite.files import write_text


def write_part(file: Path, body: Any, **header: Any) -> None:
    """Write the result of a job atomically.

    Args:
        file: File to write.
        body: Result, as JSON holds it; NaN and infinity are allowed.
        header: Entries of the header line, for readers who skip the body.
    """
    text = json.dumps(body, separators=(",", ":"))
    head = json.dumps({**header, "sha256": _compute_digest(text)}, separators=(",", ":"))
    write_text(file, f"{head}\n{text}\n")


def read_part(file: Path) -> Any:
    """Read the result of a job.

    Raises:
        UsageError: The file is missing or damaged.
    """
    try:
        head, body = file.read_text(encoding="utf-8").splitlines()
        if parse_json(head)["sha256"] != _compute_digest(body):
            raise ValueError("its checksum is wrong")
        return parse_json(body)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file}: is damaged ({str(error).splitlines()[0]}); delete it, and run the same command to make it again"
        ) from error


def _compute_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
