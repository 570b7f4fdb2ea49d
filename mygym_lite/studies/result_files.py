"""Files of reference results: one per baseline or task, with the command that reproduces it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.documents import parse_json
from mygym_lite.errors import ConfigError
from mygym_lite.files import write_text

SCHEMA = 1
Result = dict[str, Any]


def get_results_folder(study: str) -> Path:
    """Return the folder of the shipped results of a study."""
    return paths.get_evaluation_folder() / "results" / study


def read_result(folder: Path, name: str) -> Result | None:
    """Read a result, or None if there is none."""
    file = folder / f"{name}.json"
    if not file.is_file():
        return None
    try:
        result = parse_json(file.read_text(encoding="utf-8"))
        if not isinstance(result, dict) or result.get("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file}: is no reference result ({error}); delete it, and measure again") from error
    return result


def read_results(folder: Path) -> list[Result]:
    """Read all results of a folder, in the order that they state."""
    results = {file.stem: read_result(folder, file.stem) for file in sorted(folder.glob("*.json"))}
    return [result for _, result in sorted(results.items(), key=lambda item: (item[1] or {})["order"]) if result]


def write_result(folder: Path, name: str, result: Result) -> None:
    """Write a result."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{name}.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
