"""Files of reference results: one per baseline, with the command that reproduces it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.errors import ConfigError
from mygym_lite.files import write_text
from mygym_lite.schema import parse_json

SCHEMA = 1
BaselineResult = dict[str, Any]


def get_results_folder() -> Path:
    """Return the folder of the shipped results."""
    return paths.get_evaluation_folder() / "results" / "baselines"


def read_result(folder: Path, name: str) -> BaselineResult | None:
    """Read the result of a baseline, or None if there is none."""
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


def read_results(folder: Path) -> list[BaselineResult]:
    """Read all results of a folder, in the order in which baselines are declared."""
    results = filter(None, (read_result(folder, file.stem) for file in sorted(folder.glob("*.json"))))
    return sorted(results, key=lambda result: (result["order"], result["baseline"]))


def write_result(folder: Path, result: BaselineResult) -> None:
    """Write the result of a baseline."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{result['baseline']}.json", json.dumps(result, indent=1, allow_nan=False) + "\n")
